"""What words mean to each other: same, broader, opposite, and how rare they are."""
