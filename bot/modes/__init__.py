"""How far the bot may go by itself in a channel, and what speaks for going further."""
