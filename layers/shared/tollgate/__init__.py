"""Tollgate: payments that are charged once, recorded once and told to everyone who must know."""

__version__ = "0.1.0"
