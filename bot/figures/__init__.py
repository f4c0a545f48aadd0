"""What admins hear every week: the figures, what the knowledge lacks, and what is wrong in it."""
