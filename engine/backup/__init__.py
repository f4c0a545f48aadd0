"""State taken out of one place and put into another: archives, restores, moves to servers."""
