"""What becomes of gift cards and credit when a payment moves on: the card that it buys, and what it is paid with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from tollgate.gift_cards.model import CardChange, CardState, GiftCard
from tollgate.gift_cards.ports import Credits, GiftCardRepository
from tollgate.kernel.unit_of_work import Write
from tollgate.ledger.ports import Journal
from tollgate.ledger.rules_of_gift_cards import gift_card_breakage_reversed
from tollgate.payments.disputes import DisputeState
from tollgate.payments.lifecycle import State
from tollgate.payments.model import Payment
from tollgate.payments.ports import Consequences
from tollgate.payments.refundable import NotRefundable
from tollgate.payments.refunds import Refund, RefundState
from tollgate.payments.tenders import Tender, TenderKind, TenderState

_PAID, _ENDED = (State.CONFIRMED, State.SETTLED), (State.FAILED, State.CANCELLED)


class GiftCardConsequences(Consequences):
    """Reads each card that is concerned, and nothing for payments that concern none."""

    def __init__(self, cards: GiftCardRepository, credit: Credits, journal: Journal, expiry_days: int) -> None:
        self._cards = cards
        self._journal = journal
        self._credit = credit
        self._expiry_days = expiry_days

    def of(self, before: Payment, after: Payment, now: datetime) -> Sequence[Write]:
        """Raises `NotRefundable` where the refund of a gift card is asked for that was used."""
        if after.gift_card is not None:
            return self._bought(after.gift_card, before, after, now)
        return [write for tender in after.tenders for write in self._paid_with(tender, before, after, now)]

    def _bought(self, card_id: str, before: Payment, after: Payment, now: datetime) -> Sequence[Write]:
        paid, ended = (after.state in states and before.state not in states for states in (_PAID, _ENDED))
        reversed_ = _reversal(before) != _reversal(after)
        if not (paid or ended or reversed_):
            return ()
        card = self._card(after.tenant, card_id)
        if paid:
            change = card.activate(now, self._expiry_days)
        elif ended:
            change = card.cancel(after.state.value, now)
        else:
            change = _reversed(card, before, after, now)
        return (*self._cards.update(change), *self._owed_again(change, now)) if change else ()

    def _owed_again(self, change: CardChange, now: datetime) -> Sequence[Write]:
        card, amount = change.card, change.event.data.get("breakage_reversed", 0)
        entry = gift_card_breakage_reversed(card.tenant, card.id, card.version, card.currency, amount, now)
        return (self._journal.append(entry),) if entry else ()

    def _paid_with(self, tender: Tender, before: Payment, after: Payment, now: datetime) -> Iterator[Write]:
        was = next(each.state for each in before.tenders if each.id == tender.id)
        voided = was is TenderState.HELD and tender.state is TenderState.VOIDED
        captured = was is TenderState.HELD and tender.state is TenderState.CAPTURED
        refunds = _gone_onto(tender, before, after)
        if tender.kind is TenderKind.CREDIT:
            back = (tender.amount if voided else 0) + sum(refunds.values())
            if back:
                yield self._credit.add(after.tenant, after.amount.currency, tender.account, back)
        elif voided or captured or refunds:
            card = self._card(after.tenant, tender.account)
            if voided or captured:
                change = card.release(tender.id, now) if voided else card.capture(tender.id, now)
            else:
                (refund_id, amount), *_ = refunds.items()
                change = card.restore(amount, refund_id, now)
            yield from self._cards.update(change) if change else ()

    def _card(self, tenant: str, id_: str) -> GiftCard:
        card = self._cards.get(tenant, id_)
        if card is None:
            raise LookupError(f"the gift card {id_} is gone that a payment names")
        return card


def _reversed(card: GiftCard, before: Payment, after: Payment, now: datetime) -> CardChange | None:
    (gone_before, _), (gone, under_way) = _reversal(before), _reversal(after)
    # Only what somebody asks for here is refused; what has happened, or has begun at the provider, has.
    if _is_asked_for(before, after) and not _is_untouched(card, now):
        raise NotRefundable("this gift card was used or has expired: it cannot be given back")
    return card.reversed(gone - gone_before, under_way=under_way > 0, gone_in_full=gone >= after.amount.amount, now=now)


def _is_asked_for(before: Payment, after: Payment) -> bool:
    known = {each.id for each in before.refunds}
    return any(e.state is RefundState.REQUESTED and not e.held and e.id not in known for e in after.refunds)


def _is_untouched(card: GiftCard, now: datetime) -> bool:
    """An admin may have stopped it: that is often why it is given back."""
    active = card.state is CardState.ACTIVE and not card.is_over(now)
    return active and card.available == card.amount and not card.holds


def _reversal(payment: Payment) -> tuple[int, int]:
    """What has gone of the sale, to the buyer or to their bank; and what is on its way."""
    disputes = [each for each in payment.disputes if not each.held and each.state is not DisputeState.WON]
    refunds = [each for each in payment.refunds if not each.held]
    under_way = sum(each.whole for each in refunds if each.is_open) + sum(d.amount for d in disputes if d.is_open)
    return sum(each.gone for each in refunds) + sum(each.amount for each in disputes), under_way


def _gone_onto(tender: Tender, before: Payment, after: Payment) -> dict[str, int]:
    """What has gone onto a tender with this change, by refund."""
    known = {each.id for each in before.refunds if each.gone}
    return {
        refund.id: part.amount
        for refund in after.refunds
        if refund.id not in known and _has_gone_onto_tenders(refund)
        for part in refund.tendered
        if part.tender == tender.id
    }


def _has_gone_onto_tenders(refund: Refund) -> bool:
    return refund.gone >= refund.onto_tenders > 0
