"""How well a question that a person has answered is known again, and how rarely another is."""
