"""What the journal brings to the projector: sales of one seller, with names as long as they are in production."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tollgate.adapters.dynamodb.ledger_items import to_item
from tollgate.kernel.ids import derived
from tollgate.ledger.rules import payment_confirmed

# As the mapping of template.yaml hands them over.
BATCH = 90
# A quiet shop's batches: what came within the window.
FEW = 3
# Thousands of tickets in a short time, all for one seller.
HOT = 1000

_AT = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)


def records(run: str, count: int) -> list[dict[str, Any]]:
    """Confirmed payments as the stream carries their entries."""
    seller = derived("ven", run)
    return [_record(run, seller, number) for number in range(count)]


def _record(run: str, seller: str, number: int) -> dict[str, Any]:
    entry = payment_confirmed(
        tenant="tenant-of-usual-length",
        payment_id=derived("pay", run, str(number)),
        provider="stripe",
        seller=seller,
        currency="USD",
        amount=12_500,
        platform_fee=1_250,
        provider_fee=393,
        at=_AT,
    )
    assert entry is not None
    image = to_item(entry, projected=False).serialize()
    return {"eventName": "INSERT", "dynamodb": {"SequenceNumber": str(number + 1), "NewImage": image}}
