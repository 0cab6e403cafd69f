"""Deliveries: our events at the addresses of those who asked for them, signed, in the order of each aggregate."""
