"""What every room shares: money, identity, time, errors, events, idempotency and the unit of work. Standard library
only.
"""
