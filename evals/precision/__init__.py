"""How often shown answers are right: from verdicts to a threshold, and when to stop showing."""
