"""What models may cost: periods and budgets, what is unusual, what a month will come to."""
