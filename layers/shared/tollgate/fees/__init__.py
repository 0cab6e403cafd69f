"""Fees: what the platform keeps of a sale."""
