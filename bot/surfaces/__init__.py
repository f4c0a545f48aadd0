"""What people press, type and open, and what it does. Everything is checked here, on the server."""
