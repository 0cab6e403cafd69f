"""A world that has come to rest, as invariants look at it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.simulation.provider_books import Fields
from tests.simulation.world import World, is_unsure
from tollgate.checkout.drafting import BALANCE
from tollgate.escrow import events as escrow_events
from tollgate.gift_cards import events as card_events
from tollgate.gift_cards.model import AGGREGATE, GiftCard
from tollgate.group_payments import events as group_events
from tollgate.kernel.events import Event
from tollgate.ledger.model import JournalEntry
from tollgate.payments.lifecycle import State
from tollgate.payments.model import Payment
from tollgate.payments.tenders import TenderState
from tollgate.payouts.model import Payout, PayoutState
from tollgate.reconciliation.model import Finding, Kind
from tollgate.subscriptions import events as plan_events
from tollgate.subscriptions.model import Subscription

type Place = tuple[str, ...]


class Seen:
    """Everything by kind, and every version that it ever had."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._items, self._kinds = world.rooms.stored.store.items, world.rooms.stored.store.kinds
        self._payments = {each.id: each for each in self._of("payment") if isinstance(each, Payment)}
        self._told: dict[tuple[str, str], list[Event]] = {}
        for each in self.events():
            self._told.setdefault((each.aggregate_type, each.aggregate_id), []).append(each)

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

    def cards(self) -> list[GiftCard]:
        return self._of("gift_card")

    def credits(self) -> dict[tuple[str, str, str], int]:
        """By tenant, currency and customer."""
        found: dict[tuple[str, str, str], int] = {}
        for place, value in self._items.items():
            if place[0] == "credit":
                _, tenant, currency, customer = place
                found[tenant, currency, customer] = value
        return found

    def events(self) -> list[Event]:
        return self._of("event")

    def subscriptions(self) -> list[Subscription]:
        return self._of("subscription")

    def events_of(self, card: GiftCard) -> list[Event]:
        """In their order."""
        return self.told(AGGREGATE, card.id)

    def told(self, aggregate: str, id_: str) -> list[Event]:
        """The events of anything, in their order."""
        return sorted(self._told.get((aggregate, id_), []), key=lambda each: each.sequence)

    def balances(self) -> dict[tuple[str, str, str], int]:
        """What was projected, by tenant, currency and account."""
        reader = self.world.rooms.stored.ledger_reader
        return {
            (tenant, each.key.currency, each.key.account): each.amount
            for tenant in reader.tenants()
            for each in reader.balances(tenant)
        }

    def entries(self) -> list[JournalEntry]:
        return [each.entry for each in self._of("journal")]

    def charges(self) -> list[Fields]:
        """What providers took, by intent."""
        return [each for _, each in self.world.charges()]

    def done_to_us(self) -> set[str]:
        """The payments of which something went back that nobody here had asked for."""
        return {
            books.intents[each["payment_intent"]]["metadata"]["tollgate_payment"]
            for books in self.world.books.values()
            for each in (*books.disputes.values(), *books.refunds.values())
            if not each.get("metadata")
        }

    def versions(self, kind: str) -> Iterator[tuple[Place, list[Any]]]:
        """Every place of a kind with what was stored there, in the order it was."""
        found: dict[Place, list[Any]] = {}
        for record in self.world.rooms.stored.store.stream:
            if record.place[0] == kind:
                found.setdefault(record.place, []).append(record.value)
        yield from found.items()

    def findings(self) -> list[Finding]:
        return self._of("finding")

    def _of(self, kind: str) -> list[Any]:
        return list(self._kinds.get(kind, {}).values())


def reached_in(world: World) -> Counter[str]:
    """What the history came to, by kind: a simulation that never comes to a payout proves nothing about them."""
    seen = Seen(world)
    counted = Counter({f"payment {state}": 0 for state in State} | {f"payout {state}": 0 for state in _ENDS})
    counted.update(f"payment {each.state}" for each in seen.payments())
    counted.update(f"payout {each.state}" for each in seen.payouts())
    counted["refunds"] = sum(len(each.refunds) for each in seen.payments())
    counted["disputes"] = sum(len(each.disputes) for each in seen.payments())
    counted["refunds onto tenders"] = sum(len(each.tendered) for one in seen.payments() for each in one.refunds)
    counted.update({f"tender {state}": 0 for state in TenderState})
    counted.update(f"tender {each.state}" for payment in seen.payments() for each in payment.tenders)
    counted["paid with tenders alone"] = sum(each.provider == BALANCE for each in seen.payments())
    counted.update(dict.fromkeys(_TOLD, 0))
    counted.update(each.type for each in seen.events() if each.type in _TOLD)
    counted.update(_of_routes(seen))
    counted["journal entries"] = len(seen.entries())
    counted["findings"] = len(seen.findings())
    return counted


def _of_routes(seen: Seen) -> dict[str, int]:
    """Who was asked for money, and what nobody knew for a while."""
    direct = [each for each in seen.payments() if each.direct]
    paid = [each for each in direct if each.state in (State.CONFIRMED, State.SETTLED)]
    unsure = [each for each in seen.world.requests if any(is_unsure(answer) for _, answer in each.answers)]
    return {
        "charges confirmed": len(paid),
        "charges confirmed later": sum(each.session is not None for each in paid),
        "charges declined": sum(each.decline is not None for each in direct),
        "charges never made": sum(each.reason == "never_made" for each in direct),
        "charges nobody knew of": len(unsure),
        "charges that went elsewhere": sum(bool(each.passed) for each in direct),
        "pages that went elsewhere": sum(bool(each.passed) for each in seen.payments() if not each.direct),
        "periods that we charged": sum(bool(each.billing and each.billing.invoice) for each in paid),
        "periods that we could not charge": sum(
            bool(each.billing and each.billing.invoice) for each in direct if each.state is State.FAILED
        ),
        "stray pages": sum(each.kind is Kind.STRAY_PAGE for each in seen.findings()),
    }


_TOLD = tuple(
    value
    for module in (card_events, plan_events, group_events, escrow_events)
    for name, value in vars(module).items()
    if name.isupper() and isinstance(value, str)
)
_ENDS = (PayoutState.PAID, PayoutState.FAILED)
