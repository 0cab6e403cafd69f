"""A deployment after some trade in two tenants: what there is to be asked about, and whose it is."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

from tests.functions.giving import RECIPIENT, Cards, Given
from tests.functions.grouping import Groups, Made, a_group
from tests.functions.paying_out import VENUE, Venue
from tests.functions.reconciling import Stuck
from tests.support.deployment import NEIGHBOUR, PLATFORM_TOKEN, Deployment
from tests.support.requests import ORIGIN, a_mock_event, context
from tests.unit.subscriptions.lives import an_active, an_order
from tests.unit.subscriptions.telling import GOLD, START
from tollgate.adapters.dynamodb.consumers import DynamoConsumers
from tollgate.adapters.dynamodb.delivery_log import DynamoDeliveryLog
from tollgate.adapters.dynamodb.findings import DynamoFindings
from tollgate.adapters.dynamodb.store import Table, connect
from tollgate.adapters.dynamodb.subscriptions import DynamoSubscriptions
from tollgate.adapters.dynamodb.unit_of_work import DynamoUnitOfWork
from tollgate.adapters.function_start import FunctionStart
from tollgate.deliveries.consumers import Consumer
from tollgate.deliveries.model import Aggregate, Attempt, StoredEvent, begun
from tollgate.kernel.ids import derived
from tollgate.kernel.money import Money
from tollgate.reconciliation.model import Kind, Remedy, Repair, a_finding
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.settings import Settings
from tollgate.subscriptions.model import Change, Renewer, Subscription

DEMO, BUYER, OTHER_BUYER = "demo", "buyer-1", "buyer-2"
ORIGINS = {DEMO: ORIGIN, NEIGHBOUR: "http://funnel.cs.lvh.me:8080"}
PRICING_ITEMS, PLATFORM = "/internal/payments/pricing-items", {"x-platform-internal-token": PLATFORM_TOKEN}
ACCOUNTS = {DEMO: "acct_ours", NEIGHBOUR: "acct_theirs"}


@dataclass(frozen=True)
class Thing:
    """A text that only some may read: the tenant's own people, and the user, or the people of the venue."""

    text: str
    tenant: str
    user: str | None = None
    venue: str | None = None


@dataclass
class Trade:
    """Things are made anew each time they are asked for, under keys that are the same in every run."""

    deployed: Deployment
    accounts: Mapping[str, str] = field(default_factory=lambda: ACCOUNTS)
    things: list[Thing] = field(default_factory=list)
    cards: list[Given] = field(default_factory=list)
    subscriptions: list[Subscription] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    # The ticket that is to be listed, or the listing to be bought.
    wanted: str = ""
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _applied: int = 0

    def key(self) -> str:
        """An idempotency key that nothing had before."""
        return str(uuid.UUID(int=next(self._numbers), version=4))

    def opened(self, tenant: str = DEMO, user: str = BUYER, **fields: Any) -> dict[str, Any]:
        """A checkout that can be paid."""
        number = next(self._numbers)
        reference = f"order-{number}-of-{user}"
        sent = {"reference": reference, "venueId": VENUE, **self.addresses(tenant), **fields}
        key = str(uuid.UUID(int=number, version=4))
        made: dict[str, Any] = self.deployed.checkout(key, user=user, tenant=tenant, **sent).body
        for text in (made["id"], made["providerCheckoutSessionId"], reference):
            self.things.append(Thing(text, tenant, user=user))
        return made

    def told(self, type_: str, tenant: str = DEMO, user: str = BUYER) -> dict[str, Any]:
        """A checkout of which the mock said this."""
        made = self.opened(tenant, user)
        self.deployed.tell(a_mock_event(made, type_, tenant=tenant))
        records = self.deployed.stream("INBOX_TABLE")
        self.deployed.function("inbox_consumer").handler({"Records": records[self._applied :]}, context())
        self._applied = len(records)
        return made

    def finding(self, tenant: str = DEMO) -> str:
        subject = ("payment", f"payment-{next(self._numbers)}-of-{tenant}")
        connection = connect()
        core = Table(connection, self.deployed.environment["CORE_TABLE"])
        draft = a_finding(Kind.HELD_MONEY, tenant, subject, Remedy.DECIDE, datetime.now(UTC))
        found, event = draft.changed(Repair.PROPOSED, datetime.now(UTC))
        DynamoUnitOfWork(connection).commit(*DynamoFindings(core).put(found, event, None))
        self.things += [Thing(found.id, tenant), Thing(subject[1], tenant)]
        return found.id

    def delivery(self, tenant: str = DEMO) -> str:
        """An event that a consumer of both tenants has got."""
        storage = open_storage(Settings.from_environment(self.deployed.environment))
        consumers = DynamoConsumers(storage.core, storage.unit_of_work)
        since = datetime(2026, 1, 1, tzinfo=UTC)
        consumers.put(Consumer("funnel", "https://funnel.example/", frozenset({DEMO, NEIGHBOUR}), frozenset(), since))
        of = Aggregate(tenant, "payment", derived("pay", f"{next(self._numbers)} of {tenant}"))
        told, now = StoredEvent(of, 1, "payments.payment.created", since, "{}"), datetime.now(UTC)
        delivery = begun("funnel", told, now).tried(Attempt(now, 12, 204), None, now)
        storage.unit_of_work.commit(DynamoDeliveryLog(storage.core).put(delivery))
        self.things += [Thing(text, tenant) for text in (delivery.id, delivery.event_id, of.id)]
        return delivery.id

    def payout(self) -> str:
        answer = self.venue.pay_out(10_000, str(uuid.UUID(int=next(self._numbers), version=4)))
        assert answer.status == 200, answer.body
        self.things.append(Thing(answer.body["payoutId"], DEMO, venue=VENUE))
        return str(answer.body["payoutId"])

    def card(self) -> Given:
        """A gift card with something on it. Whoever has its code may know of it; the code itself nobody is told again,
        and only admins who bought it for whom.
        """
        payment = f"payment-of-card-{next(self._numbers)}"
        given = Cards(self.deployed).given(payment=payment)
        self.cards.append(given)
        self.things += [Thing(given.code, "nobody"), Thing(payment, DEMO), Thing(RECIPIENT, DEMO)]
        return given

    def group(self) -> str:
        """A group of which one member has paid, and the first has not; those are in `members`."""
        groups = Groups(self.deployed)
        pals = [{"email": f"pal{n}@mail.example", "name": f"Pal {n}", "ticketCount": 2} for n in (1, 2)]
        made = Made(groups.ask(a_group(members=pals), self.deployed.as_user(BUYER)).body)
        self.members = made.members
        paid = groups.by_mock(made, 1)
        assert paid.status == 200, paid.body
        texts = (made.id, *self.members, "pal1@mail.example", paid.body["payment"]["id"])
        self.things += [Thing(text, DEMO, user=BUYER) for text in texts]
        return made.id

    def priced(self) -> str:
        """A pricing item of the tenant's own, by its id."""
        code = f"own_ticket_{next(self._numbers)}"
        self.things.append(Thing(code, DEMO))
        return self._priced(code, DEMO)

    def subscription(self, tenant: str = DEMO, user: str = BUYER) -> Subscription:
        """One that we charge, of a plan of its own."""
        number = next(self._numbers)
        code, product = f"own_{number}_plan", f"own_{number}_product"
        self._priced(code, tenant, product=product, interval="month")
        terms = replace(GOLD, code=code, name="A ticket", product=product, unit=Money(100, "USD"))
        id_, payment = derived("sub", f"{number} of {tenant}"), derived("pay", f"period {number} of {tenant}")
        fields: dict[str, Any] = {
            "id": id_,
            "tenant": tenant,
            "owner": user,
            "terms": terms,
            "payment": payment,
            "provider": "mock",
        }
        ordered = an_order(**fields).order(START, None)
        begun = replace(an_active(), **fields, renewed_by=Renewer.PLATFORM, version=1)
        connection = connect()
        kept = DynamoSubscriptions(Table(connection, self.deployed.environment["CORE_TABLE"]))
        DynamoUnitOfWork(connection).commit(*kept.create(ordered))
        DynamoUnitOfWork(connection).commit(*kept.update(Change(1, begun)))
        self.things += [Thing(text, tenant, user=user) for text in (id_, payment, product)]
        self.subscriptions.append(begun)
        return begun

    def ordered(self) -> str:
        """A subscription at Stripe whose page nobody has paid."""
        body = {"pricingItemCode": "gold_month", **self.addresses(DEMO)}
        who = self.deployed.as_user(BUYER)
        made = self.deployed.call("POST", "/subscriptions", body, headers=who, function="subscription_api")
        assert made.status == 201, made.body
        return str(made.body["id"])

    def _priced(self, code: str, tenant: str, **more: str) -> str:
        body = {"consumerTenantId": tenant, "code": code, "name": "A ticket", "amount": 100, "currency": "USD", **more}
        made = self.deployed.call("POST", PRICING_ITEMS, body, headers=PLATFORM, function="catalog_api")
        assert made.status == 201, made.body
        self.things.append(Thing(made.body["id"], tenant))
        return str(made.body["id"])

    @property
    def venue(self) -> Venue:
        return Venue(cast(Stuck, SimpleNamespace(deployed=self.deployed)))

    def addresses(self, tenant: str) -> dict[str, str]:
        """Where the tenant's buyers may return to."""
        return {"successUrl": f"{ORIGINS[tenant]}/thanks", "cancelUrl": f"{ORIGINS[tenant]}/cart"}

    def begin(self) -> None:
        """A venue of one name in both tenants, with money in one of them."""
        for tenant, account in self.accounts.items():
            boss = self.deployed.as_user("boss", tenant, "admin")
            assert self.venue.connect(account, who=boss).status == 200
            self.things.append(Thing(account, tenant))
        self.venue.earn(1_000_000, reserved=5_000, pending=7_000)
        for tenant, user in ((DEMO, BUYER), (DEMO, OTHER_BUYER), (NEIGHBOUR, "neighbour-1")):
            self.told("captured", tenant, user)
            self.told("failed", tenant, user)
            self.opened(tenant, user)
            self.subscription(tenant, user)
            self.finding(tenant)
            self.delivery(tenant)
        self.payout()


@contextmanager
def traded(deployed: Deployment, accounts: Mapping[str, str] = ACCOUNTS) -> Iterator[Trade]:
    """What starts the reconciler starts nothing here."""
    with patch.object(FunctionStart, "start", lambda *_: None):
        trade = Trade(deployed, accounts)
        trade.begin()
        yield trade
