"""The stores that one suite of promises runs on: in memory, and on DynamoDB tables made for one test."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Protocol

import boto3
from pynamodb.connection import Connection

from tests.support import resale_stores
from tests.support.builders import NOW
from tests.support.fakes import CountingIds, MemoryCatalog, MemorySignatures
from tests.support.memory.deliveries import MemoryConsumers, MemoryDeliveryLog, MemoryHistories, MemoryLanes
from tests.support.memory.events import MemoryEventLog
from tests.support.memory.gift_cards import MemoryCredits, MemoryGiftCards, MemoryGuesses
from tests.support.memory.groups import MemoryGroups
from tests.support.memory.idempotency import MemoryIdempotency
from tests.support.memory.inbox import MemoryInbox, MemoryParking
from tests.support.memory.ledger import (
    MemoryBalances,
    MemoryJournal,
    MemoryLedgerReader,
    MemoryProjection,
    MemorySales,
)
from tests.support.memory.mails import MemoryMailLog
from tests.support.memory.payments import MemoryPayments
from tests.support.memory.payouts import MemoryLimitedBalances, MemoryPayouts, MemorySellers
from tests.support.memory.reconciliation import (
    MemoryArchive,
    MemoryDueList,
    MemoryFindings,
    MemoryPublisher,
    MemoryRuns,
)
from tests.support.memory.routing import MemoryCircuits, MemoryRules
from tests.support.memory.statistics import MemoryStatistics
from tests.support.memory.store import MemoryStore, MemoryUnitOfWork
from tests.support.memory.subscriptions import MemoryDueRenewals, MemorySubscriptions
from tests.support.tables import create_table
from tollgate.adapters.archive import BucketArchive
from tollgate.adapters.dynamodb.catalog import DynamoCatalog
from tollgate.adapters.dynamodb.consumers import DynamoConsumers
from tollgate.adapters.dynamodb.delivery_log import DynamoDeliveryLog
from tollgate.adapters.dynamodb.due import DynamoDueList
from tollgate.adapters.dynamodb.event_log import DynamoEventLog
from tollgate.adapters.dynamodb.failures import Patience
from tollgate.adapters.dynamodb.findings import DynamoFindings
from tollgate.adapters.dynamodb.gift_cards import DynamoCredits, DynamoGiftCards, DynamoGuesses
from tollgate.adapters.dynamodb.groups import DynamoGroups
from tollgate.adapters.dynamodb.idempotency import DynamoIdempotency
from tollgate.adapters.dynamodb.inbox import DynamoInbox
from tollgate.adapters.dynamodb.lanes import DynamoHistories, DynamoLanes
from tollgate.adapters.dynamodb.ledger import DynamoBalances, DynamoJournal, DynamoProjection
from tollgate.adapters.dynamodb.ledger_reading import DynamoJournalSweep, DynamoLedgerReader
from tollgate.adapters.dynamodb.mail_log import DynamoMailLog
from tollgate.adapters.dynamodb.parking import DynamoParking
from tollgate.adapters.dynamodb.payments import DynamoPayments
from tollgate.adapters.dynamodb.payouts import DynamoLimitedBalances, DynamoPayouts
from tollgate.adapters.dynamodb.renewals import DynamoDueRenewals
from tollgate.adapters.dynamodb.routing import DynamoCircuits, DynamoRules
from tollgate.adapters.dynamodb.runs import DynamoRuns
from tollgate.adapters.dynamodb.seller_sales import DynamoSales
from tollgate.adapters.dynamodb.sellers import DynamoSellers
from tollgate.adapters.dynamodb.signatures import DynamoSignatures
from tollgate.adapters.dynamodb.statistics import DynamoStatistics
from tollgate.adapters.dynamodb.store import Table, connect
from tollgate.adapters.dynamodb.subscriptions import DynamoSubscriptions
from tollgate.adapters.dynamodb.tenants import DynamoTenants
from tollgate.adapters.dynamodb.unit_of_work import DynamoUnitOfWork
from tollgate.adapters.eventbridge import EventBus
from tollgate.adapters.republisher import BusPublisher
from tollgate.catalog.ports import PricingItemRepository
from tollgate.deliveries.ports import Consumers, DeliveryLog, Histories, Lanes
from tollgate.fees.platform import Sales
from tollgate.gift_cards.ports import Credits, GiftCardRepository, Guesses
from tollgate.group_payments.ports import GroupRepository
from tollgate.inbox.ports import InboxRepository
from tollgate.kernel.clock import FixedClock
from tollgate.kernel.idempotency import IdempotencyRepository
from tollgate.kernel.unit_of_work import UnitOfWork
from tollgate.ledger.ports import Balances, Journal, JournalSweep, LedgerReader, Projection
from tollgate.mails.ports import MailLog
from tollgate.payments.ports import ParkedEvents, PaymentRepository
from tollgate.payouts.ports import LimitedBalances, PayoutRepository, SellerRepository
from tollgate.reconciliation.ports import (
    DueList,
    EventArchive,
    EventLog,
    FindingRepository,
    Publisher,
    RunRepository,
)
from tollgate.routing.ports import CircuitRepository, RuleRepository
from tollgate.runtime.http.auth import UsedSignatures
from tollgate.statistics.ports import StatisticsRepository
from tollgate.subscriptions.ports import SubscriptionRepository
from tollgate.subscriptions.renewing import DueRenewals

REGION = "us-east-1"


class Store(Protocol):
    """All that the rooms ask of a store."""

    @property
    def unit_of_work(self) -> UnitOfWork: ...
    @property
    def payments(self) -> PaymentRepository: ...
    @property
    def idempotency(self) -> IdempotencyRepository: ...
    @property
    def inbox(self) -> InboxRepository: ...
    @property
    def parking(self) -> ParkedEvents: ...
    @property
    def catalog(self) -> PricingItemRepository: ...
    @property
    def signatures(self) -> UsedSignatures: ...
    @property
    def statistics(self) -> StatisticsRepository: ...
    @property
    def payouts(self) -> PayoutRepository: ...
    @property
    def sellers(self) -> SellerRepository: ...
    @property
    def limited(self) -> LimitedBalances: ...
    @property
    def subscriptions(self) -> SubscriptionRepository: ...
    @property
    def renewals(self) -> DueRenewals: ...
    @property
    def gift_cards(self) -> GiftCardRepository: ...
    @property
    def groups(self) -> GroupRepository: ...
    @property
    def resale(self) -> resale_stores.ResaleStore: ...
    @property
    def guesses(self) -> Guesses: ...
    @property
    def credits(self) -> Credits: ...
    @property
    def journal(self) -> Journal: ...
    @property
    def balances(self) -> Balances: ...
    @property
    def projection(self) -> Projection: ...
    @property
    def ledger_reader(self) -> LedgerReader: ...
    @property
    def journal_sweep(self) -> JournalSweep: ...
    @property
    def sales(self) -> Sales: ...
    @property
    def due(self) -> DueList: ...
    @property
    def findings(self) -> FindingRepository: ...
    @property
    def runs(self) -> RunRepository: ...
    @property
    def event_log(self) -> EventLog: ...
    @property
    def publisher(self) -> Publisher: ...
    @property
    def archive(self) -> EventArchive: ...
    @property
    def mail_log(self) -> MailLog: ...
    @property
    def circuits(self) -> CircuitRepository: ...
    @property
    def rules(self) -> RuleRepository: ...
    @property
    def consumers(self) -> Consumers: ...
    @property
    def histories(self) -> Histories: ...
    @property
    def lanes(self) -> Lanes: ...
    @property
    def delivery_log(self) -> DeliveryLog: ...

    def sibling(self) -> Store:
        """The same store as another instance of a function sees it."""


@dataclass
class InMemory:
    """The fakes that the rooms' own tests use."""

    store: MemoryStore = field(default_factory=MemoryStore)
    make_unit_of_work: Callable[[MemoryStore], MemoryUnitOfWork] = MemoryUnitOfWork

    def __post_init__(self) -> None:
        store = self.store
        self.unit_of_work = self.make_unit_of_work(store)
        self.payments = MemoryPayments(store)
        self.idempotency = MemoryIdempotency(store)
        self.inbox = MemoryInbox(store, self.unit_of_work)
        self.parking = MemoryParking(store, self.unit_of_work)
        self.catalog = MemoryCatalog(store=store)
        self.signatures = MemorySignatures()
        self.statistics = MemoryStatistics(store)
        self.payouts, self.sellers = MemoryPayouts(store), MemorySellers(store)
        self.subscriptions, self.renewals = MemorySubscriptions(store), MemoryDueRenewals(store)
        self.gift_cards, self.credits = MemoryGiftCards(store), MemoryCredits(store)
        self.guesses, self.groups = MemoryGuesses(store, self.unit_of_work), MemoryGroups(store)
        self.resale = resale_stores.in_memory(store, self.unit_of_work)
        self.journal, self.projection = MemoryJournal(store), MemoryProjection(store)
        self.balances, self.limited = MemoryBalances(store), MemoryLimitedBalances(store)
        self.ledger_reader = self.journal_sweep = MemoryLedgerReader(store)
        self.sales = MemorySales(store)
        self.due, self.findings = MemoryDueList(store), MemoryFindings(store)
        self.runs, self.event_log = MemoryRuns(store, self.unit_of_work), MemoryEventLog(store)
        self.publisher, self.archive = MemoryPublisher(), MemoryArchive()
        self.mail_log = MemoryMailLog(store)
        self.circuits, self.rules = MemoryCircuits(store), MemoryRules(store)
        self.consumers, self.histories = MemoryConsumers(), MemoryHistories(store)
        self.lanes, self.delivery_log = MemoryLanes(store), MemoryDeliveryLog(store)

    def sibling(self) -> InMemory:
        return self


@dataclass
class OnDynamo:
    """The adapters, on two tables of their own. `url` is None for AWS's own address, which moto answers."""

    url: str | None
    core_name: str
    inbox_name: str
    instance: int = 0
    patience: Patience = field(default_factory=Patience)
    monotonic: Callable[[], float] = lambda: 0.0

    def __post_init__(self) -> None:
        self.connection = _connection(self.url, self.instance)
        self.core = core = Table(self.connection, self.core_name, self.patience)
        self.unit_of_work = DynamoUnitOfWork(self.connection, self.patience)
        self.payments = DynamoPayments(core)
        self.idempotency = DynamoIdempotency(core)
        inbox = Table(self.connection, self.inbox_name, self.patience)
        self.inbox = DynamoInbox(inbox, self.unit_of_work)
        self.parking = DynamoParking(inbox, self.unit_of_work, FixedClock(NOW), CountingIds())
        self.catalog = DynamoCatalog(core, self.monotonic)
        self.signatures = DynamoSignatures(core, self.unit_of_work)
        self.statistics = DynamoStatistics(core)
        self.tenants = DynamoTenants(core, self.unit_of_work, self.monotonic)
        self.payouts, self.sellers = DynamoPayouts(core), DynamoSellers(core)
        self.subscriptions, self.renewals = DynamoSubscriptions(core), DynamoDueRenewals(core)
        self.gift_cards, self.credits = DynamoGiftCards(core), DynamoCredits(core)
        self.guesses, self.groups = DynamoGuesses(core), DynamoGroups(core)
        self.resale = resale_stores.on_dynamo(core, self.unit_of_work)
        self.journal, self.projection = DynamoJournal(core), DynamoProjection(core)
        self.balances, self.limited = DynamoBalances(core), DynamoLimitedBalances(core)
        self.ledger_reader, self.journal_sweep = DynamoLedgerReader(core), DynamoJournalSweep(core)
        self.sales = DynamoSales(core, self.monotonic)
        self.due, self.findings = DynamoDueList(core, inbox), DynamoFindings(core)
        self.runs, self.event_log = DynamoRuns(core, self.unit_of_work), DynamoEventLog(core)
        # What each account has, and a bucket that a test makes if it archives.
        self.publisher, self.archive = BusPublisher(EventBus("default")), BucketArchive(f"{self.core_name}-archive")
        self.mail_log = DynamoMailLog(core)
        self.circuits, self.rules = DynamoCircuits(core), DynamoRules(core, self.monotonic)
        self.consumers = DynamoConsumers(core, self.unit_of_work, self.monotonic)
        self.histories, self.lanes, self.delivery_log = (
            DynamoHistories(core),
            DynamoLanes(core),
            DynamoDeliveryLog(core),
        )
        self._siblings = itertools.count(1)

    def sibling(self, **fields: Any) -> OnDynamo:
        return replace(self, instance=self.instance * 100 + next(self._siblings), **fields)


def on_dynamo(url: str | None) -> OnDynamo:
    """Fresh tables: in a running engine by its address, or in moto, which must be active."""
    prefix = f"t{uuid.uuid4().hex[:10]}"
    create_table(_client(url), "CoreTable", f"{prefix}-core")
    create_table(_client(url), "InboxTable", f"{prefix}-inbox")
    return OnDynamo(url, f"{prefix}-core", f"{prefix}-inbox")


@cache
def _connection(url: str | None, _instance: int) -> Connection:
    """One per instance of a function, kept from test to test: a client takes long to make."""
    return connect(REGION, url)


@cache
def _client(url: str | None) -> Any:
    make: Any = boto3.client
    return make("dynamodb", endpoint_url=url, region_name=REGION)
