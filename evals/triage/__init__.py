"""Offline evaluation of triage: `python -m evals.triage`."""
