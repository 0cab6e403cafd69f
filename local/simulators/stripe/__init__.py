"""A Stripe that runs on this machine: the API, the hosted payment page, webhooks, and faults on request.

Speaks the pinned version `API_VERSION`; the official SDK drives it unchanged. State is kept in one SQLite file.
"""

API_VERSION = "2026-10-28.endive"
