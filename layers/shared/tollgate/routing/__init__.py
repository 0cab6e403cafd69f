"""Routing: which provider takes a payment."""
