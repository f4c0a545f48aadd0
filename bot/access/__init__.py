"""Who can read a conversation of Slack, and what may therefore be said in it."""
