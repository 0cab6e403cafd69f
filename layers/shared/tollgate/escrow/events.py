"""Detail types of the events of an escrow."""

from __future__ import annotations

AGGREGATE = "escrow"

CREATED = "payments.escrow.created"
FUNDED = "payments.escrow.funded"
TRANSFER_CONFIRMED = "payments.escrow.transfer_confirmed"
DISPUTED = "payments.escrow.disputed"
RESUMED = "payments.escrow.resumed"
RELEASED = "payments.escrow.released"
REFUNDED = "payments.escrow.refunded"
CANCELLED = "payments.escrow.cancelled"

# After these whoever waits for it has something to do.
WAKING = frozenset({TRANSFER_CONFIRMED, RESUMED, RELEASED, REFUNDED})
