"""The inbox: what providers told us, stored before it is acknowledged and applied once."""
