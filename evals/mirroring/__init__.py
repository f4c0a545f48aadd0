"""Answers and runs of evaluations, shown in LangSmith and Langfuse where they are set."""
