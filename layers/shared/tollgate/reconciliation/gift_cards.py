"""Gift cards whose time is over, and those of which more went back than was left."""

from __future__ import annotations

from datetime import timedelta

from tollgate.gift_cards.errors import GiftCardChanged
from tollgate.gift_cards.expiry import GiftCardExpiry
from tollgate.gift_cards.model import GiftCard
from tollgate.gift_cards.ports import GiftCardRepository
from tollgate.kernel.clock import Clock
from tollgate.kernel.unit_of_work import UnitOfWork
from tollgate.reconciliation.model import Finding, Kind, Remedy, a_finding
from tollgate.reconciliation.notes import Notes
from tollgate.reconciliation.ports import DueGiftCard

_LATER = timedelta(days=1)


class DueGiftCards:
    """Ending a card is regular work. What was spent and then taken back by a bank is somebody's loss: a person's to
    look at.
    """

    def __init__(
        self, cards: GiftCardRepository, expiry: GiftCardExpiry, unit_of_work: UnitOfWork, clock: Clock
    ) -> None:
        self._cards = cards
        self._expiry = expiry
        self._unit_of_work = unit_of_work
        self._clock = clock

    def examine(self, due: DueGiftCard, notes: Notes) -> None:
        card = self._expiry.expire(due.tenant, due.id)
        if card is not None and card.available < 0:
            notes.open(self._finding(card))
            self._look_again(card)

    def is_settled(self, finding: Finding) -> bool:
        card = self._cards.get(finding.tenant, finding.subject_id)
        return card is None or card.available >= 0

    def _finding(self, card: GiftCard) -> Finding:
        return a_finding(
            Kind.OVERDRAWN_GIFT_CARD,
            card.tenant,
            ("gift_card", card.id),
            Remedy.DECIDE,
            self._clock.now(),
            occasion=str(card.available),
            detail={"available": card.available, "currency": card.currency, "payment": card.payment_id},
        )

    def _look_again(self, card: GiftCard) -> None:
        try:
            self._unit_of_work.commit(self._cards.look_again(card, self._clock.now() + _LATER))
        except GiftCardChanged:
            return  # it moved on by itself
