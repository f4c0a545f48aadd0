"""How requests of Slack arrive: Socket Mode or signed HTTP; and the health pages beside them."""
