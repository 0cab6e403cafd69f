"""A world that has come to rest, as invariants look at it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.simulation.stripe_books import Fields
from tests.simulation.world import World
from tollgate.kernel.events import Event
from tollgate.ledger.model import JournalEntry
from tollgate.payments.lifecycle import State
from tollgate.payments.model import Payment
from tollgate.payouts.model import Payout, PayoutState

type Place = tuple[str, ...]


class Seen:
    """Everything by kind, and every version that it ever had."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._items = world.rooms.stored.store.items
        self._payments = {each.id: each for each in self._of("payment") if isinstance(each, Payment)}

    def payments(self) -> list[Payment]:
        return list(self._payments.values())

    def payment(self, id_: str) -> Payment | None:
        return self._payments.get(id_)

    def origin(self, id_: str) -> str:
        """The first payment of a chain of retries."""
        while (payment := self._payments.get(id_)) is not None and payment.retry_of is not None:
            id_ = payment.retry_of
        return id_

    def payouts(self) -> list[Payout]:
        return self._of("payout")

    def events(self) -> list[Event]:
        return self._of("event")

    def entries(self) -> list[JournalEntry]:
        return [each.entry for each in self._of("journal")]

    def charges(self) -> list[Fields]:
        """What the provider took, by intent."""
        return [each for each in self.world.books.intents.values() if each["amount_received"]]

    def versions(self, kind: str) -> Iterator[tuple[Place, list[Any]]]:
        """Every place of a kind with what was stored there, in the order it was."""
        found: dict[Place, list[Any]] = {}
        for record in self.world.rooms.stored.store.stream:
            if record.place[0] == kind:
                found.setdefault(record.place, []).append(record.value)
        yield from found.items()

    def _of(self, kind: str) -> list[Any]:
        return [value for place, value in self._items.items() if place[0] == kind]


def reached_in(world: World) -> Counter[str]:
    """What the history came to, by kind: a simulation that never comes to a payout proves nothing about them."""
    seen = Seen(world)
    counted = Counter({f"payment {state}": 0 for state in State} | {f"payout {state}": 0 for state in _ENDS})
    counted.update(f"payment {each.state}" for each in seen.payments())
    counted.update(f"payout {each.state}" for each in seen.payouts())
    counted["refunds"] = sum(len(each.refunds) for each in seen.payments())
    counted["disputes"] = sum(len(each.disputes) for each in seen.payments())
    counted["journal entries"] = len(seen.entries())
    counted["findings"] = len(seen._of("finding"))
    return counted


_ENDS = (PayoutState.PAID, PayoutState.FAILED)
