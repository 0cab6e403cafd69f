"""Statistics: what became of the payments of the last day, and the disputes of a month, counted from their events."""
