"""Figures of a period that people can trust, counted from what is stored of each question."""
