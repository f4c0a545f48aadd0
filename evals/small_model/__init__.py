"""What a smaller model loses where it writes instead of the model."""
