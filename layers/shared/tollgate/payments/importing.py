"""A payment that was taken in another system, and stands here from now on: it can be seen, refunded and disputed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from tollgate.payments import events
from tollgate.payments.lifecycle import State
from tollgate.payments.model import Capture, Change, Payment
from tollgate.payments.refunds import Refund, RefundState
from tollgate.payments.told_twice import id_of_elsewhere


@dataclass(frozen=True, slots=True)
class RefundedBefore:
    """What went back of it there, in minor units, by the provider's reference."""

    reference: str
    amount: int
    at: datetime


def imported(draft: Payment, capture: Capture, legacy_id: str, now: datetime, back: RefundedBefore | None) -> Change:
    """The first change of a payment that is `draft`, at version 0, with its money. It is settled: what its provider
    took has been paid out, and is in the other system's books, which is why nothing is posted here. From here on it
    moves ours as any settled payment does.
    """
    refunds = (_refund(draft, capture, back),) if back else ()
    gone = sum(each.amount for each in refunds)
    standing = replace(
        draft,
        state=State.SETTLED,
        captures=(capture,),
        refunds=refunds,
        refundable=capture.amount.amount - gone,
        settled_at=capture.at,
    )
    said = {
        "legacy_id": legacy_id,
        "capture": capture.reference,
        "captured": capture.amount.amount,
        "captured_currency": capture.amount.currency,
    }
    said |= {"refunded": gone} if gone else {}
    return standing.with_event(events.PURCHASE_IMPORTED, now, said, None)


def _refund(draft: Payment, capture: Capture, back: RefundedBefore) -> Refund:
    """Under the id that it would have, had its provider told of it: what is told again is known."""
    return Refund(
        id=id_of_elsewhere(draft, back.reference),
        amount=back.amount,
        state=RefundState.SUCCEEDED,
        capture=capture.reference,
        at=back.at,
        reference=back.reference,
        settled=True,
    )
