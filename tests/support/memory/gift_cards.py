"""Gift cards in memory, with the guesses that failed and customers' credit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from tests.support.memory import events, lists
from tests.support.memory.store import MemoryStore, MemoryWrite, Place, Refusal, due
from tollgate.gift_cards.errors import CodeTaken, GiftCardChanged, InsufficientCredit
from tollgate.gift_cards.guessing import GuessCount, first_failure
from tollgate.gift_cards.model import AGGREGATE, CardChange, GiftCard
from tollgate.gift_cards.ports import Credits, GiftCardRepository, Guesses, HistoryPage, Seen
from tollgate.kernel.events import Event
from tollgate.kernel.unit_of_work import UnitOfWork, Write

GIFT_CARD, GUESSES, CREDIT = "gift_card", "guesses", "credit"


class MemoryGiftCards(GiftCardRepository):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def get(self, tenant: str, id_: str) -> GiftCard | None:
        found: GiftCard | None = self._store.items.get((GIFT_CARD, tenant, id_))
        return found

    def look(self, tenant: str, ids: Sequence[str], doors: Sequence[str]) -> Seen:
        with self._store.lock:
            cards = {id_: card for id_ in ids if (card := self.get(tenant, id_))}
            counts = {door: self._store.items.get((GUESSES, tenant, door)) for door in doors}
        return Seen(cards, {door: count for door, count in counts.items() if count})

    def create(self, change: CardChange) -> tuple[Write, ...]:
        def refuse(stored: GiftCard | None) -> Refusal:
            return CodeTaken(stored) if stored else None

        return _writes(change, refuse)

    def update(self, change: CardChange) -> tuple[Write, ...]:
        def refuse(stored: GiftCard | None) -> Refusal:
            return _changed(stored, change.card.version - 1)

        return _writes(change, refuse)

    def look_again(self, card: GiftCard, at: datetime | None) -> Write:
        place = _place(card)

        def refuse(stored: GiftCard | None) -> Refusal:
            return _changed(stored, card.version if place in self._store.due else None)

        return MemoryWrite(place, lambda stored: stored, refuse, due(at))

    def history(self, tenant: str, id_: str, *, limit: int, cursor: str | None) -> HistoryPage:
        found = [event for _, event in self._store.under(events.EVENT, tenant, AGGREGATE, id_)]
        page, after = lists.page(found, _sorted_at, limit, cursor, (GIFT_CARD, tenant, id_))
        return HistoryPage(tuple(event.envelope() for event in page), after)


class MemoryGuesses(Guesses):
    def __init__(self, store: MemoryStore, unit_of_work: UnitOfWork) -> None:
        self._store = store
        self._unit_of_work = unit_of_work

    def note(self, tenant: str, doors: Sequence[str], now: datetime) -> Mapping[str, GuessCount]:
        places = {door: (GUESSES, tenant, door) for door in doors}
        with self._store.lock:
            for door, place in places.items():
                self._unit_of_work.commit(MemoryWrite(place, _one_more(door, now), lambda _: None))
            return {door: self._store.items[place] for door, place in places.items()}


class MemoryCredits(Credits):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def get(self, tenant: str, currency: str, customer: str) -> int:
        held: int = self._store.items.get((CREDIT, tenant, currency, customer), 0)
        return held

    def add(self, tenant: str, currency: str, customer: str, amount: int) -> Write:
        if amount <= 0:
            raise ValueError(f"{amount} cannot be given")
        place = (CREDIT, tenant, currency, customer)
        return MemoryWrite(place, lambda stored: (stored or 0) + amount, lambda _: None)

    def take(self, tenant: str, currency: str, customer: str, amount: int) -> Write:
        if amount <= 0:
            raise ValueError(f"{amount} cannot be taken")

        def refuse(stored: int | None) -> Refusal:
            return None if (stored or 0) >= amount else InsufficientCredit(amount, stored or 0)

        place = (CREDIT, tenant, currency, customer)
        return MemoryWrite(place, lambda stored: stored - amount, refuse)


def _one_more(door: str, now: datetime) -> Callable[[GuessCount | None], GuessCount]:
    return lambda stored: stored.after_failure(now) if stored else first_failure(door, now)


def _writes(change: CardChange, refuse: Callable[[GiftCard | None], Refusal]) -> tuple[Write, ...]:
    card = change.card
    return (MemoryWrite(_place(card), card, refuse, due(card.due_at)), events.append(change.event))


def _place(card: GiftCard) -> Place:
    return (GIFT_CARD, card.tenant, card.id)


def _changed(stored: GiftCard | None, version: int | None) -> Refusal:
    if stored is None:
        return LookupError("the gift card is gone")
    return None if stored.version == version else GiftCardChanged(stored)


def _sorted_at(event: Event) -> str:
    return f"{event.sequence:010d}"
