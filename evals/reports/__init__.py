"""Reports of a run: JSON for machines, Markdown for a review, HTML and pictures for people."""
