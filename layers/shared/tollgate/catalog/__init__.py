"""The catalog: what can be bought, and at what price."""
