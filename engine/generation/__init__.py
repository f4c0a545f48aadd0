"""From hits to a draft: the extractive writer, and the models."""
