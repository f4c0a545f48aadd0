"""The engine answers questions from documents; it knows nothing of Slack."""
