"""Refunds: money that goes back because somebody here asked for it, once, whatever is repeated, lost or killed."""
