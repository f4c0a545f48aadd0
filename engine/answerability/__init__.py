"""Does the knowledge base answer a question at all?"""
