"""Refunds, asked for here or at the provider. They are records within the payment: what remains to be refunded, and who
took how much of it, change together or not at all. What the provider did always applies, even past what remains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from tollgate.kernel.money import Money
from tollgate.ledger.model import JournalEntry
from tollgate.payments import events, refund_postings, review, told_twice
from tollgate.payments.deposits import held_account
from tollgate.payments.lifecycle import Meaning, State
from tollgate.payments.refundable import NotRefundable, RefundExceedsRemaining, capture_to_refund, filled, gone_of
from tollgate.payments.splitting import RefundOrder, left_of, split
from tollgate.payments.tenders import TenderRefund

if TYPE_CHECKING:
    from tollgate.payments.model import Change, Payment


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
    """Minor units of the payment's currency. `amount` is the provider's part, and `fee` the part of the platform's fee
    that goes back with it; `tendered` goes onto gift cards and credit once the provider's part has gone, with
    `tendered_fee`. `settled` tells from where the seller's part was taken, `held` that it was of money under review.
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
    tendered: tuple[TenderRefund, ...] = ()
    tendered_fee: int = 0

    @property
    def onto_tenders(self) -> int:
        """All that goes onto tenders; nothing any more once the refund has failed."""
        return sum(each.amount for each in self.tendered)

    @property
    def whole(self) -> int:
        """What was asked for."""
        return self.amount + self.onto_tenders

    @property
    def reserved(self) -> int:
        """What is gone, or reserved to go."""
        return (self.amount if self.counts else 0) + self.onto_tenders

    @property
    def gone(self) -> int:
        """What has gone: what came back of it came back from the provider alone."""
        went = self.state in (RefundState.SUCCEEDED, RefundState.RETURNED)
        return (self.amount if self.has_gone else 0) + (self.onto_tenders if went else 0)

    @property
    def fee_gone(self) -> int:
        """The part of the platform's fee that went with it."""
        return (self.fee if self.has_gone else 0) + (self.tendered_fee if self.gone else 0)

    @property
    def counts(self) -> bool:
        """Whether the provider's part is gone, or reserved to go."""
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
    comes with its amount. `capture` says what it is of, where the provider tells; `order` how a request is split, and
    `undivided` that the provider gives back all of a capture, or nothing. `unnamed` is what a provider tells that names
    refunds by its own ids alone: one of ours of that capture and amount is meant, where there is one. `of_dispute` is
    what may be how a dispute of the capture ends.
    """

    state: RefundState
    id: str | None = None
    reference: str | None = None
    amount: Money | None = None
    reason: str | None = None
    capture: str | None = None
    order: RefundOrder = RefundOrder.CARD_FIRST
    undivided: bool = False
    unnamed: bool = False
    of_dispute: bool = False


# How long after it was asked for. What the provider is at may take it days.
ASK_AFTER = {RefundState.UNKNOWN: timedelta(minutes=5), RefundState.PENDING: timedelta(days=1)}


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
    if state is RefundState.FAILED:
        # Should the provider have made it after all, that is its part alone.
        after = replace(after, tendered=(), tendered_fee=0)
    return _with(payment, after, now, trace, _posting(payment, after, now), report.reason)


def _requested(payment: Payment, report: RefundReport, now: datetime, trace: str | None) -> Change:
    """Reserve what is to go back, everything that remains unless told."""
    if len(payment.refunds) >= MOST_REFUNDS:
        raise NotRefundable(
            f"{MOST_REFUNDS} refunds of this payment were tried; the rest goes at the provider's dashboard"
        )
    capture = capture_to_refund(payment, report.capture)
    held = review.is_held(payment, capture.reference)
    left = max(capture.amount.amount - gone_of(payment, capture.reference), 0)
    back = [part for each in payment.refunds for part in each.tendered]
    tenders = {} if held else left_of(payment.tenders, back)
    remaining = max(min(payment.refundable, left + sum(tenders.values())), 0)
    asked = remaining if report.amount is None else report.amount.amount
    if report.amount is not None and report.amount.currency != payment.amount.currency:
        raise NotRefundable(f"this payment is in {payment.amount.currency}")
    if not 0 < asked <= remaining:
        raise RefundExceedsRemaining(remaining)
    if payment.gift_card and not held and asked != payment.amount.amount:
        raise NotRefundable("a gift card goes back as a whole, or not at all")
    if held_account(payment) and asked != remaining:
        raise NotRefundable("money that is held for something goes back as a whole")
    mine, onto = split(asked, left, tenders, report.order)
    if report.undivided and mine not in (0, capture.amount.amount):
        raise NotRefundable(f"{payment.provider} gives back all that it took at once, or nothing")
    # Where the provider has no part in it, nobody has to be asked.
    state = RefundState.REQUESTED if mine else RefundState.SUCCEEDED
    draft = Refund(report.id or "", mine, state, capture.reference, now, reason=report.reason, tendered=onto)
    refund = filled(payment, replace(draft, settled=payment.is_settled and not mine))
    return _with(payment, refund, now, trace, _posting(payment, refund, now))


def _with(
    payment: Payment,
    refund: Refund,
    now: datetime,
    trace: str | None = None,
    entries: tuple[JournalEntry, ...] = (),
    reason: str | None = None,
) -> Change:
    before = next((each for each in payment.refunds if each.id == refund.id), None)
    reserved = refund.reserved - (before.reserved if before else 0)
    refunds = (*(each for each in payment.refunds if each.id != refund.id), refund)
    remaining = payment.refundable - reserved
    changed = replace(payment, refunds=refunds, refundable=remaining)
    changed = replace(changed, review=review.after_reversal(changed) if refund.held else changed.review)
    data = {
        "refund": refund.id,
        "refund_status": refund.state.value,
        "refunded": refund.whole,
        "refundable": remaining,
    }
    more = {"reason": reason, "onto_tenders": refund.onto_tenders}
    data |= {name: value for name, value in more.items() if value}
    change = changed.with_event(_TOLD[refund.state], now, data, trace)
    return replace(change, entries=entries)


def _from_elsewhere(payment: Payment, report: RefundReport, now: datetime, trace: str | None) -> Change | Meaning:
    """Made at the provider's dashboard: it has happened, whatever remains. One that failed is kept as well: the word
    that it was made may come after.
    """
    if report.amount is None or report.reference is None or report.state is RefundState.UNKNOWN:
        return Meaning.STALE
    if payment.hold and not payment.captures and payment.state in (State.FAILED, State.CANCELLED):
        return Meaning.STALE  # what was set aside, and let go: nothing was taken that could go back
    known = {each.reference for each in payment.captures}
    if not known or (report.capture is not None and report.capture not in known):
        return Meaning.EARLY
    doubled = report.state is not RefundState.FAILED and told_twice.is_end_of_dispute(payment, report)
    if report.amount.currency != payment.amount.currency or doubled:
        return Meaning.REVIEW
    id_ = told_twice.id_of_elsewhere(payment, report.reference)
    capture = report.capture or capture_to_refund(payment).reference
    draft = Refund(id_, report.amount.amount, report.state, capture, now, reference=report.reference)
    refund = filled(payment, replace(draft, settled=payment.is_settled))
    return _with(payment, refund, now, trace, _posting(payment, refund, now))


def _find(refunds: Sequence[Refund], report: RefundReport) -> Refund | None:
    for each in refunds:
        if (report.id is not None and each.id == report.id) or (
            report.reference is not None and each.reference == report.reference
        ):
            return each
    return next((each for each in refunds if report.unnamed and _may_be(each, report)), None)


def _may_be(refund: Refund, report: RefundReport) -> bool:
    """Of what goes back as a whole there is one at most that counts: whoever tells of it means that one."""
    told = (report.capture, report.amount.amount if report.amount else None)
    return refund.counts and refund.reference is None and (refund.capture, refund.amount) == told


def _posting(payment: Payment, refund: Refund, now: datetime) -> tuple[JournalEntry, ...]:
    match refund.state:
        case RefundState.SUCCEEDED:
            return refund_postings.gone(payment, refund, now)
        case RefundState.RETURNED:
            return refund_postings.came_back(payment, refund, now)
        case _:
            return ()
