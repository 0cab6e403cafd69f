"""The events on the bus: every detail type, with the shape of what it says."""
