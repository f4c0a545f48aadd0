"""What is stored about a person or a question: found, handed out, and forgotten with proof."""
