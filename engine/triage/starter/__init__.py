"""The model that ships, the examples it was trained from, and the script that makes it."""
