"""Refunds, asked for here or at the provider. They are records within the payment: what remains to be refunded, and who
took how much of it, change together or not at all. What the provider did always applies, even past what remains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from tollgate.kernel.errors import TollgateError
from tollgate.kernel.ids import derived
from tollgate.kernel.money import Money
from tollgate.ledger import rules
from tollgate.ledger.model import JournalEntry
from tollgate.ledger.rules_of_held_money import held_money_refunded, held_money_returned
from tollgate.payments import events, review
from tollgate.payments.lifecycle import Meaning

if TYPE_CHECKING:
    from tollgate.payments.model import Capture, Change, Payment


class RefundState(StrEnum):
    """Where a refund stands."""

    REQUESTED = "requested"  # reserved here, the provider is being asked
    UNKNOWN = "unknown"  # the provider was asked, and its answer was lost
    PENDING = "pending"  # the provider is at it
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # given back to what remains
    RETURNED = "returned"  # succeeded, and came back from the buyer's bank after all


@dataclass(frozen=True, slots=True)
class Refund:
    """Minor units of the payment's currency. `fee` is the part of the platform's fee that goes back with it; `settled`
    tells from where the seller's part was taken, `held` that it was of money under review.
    """

    id: str
    amount: int
    state: RefundState
    capture: str
    at: datetime
    fee: int = 0
    reference: str | None = None
    reason: str | None = None
    settled: bool = False
    held: bool = False

    @property
    def counts(self) -> bool:
        """Whether its amount is gone, or reserved to go."""
        return self.state not in (RefundState.FAILED, RefundState.RETURNED)

    @property
    def has_gone(self) -> bool:
        return self.state is RefundState.SUCCEEDED

    @property
    def is_unsure(self) -> bool:
        """Whether the provider must be asked, if it does not tell. A request that was not sent yet is taken up by
        itself.
        """
        return self.state in ASK_AFTER

    @property
    def is_open(self) -> bool:
        return self.state in (RefundState.REQUESTED, RefundState.UNKNOWN, RefundState.PENDING)


@dataclass(frozen=True, slots=True)
class RefundReport:
    """What became of a refund. `id` is ours, where the provider echoes it; a refund made at its dashboard has none, and
    comes with its amount. `capture` says what it is of, where the provider tells.
    """

    state: RefundState
    id: str | None = None
    reference: str | None = None
    amount: Money | None = None
    reason: str | None = None
    capture: str | None = None


# How long after it was asked for. What the provider is at may take it days.
ASK_AFTER = {RefundState.UNKNOWN: timedelta(minutes=5), RefundState.PENDING: timedelta(days=1)}


class NotRefundable(TollgateError):
    """Nothing was taken for this payment, or in its currency."""

    code = "INVALID_STATE"


class RefundExceedsRemaining(TollgateError):
    """More than what may still go back; carries that."""

    code = "REFUND_EXCEEDS_ORIGINAL"

    def __init__(self, remaining: int) -> None:
        super().__init__(f"at most {remaining} can be refunded")
        self.remaining = remaining


# They are records within the payment, whose item must not outgrow what a store takes.
MOST_REFUNDS = 100

_TOLD = {
    RefundState.REQUESTED: "payments.refund.requested",
    RefundState.UNKNOWN: "payments.refund.unknown",
    RefundState.PENDING: "payments.refund.pending",
    RefundState.SUCCEEDED: events.PURCHASE_REFUNDED,
    RefundState.FAILED: "payments.refund.failed",
    RefundState.RETURNED: "payments.refund.failed",
}
_ASKED = frozenset({RefundState.REQUESTED, RefundState.UNKNOWN})
_OPEN = _ASKED | {RefundState.PENDING}
# What a word of the provider makes of a refund; whatever is not here is known already, or overtaken.
_NEXT: dict[RefundState, dict[RefundState, RefundState]] = {
    RefundState.UNKNOWN: {RefundState.REQUESTED: RefundState.UNKNOWN},
    RefundState.PENDING: dict.fromkeys(_ASKED, RefundState.PENDING),
    RefundState.SUCCEEDED: dict.fromkeys(_OPEN, RefundState.SUCCEEDED),
    RefundState.FAILED: dict.fromkeys(_OPEN, RefundState.FAILED) | {RefundState.SUCCEEDED: RefundState.RETURNED},
}


def told(payment: Payment, report: RefundReport, now: datetime, trace: str | None) -> Change | Meaning:
    """What became known of a refund: that it is asked for, or what the provider says. A request raises `NotRefundable`
    or `RefundExceedsRemaining`.
    """
    known = _find(payment.refunds, report)
    if report.state is RefundState.REQUESTED:
        return Meaning.REPEAT if known else _requested(payment, report, now, trace)
    if known is None:
        return _from_elsewhere(payment, report, now, trace)
    state = _NEXT[report.state].get(known.state)
    if known.state is RefundState.FAILED and known.reference is None and report.reference is not None:
        # Given up because the provider had nothing of it. What it itself called failed stays so: an older word is late.
        state = report.state if report.state in (RefundState.PENDING, RefundState.SUCCEEDED) else None
    if state is None:
        return Meaning.REPEAT if report.state is known.state else Meaning.STALE
    settled = payment.is_settled if state is RefundState.SUCCEEDED else known.settled
    after = replace(known, state=state, reference=report.reference or known.reference, settled=settled)
    return _with(payment, after, now, trace, _posting(payment, after, now), report.reason)


def _requested(payment: Payment, report: RefundReport, now: datetime, trace: str | None) -> Change:
    """Reserve what is to go back, everything that remains unless told."""
    if len(payment.refunds) >= MOST_REFUNDS:
        raise NotRefundable(
            f"{MOST_REFUNDS} refunds of this payment were tried; the rest goes at the provider's dashboard"
        )
    capture = _capture_to_refund(payment)
    remaining = min(payment.refundable, capture.amount.amount - _gone(payment, capture.reference))
    asked = remaining if report.amount is None else report.amount.amount
    if report.amount is not None and report.amount.currency != payment.amount.currency:
        raise NotRefundable(f"this payment is in {payment.amount.currency}")
    if not 0 < asked <= remaining:
        raise RefundExceedsRemaining(max(remaining, 0))
    draft = Refund(report.id or "", asked, RefundState.REQUESTED, capture.reference, now, reason=report.reason)
    return _with(payment, _filled(payment, draft), now, trace)


def _with(
    payment: Payment,
    refund: Refund,
    now: datetime,
    trace: str | None = None,
    entries: tuple[JournalEntry, ...] = (),
    reason: str | None = None,
) -> Change:
    before = next((each for each in payment.refunds if each.id == refund.id), None)
    reserved = (refund.amount if refund.counts else 0) - (before.amount if before and before.counts else 0)
    refunds = (*(each for each in payment.refunds if each.id != refund.id), refund)
    remaining = payment.refundable - reserved
    changed = replace(payment, refunds=refunds, refundable=remaining)
    changed = replace(changed, review=review.after_reversal(changed) if refund.held else changed.review)
    data = {
        "refund": refund.id,
        "refund_status": refund.state.value,
        "refunded": refund.amount,
        "refundable": remaining,
    }
    change = changed.with_event(_TOLD[refund.state], now, data | ({"reason": reason} if reason else {}), trace)
    return replace(change, entries=entries)


def _from_elsewhere(payment: Payment, report: RefundReport, now: datetime, trace: str | None) -> Change | Meaning:
    """Made at the provider's dashboard: it has happened, whatever remains. One that failed is kept as well: the word
    that it was made may come after.
    """
    if report.amount is None or report.reference is None or report.state is RefundState.UNKNOWN:
        return Meaning.STALE
    known = {each.reference for each in payment.captures}
    if not known or (report.capture is not None and report.capture not in known):
        return Meaning.EARLY
    if report.amount.currency != payment.amount.currency:
        return Meaning.REVIEW
    id_ = derived("ref", payment.tenant, payment.id, report.reference)
    capture = report.capture or _capture_to_refund(payment).reference
    draft = Refund(id_, report.amount.amount, report.state, capture, now, reference=report.reference)
    refund = _filled(payment, replace(draft, settled=payment.is_settled))
    return _with(payment, refund, now, trace, _posting(payment, refund, now))


def _filled(payment: Payment, refund: Refund) -> Refund:
    """With its part of the fee: so much that all parts together make the whole fee when everything has gone back."""
    gone = [each for each in payment.refunds if each.counts and not each.held]
    together = sum(each.amount for each in gone) + refund.amount
    fee = min(payment.fee, payment.fee * together // payment.amount.amount) - sum(each.fee for each in gone)
    held = review.is_held(payment, refund.capture)
    return replace(refund, fee=0 if held else max(fee, 0), held=held)


def _capture_to_refund(payment: Payment) -> Capture:
    """Money under review goes back first, and of that the last that came."""
    ours = [each for each in payment.captures if each.amount.currency == payment.amount.currency]
    if not ours:
        raise NotRefundable("nothing was taken for this payment")
    held = [each for each in ours if review.is_held(payment, each.reference)]
    left = [each for each in held if _gone(payment, each.reference) < each.amount.amount] or held
    return left[-1] if left and payment.review is not None else ours[0]


def _gone(payment: Payment, capture: str) -> int:
    """What has gone back of a capture or is to go, and what a bank has taken of it."""
    refunded = sum(each.amount for each in payment.refunds if each.capture == capture and each.counts)
    of_it = [each for each in payment.disputes if each.capture == capture]
    return refunded + sum(each.amount for each in of_it if each.is_open or each.is_lost)


def _find(refunds: Sequence[Refund], report: RefundReport) -> Refund | None:
    for each in refunds:
        if (report.id is not None and each.id == report.id) or (
            report.reference is not None and each.reference == report.reference
        ):
            return each
    return None


def _posting(payment: Payment, refund: Refund, now: datetime) -> tuple[JournalEntry, ...]:
    """Money moves when it has gone, and when it comes back; a request moves none."""
    if refund.state not in (RefundState.SUCCEEDED, RefundState.RETURNED):
        return ()
    currency = payment.amount.currency
    if refund.held:
        of_held = held_money_refunded if refund.has_gone else held_money_returned
        held = of_held(payment.tenant, payment.id, refund.id, payment.provider, currency, refund.amount, now)
        return (held,) if held else ()
    rule = rules.refund_succeeded if refund.state is RefundState.SUCCEEDED else rules.refund_failed_after_success
    moved = rule(
        tenant=payment.tenant,
        payment_id=payment.id,
        refund_id=refund.id,
        provider=payment.provider,
        seller=payment.seller,
        currency=currency,
        amount=refund.amount,
        platform_fee_part=refund.fee,
        settled=refund.settled,
        at=now,
    )
    return tuple(entry for entry in (moved, _settled_late(payment, refund, now)) if entry)


def _settled_late(payment: Payment, refund: Refund, now: datetime) -> JournalEntry | None:
    """What was taken from pending, and comes back when the sale has been settled, is available at once."""
    if refund.state is not RefundState.RETURNED or refund.settled or not payment.is_settled:
        return None
    return rules.share_settled_late(
        tenant=payment.tenant,
        payment_id=payment.id,
        refund_id=refund.id,
        seller=payment.seller,
        currency=payment.amount.currency,
        amount=refund.amount - refund.fee,
        at=now,
    )
