"""Escrow: money that a buyer has paid for what a seller has still to hand over, until it is known whose it is."""
