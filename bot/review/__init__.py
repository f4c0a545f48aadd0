"""The desk: who takes doubtful cases, where, and by when."""
