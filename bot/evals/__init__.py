"""Evaluations in Slack and by the clock."""
