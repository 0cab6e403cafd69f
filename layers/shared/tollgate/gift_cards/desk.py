"""Everything about cards but spending them."""

from __future__ import annotations

from collections.abc import Callable

from tollgate.gift_cards.errors import GiftCardChanged, GiftCardNotFound
from tollgate.gift_cards.looking import Asker, GiftCardLookup
from tollgate.gift_cards.model import CardChange, GiftCard
from tollgate.gift_cards.ports import Credits, GiftCardRepository, HistoryPage, customer_of
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import ConcurrentChange
from tollgate.kernel.ids import is_id
from tollgate.kernel.unit_of_work import UnitOfWork

_ATTEMPTS = 8


class GiftCardDesk:
    """For holders, who have the code, and for admins, who have the id."""

    def __init__(
        self,
        lookup: GiftCardLookup,
        cards: GiftCardRepository,
        credit: Credits,
        unit_of_work: UnitOfWork,
        clock: Clock,
    ) -> None:
        self._lookup = lookup
        self._cards = cards
        self._credits = credit
        self._unit_of_work = unit_of_work
        self._clock = clock

    def by_code(self, asker: Asker, code: str) -> GiftCard:
        """The card with this code. For who has not said who they are, only one that can be spent is there. Raises what
        `GiftCardLookup.find` does.
        """
        card = self._lookup.find(asker, code)
        if asker.user is None and not card.is_open(self._clock.now()):
            raise GiftCardNotFound
        return card

    def card(self, tenant: str, id_: str) -> GiftCard:
        """Raises `GiftCardNotFound`."""
        found = self._cards.get(tenant, id_) if is_id("gft", id_) else None
        if found is None:
            raise GiftCardNotFound
        return found

    def history(self, tenant: str, id_: str, *, limit: int, cursor: str | None) -> HistoryPage:
        """What has happened to a card, newest first. Raises `GiftCardNotFound` and `InvalidCursor`."""
        page = self._cards.history(tenant, id_, limit=limit, cursor=cursor) if is_id("gft", id_) else None
        if page is None or (cursor is None and not page.events):
            raise GiftCardNotFound  # every card has been ordered
        return page

    def freeze(self, tenant: str, id_: str, by: str, reason: str) -> GiftCard:
        """Nobody spends it until it is free again; the card as it then is. Raises `GiftCardNotFound`."""
        return self._change(self.card(tenant, id_), lambda card: card.freeze(by, reason, self._clock.now()))

    def unfreeze(self, tenant: str, id_: str, by: str, reason: str) -> GiftCard:
        """It can be spent again; the card as it then is. Raises `GiftCardNotFound`."""
        return self._change(self.card(tenant, id_), lambda card: card.unfreeze(by, reason, self._clock.now()))

    def credit(self, tenant: str, user: str, currency: str) -> int:
        """What the user may spend with us, in minor units."""
        return self._credits.get(tenant, currency, customer_of(tenant, user))

    def _change(self, card: GiftCard, decide: Callable[[GiftCard], CardChange | None]) -> GiftCard:
        for _ in range(_ATTEMPTS):
            change = decide(card)
            if change is None:
                return card
            try:
                self._unit_of_work.commit(*self._cards.update(change))
            except GiftCardChanged as changed:
                card = changed.card
            else:
                return change.card
        raise ConcurrentChange(f"{card.id} changes too fast")
