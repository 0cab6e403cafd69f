"""Gift cards: bought, given away, and spent by whoever has the code; once, and never more than is left."""
