"""Reconciliation: what fell through is found, repaired where that is safe, and shown."""
