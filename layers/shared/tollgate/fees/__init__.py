"""Fees: what the platform and the payment providers keep of a sale."""
