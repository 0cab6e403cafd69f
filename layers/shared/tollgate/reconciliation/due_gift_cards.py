"""Gift cards whose time is over, and those of which more went back than was left."""

from __future__ import annotations

from tollgate.gift_cards.errors import GiftCardChanged
from tollgate.gift_cards.expiry import GiftCardExpiry
from tollgate.gift_cards.model import AGGREGATE, GiftCard
from tollgate.gift_cards.ports import GiftCardRepository
from tollgate.kernel.clock import Clock
from tollgate.kernel.unit_of_work import UnitOfWork
from tollgate.reconciliation.model import Finding, Kind, Remedy, a_finding
from tollgate.reconciliation.notes import Notes
from tollgate.reconciliation.ports import DueGiftCard


class DueGiftCards:
    """A card that expires is no finding: nothing was wrong with it. One that was spent before its own price went back
    is somebody's loss, and for a person.
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
            notes.open(self._overdrawn(card))
            self._leave_to_the_finding(card)

    def is_settled(self, finding: Finding) -> bool:
        card = self._cards.get(finding.tenant, finding.subject_id)
        return card is None or card.available >= 0

    def _overdrawn(self, card: GiftCard) -> Finding:
        return a_finding(
            Kind.OVERDRAWN_GIFT_CARD,
            card.tenant,
            (AGGREGATE, card.id),
            Remedy.INVESTIGATE,
            self._clock.now(),
            detail={"payment": card.payment_id, "available": card.available, "currency": card.currency},
        )

    def _leave_to_the_finding(self, card: GiftCard) -> None:
        try:
            self._unit_of_work.commit(self._cards.look_again(card, None))
        except GiftCardChanged:
            return  # it moved on, and says anew when it is due
