"""Gift cards as tests want them, and a world in which they are spent."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from tests.support.builders import NOW
from tests.support.fakes import MemorySecrets
from tests.support.stores import InMemory, Store
from tollgate.gift_cards.codes import SECRET, GiftCardCodes
from tollgate.gift_cards.desk import GiftCardDesk
from tollgate.gift_cards.expiry import GiftCardExpiry
from tollgate.gift_cards.looking import Asker, GiftCardLookup
from tollgate.gift_cards.model import CardState, GiftCard
from tollgate.gift_cards.spending import GiftCardSpending, RedeemGiftCard, UseGiftCard
from tollgate.kernel.clock import FixedClock
from tollgate.kernel.idempotency import Response
from tollgate.kernel.ids import derived

SECRETS = {SECRET: {"keys": ["a key that only tests have"]}}
HOLDER = Asker("demo", "user-2", "user-2", "203.0.113.7")
STRANGER = Asker("demo", None, "ip", "203.0.113.9")


def a_card(name: str = "1", **fields: Any) -> GiftCard:
    """An active card of 100.00, with all of it left, for a year from `NOW`."""
    defaults: dict[str, Any] = {
        "id": derived("gft", name),
        "tenant": "demo",
        "amount": 10_000,
        "currency": "USD",
        "available": 10_000,
        "state": CardState.ACTIVE,
        "version": 2,
        "created_at": NOW,
        "updated_at": NOW,
        "payment_id": derived("pay", name),
        "buyer": "user-1",
        "code_version": 1,
        "code_key": "0a1b2c3d",
        "ending": "WXYZ",
        "recipient_email": "friend@example.com",
        "expires_at": NOW + timedelta(days=365),
    }
    return GiftCard(**(defaults | fields))


def a_draft_card(name: str = "1", **fields: Any) -> GiftCard:
    """A card that nobody has ordered yet."""
    unpaid: dict[str, Any] = {"state": CardState.PENDING, "version": 0, "available": 0, "expires_at": None}
    return a_card(name, **(unpaid | fields))


@dataclass
class CardWorld:
    """The room on any store, with a clock that a test moves."""

    store: Store = field(default_factory=InMemory)
    secrets: MemorySecrets = field(default_factory=lambda: MemorySecrets(SECRETS))
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    enabled: bool = True

    @property
    def codes(self) -> GiftCardCodes:
        return GiftCardCodes(self.secrets)

    @property
    def lookup(self) -> GiftCardLookup:
        store = self.store
        return GiftCardLookup(store.gift_cards, store.guesses, self.codes, self.clock, enabled=self.enabled)

    @property
    def spending(self) -> GiftCardSpending:
        store = self.store
        return GiftCardSpending(
            lookup=self.lookup,
            cards=store.gift_cards,
            credit=store.credits,
            journal=store.journal,
            idempotency=store.idempotency,
            unit_of_work=store.unit_of_work,
            clock=self.clock,
            vote_multiplier=10,
        )

    @property
    def desk(self) -> GiftCardDesk:
        store = self.store
        return GiftCardDesk(self.lookup, store.gift_cards, store.credits, store.unit_of_work, self.clock)

    @property
    def expiry(self) -> GiftCardExpiry:
        store = self.store
        return GiftCardExpiry(store.gift_cards, store.journal, store.unit_of_work, self.clock)

    def sold(self, name: str = "1", amount: int = 10_000, **fields: Any) -> tuple[str, GiftCard]:
        """A card that can be spent, and its code."""
        made = self.codes.new("demo", derived("pay", name), 1)
        named = {"id": made.id, "ending": made.ending, "code_key": made.key, "amount": amount, **fields}
        ordered = a_draft_card(name, **named).order(self.clock.now())
        paid = ordered.card.activate(self.clock.now(), 365)
        assert paid is not None
        self.store.unit_of_work.commit(*self.store.gift_cards.create(ordered))
        self.store.unit_of_work.commit(*self.store.gift_cards.update(paid))
        return made.code, paid.card

    def put(self, card: GiftCard) -> GiftCard:
        """The card as a test wants it to stand, with some event."""
        change = card.with_event(self.clock.now(), "payments.gift_card.adjusted", reversed=0)
        self.store.unit_of_work.commit(*self.store.gift_cards.update(change))
        return change.card

    def card(self, id_: str) -> GiftCard:
        found = self.store.gift_cards.get("demo", id_)
        assert found is not None
        return found

    def use(self, code: str, amount: int, key: str | None = None, **fields: Any) -> Response:
        return self.spending.use(a_use(code, amount, key, **fields))

    def redeem(self, code: str, key: str | None = None, **fields: Any) -> Response:
        return self.spending.redeem(a_redemption(code, key, **fields))


def a_use(code: str, amount: int, key: str | None = None, **fields: Any) -> UseGiftCard:
    wish = UseGiftCard(HOLDER, code, key or str(uuid.uuid4()), {"amount": amount}, amount)
    return replace(wish, **fields)


def a_redemption(code: str, key: str | None = None, **fields: Any) -> RedeemGiftCard:
    wish = RedeemGiftCard(HOLDER, code, key or str(uuid.uuid4()), {"code": code})
    return replace(wish, **fields)
