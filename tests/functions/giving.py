"""Gift cards of a deployment, as if they had been bought, and what there is to ask about them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.deployment import GIFT_CARD_KEY, PLATFORM_TOKEN, Answer, Deployment
from tests.support.fakes import MemorySecrets
from tests.support.gift_cards import a_draft_card
from tests.support.requests import ORIGIN, a_checkout, a_mock_event, new_key
from tollgate.adapters.dynamodb.gift_cards import DynamoGiftCards
from tollgate.adapters.dynamodb.store import Table, connect
from tollgate.adapters.dynamodb.unit_of_work import DynamoUnitOfWork
from tollgate.gift_cards.codes import GiftCardCodes
from tollgate.gift_cards.model import GiftCard
from tollgate.runtime.clock import clock_for

HOLDER, DEMO = "holder-1", "demo"
SERVICE = {"x-platform-internal-token": PLATFORM_TOKEN, "x-tenant-id": DEMO}
RECIPIENT, MESSAGE, SENDER = "grandma@example.com", "Happy birthday, dear!", "Uncle Bob"
_PAGES = {"successUrl": f"{ORIGIN}/thanks", "cancelUrl": f"{ORIGIN}/cart"}
_CODES = GiftCardCodes(MemorySecrets({"gift_cards": {"keys": [GIFT_CARD_KEY]}}))


def no_cards_code(number: int = 0) -> str:
    """No card has it: its check character fits, and that is all."""
    return _CODES.new("nobody", f"pay_{number}", 1).code


@dataclass(frozen=True)
class Given:
    """A card, and its code, which is stored nowhere."""

    code: str
    card: GiftCard

    @property
    def id(self) -> str:
        return self.card.id


@dataclass
class Cards:
    """The gift cards of one deployment."""

    deployed: Deployment
    made: list[Given] = field(default_factory=list)

    def given(
        self,
        amount: int = 10_000,
        *,
        tenant: str = DEMO,
        currency: str = "USD",
        days: int = 365,
        paid: bool = True,
        payment: str = "",
    ) -> Given:
        """One that can be spent for so many days, or, not `paid`, not yet. Its events are stored with it."""
        connection, clock = connect(), clock_for(self.deployed.environment.get("TOLLGATE_CLOCK_FILE", ""))
        cards = DynamoGiftCards(Table(connection, self.deployed.environment["CORE_TABLE"]))
        payment = payment or f"pay_{new_key()}"
        code = _CODES.new(tenant, payment, 1)
        change = a_draft_card(
            id=code.id,
            code_key=code.key,
            ending=code.ending,
            tenant=tenant,
            amount=amount,
            currency=currency,
            payment_id=payment,
            buyer="buyer-1",
            created_at=clock.now(),
            recipient_email=RECIPIENT,
            message=MESSAGE,
            sender_name=SENDER,
        ).order(clock.now())
        DynamoUnitOfWork(connection).commit(*cards.create(change))
        activated = change.card.activate(clock.now(), days) if paid else None
        if activated is not None:
            change = activated
            DynamoUnitOfWork(connection).commit(*cards.update(change))
        self.made.append(Given(code.code, change.card))
        return self.made[-1]

    def bought(self, amount: int = 10_000, **fields: Any) -> Given:
        """One that somebody has bought and paid, so that the books know of it. Its code is in the mail to come."""
        checkout = self.buy(amount=amount, **fields).body
        self.hear(checkout)
        code = _CODES.new(DEMO, checkout["id"], 1)
        assert code.id == checkout["giftCardId"]
        card = DynamoGiftCards(Table(connect(), self.deployed.environment["CORE_TABLE"])).get(DEMO, code.id)
        assert card is not None
        self.made.append(Given(code.code, card))
        return self.made[-1]

    def hear(self, checkout: Mapping[str, Any], how: str = "captured") -> None:
        """The mock tells this of a checkout."""
        self.deployed.tell(a_mock_event(checkout, how))
        self.deployed.apply_inbox()

    def payment(self, id_: str, who: Mapping[str, str] | None = None) -> dict[str, Any]:
        """As its buyer sees it."""
        shown = self.deployed.call("GET", f"/transactions/{id_}", headers=who or self.holder())
        return dict(shown.body["transaction"])

    def refund(self, payment: str, key: str | None = None, **body: Any) -> Answer:
        """As an admin."""
        headers = {**self.admin(), "idempotency-key": key or new_key()}
        return self.deployed.call("POST", f"/transactions/{payment}/refund", body, headers=headers)

    def holder(self, user: str = HOLDER, tenant: str = DEMO) -> dict[str, str]:
        return self.deployed.as_user(user, tenant)

    def admin(self, tenant: str = DEMO) -> dict[str, str]:
        return self.deployed.as_user("boss", tenant, "admin")

    def buy(self, key: str | None = None, who: Mapping[str, str] | None = None, **fields: Any) -> Answer:
        """A card for a friend, on the mock's page."""
        body = {"amount": 5_000, "recipientEmail": RECIPIENT, "method": "mock", **_PAGES, **fields}
        return self._post("/gift-cards/purchase", body, key or new_key(), who or self.holder())

    def pay(
        self,
        *codes: str,
        credit: int | None = None,
        key: str | None = None,
        who: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> Answer:
        """A checkout of two tickets for 100.00, paid with these cards, so much credit, and the rest at the mock."""
        tenders: list[dict[str, Any]] = [{"type": "gift_card", "code": code} for code in codes]
        tenders += [{"type": "credit", "amount": credit}] if credit else []
        headers = {**(who or self.holder()), "idempotency-key": key or new_key()}
        body = a_checkout(**({"tenders": tenders} if tenders else {}), **fields)
        return self.deployed.call("POST", "/payments/checkout", body, headers=headers)

    def use(
        self, code: str, amount: Any = 3_000, key: str | None = None, who: Mapping[str, str] | None = None, **body: Any
    ) -> Answer:
        sent = {"amount": amount, **body}
        return self._post(f"/gift-cards/{code}/use", sent, key or new_key(), who or self.holder())

    def redeem(
        self, code: Any, key: str | None = None, who: Mapping[str, str] | None = None, source: str = "", **body: Any
    ) -> Answer:
        sent = {"code": code, **body}
        return self._post("/gift-cards/redeem", sent, key or new_key(), who or self.holder(), source or "127.0.0.1")

    def see(
        self,
        code: str,
        part: str = "",
        who: Mapping[str, str] | None = None,
        query: str = "",
        source: str = "127.0.0.1",
    ) -> Answer:
        """By default as somebody who names the tenant, and nothing of themselves."""
        asking = {"x-tenant-id": DEMO} if who is None else who
        path = f"/gift-cards/{code}{part}"
        return self.deployed.call("GET", path, headers=asking, query=query, function="gift_card_api", source=source)

    def credit(self, who: Mapping[str, str] | None = None, query: str = "") -> Answer:
        asking = who or self.holder()
        return self.deployed.call("GET", "/credit", headers=asking, query=query, function="gift_card_api")

    def administer(self, card: str, part: str = "", who: Mapping[str, str] | None = None, query: str = "") -> Answer:
        path = f"/admin/gift-cards/{card}{part}"
        asking = who or self.admin()
        return self.deployed.call("GET", path, headers=asking, query=query, function="gift_card_api")

    def stop(
        self, card: str, word: str = "freeze", who: Mapping[str, str] | None = None, reason: Any = "stolen"
    ) -> Answer:
        path, asking = f"/admin/gift-cards/{card}/{word}", who or self.admin()
        return self.deployed.call("POST", path, {"reason": reason}, headers=asking, function="gift_card_api")

    def events(self, card: str) -> list[str]:
        """What has become of it; gapless."""
        events = sorted(self.deployed.events(card), key=lambda each: each["sequence"])
        assert [each["sequence"] for each in events] == list(range(1, len(events) + 1))
        return [each["type"].rpartition(".")[2] for each in events]

    def entries(self) -> list[tuple[str, dict[str, int]]]:
        found = self.deployed.stored("journal_entry")
        return sorted((each["what"]["S"], json.loads(each["postings"]["S"])) for each in found)

    def _post(self, path: str, body: Any, key: str, who: Mapping[str, str], source: str = "127.0.0.1") -> Answer:
        headers = {**who, "idempotency-key": key}
        return self.deployed.call("POST", path, body, headers=headers, function="gift_card_api", source=source)
