"""Statistics: what became of the payments of the last day, counted from their events."""
