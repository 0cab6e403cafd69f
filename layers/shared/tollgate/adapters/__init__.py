"""Adapters: the ports of the rooms on real services."""
