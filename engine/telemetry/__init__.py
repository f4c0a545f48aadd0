"""What Deskhand counts of itself, by name, and where the counts go."""
