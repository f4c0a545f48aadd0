"""A smaller model for easy questions, once it was measured to lose little."""
