"""Cases: read, checked, hashed, split, kept apart from what models were trained on, and added."""
