"""Disputes: what buyers' banks take back, and may have to give up. Records within the payment, as refunds are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from tollgate.kernel.money import Money
from tollgate.ledger import rules, rules_of_gift_cards, rules_of_held_money
from tollgate.ledger.model import JournalEntry
from tollgate.payments import events, postings, review
from tollgate.payments.lifecycle import Meaning

if TYPE_CHECKING:
    from tollgate.payments.model import Change, Payment


class DisputeState(StrEnum):
    """Where a dispute stands."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Dispute:
    """What a buyer's bank took back, by the provider's reference, of which capture, if that is known. `fee` is what the
    provider asks for it in the payment's currency; `held` that it was of money under review.
    """

    reference: str
    amount: int
    state: DisputeState
    at: datetime
    fee: int = 0
    settled: bool = False
    capture: str | None = None
    held: bool = False

    @property
    def is_open(self) -> bool:
        return self.state is DisputeState.OPEN

    @property
    def is_lost(self) -> bool:
        return self.state is DisputeState.LOST


@dataclass(frozen=True, slots=True)
class DisputeReport:
    """What became of a dispute. The fee is in another currency where the provider had converted the money. `reversal`:
    it took a capture back and names no dispute; that is about the one that the capture has, if any.
    """

    reference: str
    amount: Money
    state: DisputeState
    fee: Money | None = None
    capture: str | None = None
    reversal: bool = False


def disputed(payment: Payment, report: DisputeReport, now: datetime, trace: str | None) -> Change | Meaning:
    """A dispute lowers what may go back, and so what a seller may have; won, it gives both back."""
    known = _known(payment, report)
    if known is not None and (known.state is not DisputeState.OPEN or report.state is DisputeState.OPEN):
        return Meaning.REPEAT if known.state is report.state else Meaning.STALE
    if report.amount.currency != payment.amount.currency:
        return Meaning.REVIEW
    if known is None and report.state is not DisputeState.OPEN:
        return Meaning.EARLY
    if known is None and report.capture is not None and all(report.capture != c.reference for c in payment.captures):
        return Meaning.EARLY
    fee = report.fee or Money(0, payment.amount.currency)
    ours = fee.amount if fee.currency == payment.amount.currency else 0
    draft = Dispute(
        reference=report.reference,
        amount=report.amount.amount,
        state=report.state,
        at=now,
        fee=ours,
        settled=payment.is_settled,
        capture=report.capture,
        held=_is_of_held(payment, report),
    )
    after = draft if known is None else replace(known, state=report.state)
    taken = {DisputeState.OPEN: -after.amount, DisputeState.WON: after.amount, DisputeState.LOST: 0}[after.state]
    changed = replace(
        payment,
        disputes=(*(each for each in payment.disputes if each.reference != after.reference), after),
        refundable=payment.refundable + taken,
    )
    changed = replace(changed, review=review.after_reversal(changed) if after.held else changed.review)
    data = {"dispute": after.reference, "disputed": after.amount, "refundable": changed.refundable}
    change = changed.with_event(_TOLD[after.state], now, data, trace)
    elsewhere = postings.converted_fee(payment, fee, after.reference, now) if known is None and not ours else None
    entries = (_dispute_posting(payment, after, now), elsewhere)
    return replace(change, entries=tuple(entry for entry in entries if entry))


def _known(payment: Payment, report: DisputeReport) -> Dispute | None:
    """By its reference; a reversal's is the capture's latest that was not won."""
    if not report.reversal:
        return next((each for each in payment.disputes if each.reference == report.reference), None)
    of_it = [each for each in payment.disputes if each.capture == report.capture and each.state is not DisputeState.WON]
    return of_it[-1] if of_it else None


_TOLD = {
    DisputeState.OPEN: events.DISPUTE_OPENED,
    DisputeState.WON: events.DISPUTE_WON,
    DisputeState.LOST: events.DISPUTE_LOST,
}


def _is_of_held(payment: Payment, report: DisputeReport) -> bool:
    """Whether the money that is disputed is no sale's. Where nobody says which it is, it is the sale's, if there is
    one.
    """
    sale = payment.captures[0].reference if payment.captures else ""
    return review.is_held(payment, report.capture or sale)


def _held_posting(payment: Payment, dispute: Dispute, now: datetime) -> JournalEntry | None:
    tenant, id_, reference, currency = payment.tenant, payment.id, dispute.reference, payment.amount.currency
    match dispute.state:
        case DisputeState.OPEN:
            return rules_of_held_money.held_money_disputed(
                tenant, id_, reference, payment.provider, currency, dispute.amount, dispute.fee, now
            )
        case DisputeState.WON:
            return rules_of_held_money.held_money_dispute_won(
                tenant, id_, reference, payment.provider, currency, dispute.amount, now
            )
    return rules_of_held_money.held_money_dispute_lost(tenant, id_, reference, currency, dispute.amount, now)


def _gift_card_posting(payment: Payment, dispute: Dispute, now: datetime) -> JournalEntry | None:
    """No seller has any part in it: the holder of the card has it no longer."""
    tenant, id_, reference, currency = payment.tenant, payment.id, dispute.reference, payment.amount.currency
    match dispute.state:
        case DisputeState.OPEN:
            return rules_of_gift_cards.gift_card_sale_disputed(
                tenant, id_, reference, payment.provider, currency, dispute.amount, dispute.fee, now
            )
        case DisputeState.WON:
            return rules_of_gift_cards.gift_card_dispute_won(
                tenant, id_, reference, payment.provider, currency, dispute.amount, now
            )
    return rules_of_gift_cards.gift_card_dispute_lost(tenant, id_, reference, currency, dispute.amount, now)


def _dispute_posting(payment: Payment, dispute: Dispute, now: datetime) -> JournalEntry | None:
    if dispute.held:
        return _held_posting(payment, dispute, now)
    if payment.gift_card:
        return _gift_card_posting(payment, dispute, now)
    currency, seller = payment.amount.currency, payment.seller
    if dispute.state is DisputeState.LOST:
        return rules.dispute_lost(payment.tenant, payment.id, dispute.reference, seller, currency, dispute.amount, now)
    rule = rules.dispute_opened if dispute.state is DisputeState.OPEN else rules.dispute_won
    # A dispute's fee is kept even when it is won.
    fee = dispute.fee if dispute.state is DisputeState.OPEN else 0
    return rule(
        payment.tenant,
        payment.id,
        dispute.reference,
        payment.provider,
        seller,
        currency,
        dispute.amount,
        fee,
        # What was taken from pending is given back to where it would be by now.
        dispute.settled if dispute.state is DisputeState.OPEN else payment.is_settled,
        now,
    )
