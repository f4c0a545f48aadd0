"""What is not answered for what it asks: orders to the bot itself, credentials, and what is private
of other people."""
