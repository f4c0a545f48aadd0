"""all-MiniLM-L6-v2 in int8, shipped with the project: the embedder that needs no account."""
