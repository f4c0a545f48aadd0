"""What a difference between two runs means: intervals, paired tests, the gate."""
