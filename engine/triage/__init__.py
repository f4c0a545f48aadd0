"""What a question is about and how urgent it is."""
