"""Which subjects the knowledge lacks: clusters of questions, their names, and last week's again."""
