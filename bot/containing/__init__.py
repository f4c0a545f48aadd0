"""Attacks on the engine and what of them would be posted."""
