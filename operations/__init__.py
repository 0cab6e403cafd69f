"""What an operator does from a shell against a deployed stack: `python -m operations`, behind `make republish`,
`make redrive`, `make rebuild-ledger` and `make import-billing`. `docs/operations.md` says when.

Everything here may be killed at any point, and run again or twice at once: events and records are delivered at least
once anyway, and nothing is taken away before what it leads to was acknowledged.
"""
