"""Payouts in memory, and each seller's daily limit beside the balance that it is taken from."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from tests.support.memory import events, lists
from tests.support.memory.ledger import Held, MemoryBalances, overdrawn, place_of
from tests.support.memory.store import MemoryStore, MemoryWrite, Place, Refusal, due
from tollgate.kernel.events import Event
from tollgate.kernel.unit_of_work import Write
from tollgate.ledger.accounts import seller_available
from tollgate.ledger.balances import AccountKey, Change
from tollgate.ledger.ports import Balances
from tollgate.payouts.errors import DailyLimitExceeded, PayoutChanged, PayoutExists
from tollgate.payouts.model import Payout, Seller
from tollgate.payouts.ports import LimitedBalances, PayoutRepository, PayoutsPage, SellerRepository

PAYOUT, SELLER = "payout", "seller"
# How far back a balance remembers what was paid.
_KEPT = timedelta(days=1)


class MemoryPayouts(PayoutRepository):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def get(self, tenant: str, id_: str) -> Payout | None:
        found: Payout | None = self._store.items.get((PAYOUT, tenant, id_))
        return found

    def create(self, payout: Payout, event: Event) -> tuple[Write, ...]:
        def refuse(stored: Payout | None) -> Refusal:
            return PayoutExists(stored) if stored else None

        return (MemoryWrite(_place(payout), payout, refuse, due(payout.due_at)), events.append(event))

    def update(self, payout: Payout, event: Event) -> tuple[Write, ...]:
        def refuse(stored: Payout | None) -> Refusal:
            return _changed(stored, payout.version - 1)

        return (MemoryWrite(_place(payout), payout, refuse, due(payout.due_at)), events.append(event))

    def note(self, payout: Payout) -> Write:
        def refuse(stored: Payout | None) -> Refusal:
            return _changed(stored, payout.version)

        return MemoryWrite(_place(payout), payout, refuse, due(payout.due_at))

    def look_again(self, payout: Payout, at: datetime) -> Write:
        place = _place(payout)

        def refuse(stored: Payout | None) -> Refusal:
            return _changed(stored, payout.version if place in self._store.due else None)

        return MemoryWrite(place, lambda stored: stored, refuse, due(at))

    def list(self, tenant: str, seller: str, *, limit: int, cursor: str | None) -> PayoutsPage:
        ours = [each for _, each in self._store.under(PAYOUT, tenant) if each.seller == seller]
        return PayoutsPage(*lists.page(ours, _listed_at, limit, cursor, (PAYOUT, tenant, seller)))


class MemorySellers(SellerRepository):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def get(self, tenant: str, id_: str) -> Seller | None:
        found: Seller | None = self._store.items.get((SELLER, tenant, id_))
        return found

    def put(self, seller: Seller) -> Write:
        return MemoryWrite((SELLER, seller.tenant, seller.id), seller, lambda _: None)


class MemoryLimitedBalances(LimitedBalances):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def counting(self, day: date, limit: int) -> Balances:
        return _Counting(self._store, day, limit)

    def restore(self, tenant: str, currency: str, seller: str, day: date, amount: int) -> Write:
        place = place_of(AccountKey(tenant, currency, seller_available(seller)))

        def restored(held: Held) -> Held:
            return replace(held, paid={**held.paid, day: held.paid.get(day, amount) - amount})

        return MemoryWrite(place, restored, _gone)


class _Counting(MemoryBalances):
    def __init__(self, store: MemoryStore, day: date, limit: int) -> None:
        super().__init__(store)
        self._day = day
        self._limit = limit

    def debit(self, tenant: str, currency: str, account: str, amount: int) -> Write:
        if not 0 < amount <= self._limit:
            raise DailyLimitExceeded(self._limit, 0) if amount > 0 else ValueError(f"{amount} cannot be taken")

        def refuse(stored: Held | None) -> Refusal:
            held = stored or Held()
            spent = held.paid.get(self._day, 0)
            over = spent + amount > self._limit
            return DailyLimitExceeded(self._limit, spent) if over else overdrawn(account, amount, held)

        place = place_of(AccountKey(tenant, currency, account))
        return MemoryWrite(place, lambda held: self._taken(held, amount), refuse)

    def _taken(self, held: Held, amount: int) -> Held:
        """What was paid long before this day is forgotten. Not the day before: clocks disagree around midnight."""
        kept = {day: paid for day, paid in held.paid.items() if day >= self._day - _KEPT}
        paid = {**kept, self._day: kept.get(self._day, 0) + amount}
        return replace(held.moved(Change(-amount, 1, None)), paid=paid)


def _gone(stored: Any) -> Refusal:
    return None if stored else LookupError("the balance is gone that a payout was taken from")


def _changed(stored: Payout | None, version: int | None) -> Refusal:
    if stored is None:
        return LookupError("the payout is gone")
    return None if stored.version == version else PayoutChanged(stored)


def _place(payout: Payout) -> Place:
    return (PAYOUT, payout.tenant, payout.id)


def _listed_at(payout: Payout) -> str:
    return lists.listed_at(payout.created_at, payout.id)
