"""The HTTP API: every operation, with the shape of what it answers."""
