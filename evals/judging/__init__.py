"""Who says whether a text is supported, complete, and to the point."""
