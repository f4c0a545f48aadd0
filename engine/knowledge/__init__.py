"""The way in for documents: source -> parse -> chunk -> embed -> index."""
