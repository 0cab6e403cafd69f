"""Payouts: what sellers have earned goes to their bank accounts, once, and never more than there is."""
