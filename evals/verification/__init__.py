"""Measures and fits the checker of claims against their evidence."""
