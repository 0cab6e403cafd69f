"""Payments: what a buyer owes, what was taken, and every fact that changed it."""
