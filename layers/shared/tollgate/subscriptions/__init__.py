"""Subscriptions: who has which plan, until when it is paid, and what becomes of one that is not."""
