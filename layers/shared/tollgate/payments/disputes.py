"""Disputes: what buyers' banks take back, and may have to give up. Records within the payment, as refunds are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from tollgate.kernel.money import Money
from tollgate.ledger import rules, rules_of_deposits, rules_of_gift_cards, rules_of_held_money
from tollgate.ledger.model import JournalEntry
from tollgate.payments import events, postings, review, told_twice
from tollgate.payments.deposits import held_account
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
    """What a buyer's bank took back, by the provider's reference, of which capture, if that is known; of what is lost
    in part, only that part. `fee` is what the provider asks for it in the payment's currency; `held` that it was of
    money under review.
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
    """What became of a dispute. The fee is in another currency where the provider had converted the money. `lost` is
    how much of the amount that was, where the provider tells. `reversal`: it took a capture back and names no dispute;
    that is about the one that the capture has, if any. `by_refund`: it may end by a refund that is told as well.
    `decided`: the provider says for whom it ended.
    """

    reference: str
    amount: Money
    state: DisputeState
    fee: Money | None = None
    capture: str | None = None
    lost: Money | None = None
    reversal: bool = False
    by_refund: bool = False
    decided: bool = True


def disputed(payment: Payment, report: DisputeReport, now: datetime, trace: str | None) -> Change | Meaning:
    """A dispute lowers what may go back, and so what a seller may have; won, it gives both back, and lost in part, the
    rest.
    """
    known = _known(payment, report)
    if known is not None and (not known.is_open or report.state is DisputeState.OPEN):
        return _told_again(known, report)
    undecided = not report.decided and report.state is not DisputeState.OPEN
    if undecided or not _fits(payment, report, known):
        return Meaning.REVIEW
    if known is not None:
        return _ended(payment, known, report, now, trace)
    if report.state is not DisputeState.OPEN or _is_unheard_of(payment, report.capture):
        return Meaning.EARLY
    return _opened(payment, report, now, trace)


def _told_again(known: Dispute, report: DisputeReport) -> Meaning:
    """Its beginning may come late, and its end twice. Another end than is known is one that somebody has appealed
    against, and what has been posted stands until a person has seen it.
    """
    if report.state is DisputeState.OPEN:
        return Meaning.REPEAT if known.is_open else Meaning.STALE
    same = report.decided and report.state is known.state
    as_much = report.lost is None or report.lost.amount == known.amount
    return Meaning.REPEAT if same and as_much else Meaning.REVIEW


def _fits(payment: Payment, report: DisputeReport, known: Dispute | None) -> bool:
    """Whether it is told in the payment's currency, and of no more loss than was disputed, for the first time."""
    disputed = known.amount if known else report.amount.amount
    lost = report.lost or Money(disputed, payment.amount.currency)
    if report.state is DisputeState.LOST and told_twice.is_refunded(payment, report, lost.amount):
        return False
    return report.amount.currency == lost.currency == payment.amount.currency and lost.amount <= disputed


def _is_unheard_of(payment: Payment, capture: str | None) -> bool:
    return capture is not None and all(capture != each.reference for each in payment.captures)


def _opened(payment: Payment, report: DisputeReport, now: datetime, trace: str | None) -> Change:
    fee = report.fee or Money(0, payment.amount.currency)
    ours = fee.amount if fee.currency == payment.amount.currency else 0
    dispute = Dispute(
        reference=report.reference,
        amount=report.amount.amount,
        state=DisputeState.OPEN,
        at=now,
        fee=ours,
        settled=payment.is_settled,
        capture=report.capture,
        held=_is_of_held(payment, report),
    )
    change = _with(payment, dispute, payment.refundable - dispute.amount, now, trace)
    elsewhere = None if ours else postings.converted_fee(payment, fee, dispute.reference, now)
    return replace(change, entries=_all(_dispute_posting(payment, dispute, now), elsewhere))


def _ended(payment: Payment, known: Dispute, report: DisputeReport, now: datetime, trace: str | None) -> Change:
    """What is not lost of it is given up."""
    loss = report.lost.amount if report.lost else known.amount
    lost = replace(known, state=DisputeState.LOST, amount=loss if report.state is DisputeState.LOST else 0)
    won = replace(known, state=DisputeState.WON, amount=known.amount - lost.amount)
    after = lost if report.state is DisputeState.LOST else won
    change = _with(payment, after, payment.refundable + won.amount, now, trace)
    return replace(change, entries=_all(*(_dispute_posting(payment, each, now) for each in (lost, won))))


def _with(payment: Payment, dispute: Dispute, refundable: int, now: datetime, trace: str | None) -> Change:
    others = (each for each in payment.disputes if each.reference != dispute.reference)
    changed = replace(payment, disputes=(*others, dispute), refundable=refundable)
    changed = replace(changed, review=review.after_reversal(changed) if dispute.held else changed.review)
    data = {"dispute": dispute.reference, "disputed": dispute.amount, "refundable": refundable}
    return changed.with_event(_TOLD[dispute.state], now, data, trace)


def _all(*entries: JournalEntry | None) -> tuple[JournalEntry, ...]:
    return tuple(each for each in entries if each)


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


def _deposit_posting(payment: Payment, dispute: Dispute, account: str, now: datetime) -> JournalEntry | None:
    """It is nobody's yet, and is given to nobody while it is disputed."""
    tenant, id_, reference, currency = payment.tenant, payment.id, dispute.reference, payment.amount.currency
    match dispute.state:
        case DisputeState.OPEN:
            return rules_of_deposits.deposit_disputed(
                tenant, id_, reference, payment.provider, currency, dispute.amount, dispute.fee, now
            )
        case DisputeState.WON:
            return rules_of_deposits.deposit_dispute_won(
                tenant, id_, reference, payment.provider, currency, dispute.amount, now
            )
    return rules_of_deposits.deposit_dispute_lost(tenant, id_, reference, account, currency, dispute.amount, now)


def _dispute_posting(payment: Payment, dispute: Dispute, now: datetime) -> JournalEntry | None:
    if dispute.held:
        return _held_posting(payment, dispute, now)
    if payment.gift_card:
        return _gift_card_posting(payment, dispute, now)
    if account := held_account(payment):
        return _deposit_posting(payment, dispute, account, now)
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
