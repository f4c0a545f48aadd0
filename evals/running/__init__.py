"""Runs of evaluations: resumed, cancelled, paid for, and never twice at once."""
