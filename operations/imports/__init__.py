"""Subscriptions and purchases of another system, taken over from a file. `docs/operations.md` says how."""
