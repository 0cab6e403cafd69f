"""What the reconciler needs, in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from tests.support.memory import events, lists
from tests.support.memory.deliveries import LANE
from tests.support.memory.gift_cards import GIFT_CARD
from tests.support.memory.groups import GROUP
from tests.support.memory.idempotency import IDEMPOTENCY
from tests.support.memory.inbox import INBOX
from tests.support.memory.payments import PAYMENT
from tests.support.memory.payouts import PAYOUT
from tests.support.memory.resale import ESCROW
from tests.support.memory.store import MemoryStore, MemoryWrite, Place, Refusal, due
from tests.support.memory.subscriptions import SUBSCRIPTION
from tollgate.deliveries.model import Aggregate
from tollgate.inbox.model import ProviderEvent
from tollgate.kernel.clock import epoch
from tollgate.kernel.events import Event
from tollgate.kernel.unit_of_work import UnitOfWork, Write
from tollgate.payments.ports import PaymentKey
from tollgate.reconciliation.model import Finding, Run
from tollgate.reconciliation.ports import (
    Due,
    DueEscrow,
    DueEvent,
    DueFinding,
    DueGiftCard,
    DueGroup,
    DueLane,
    DueList,
    DuePayment,
    DuePayout,
    DueRequest,
    DueSubscription,
    EventArchive,
    FindingChanged,
    FindingRepository,
    FindingsPage,
    PublishedEvent,
    Publisher,
    RunRepository,
)
from tollgate.subscriptions.model import Subscription

FINDING, RUN, SWEEP = "finding", "run", "sweep"

_DUE: dict[str, Callable[..., Due]] = {
    PAYMENT: lambda tenant, id_: DuePayment(PaymentKey(tenant, id_)),
    PAYOUT: DuePayout,
    SUBSCRIPTION: DueSubscription,
    GIFT_CARD: DueGiftCard,
    GROUP: DueGroup,
    ESCROW: DueEscrow,
    IDEMPOTENCY: DueRequest,
    INBOX: DueEvent,
    FINDING: DueFinding,
    LANE: lambda consumer, *names: DueLane(consumer, Aggregate(*names)),
}


class MemoryDueList(DueList):
    """The longest overdue first, and among those of one second in the order of their places."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def due(self, now: datetime) -> Iterator[Due]:
        with self._store.lock:
            overdue = [(at, place) for place, at in self._store.due.items() if at <= epoch(now)]
            found = sorted(each for each in overdue if not self._is_elsewhere(each[1]))
        return (_DUE[kind](*names) for _, (kind, *names) in found)

    def _is_elsewhere(self, place: Place) -> bool:
        """What we renew has lanes of its own."""
        of = self._store.items.get(place)
        return isinstance(of, Subscription) and of.is_renewed_here


class MemoryFindings(FindingRepository):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def get(self, tenant: str, id_: str) -> Finding | None:
        found: Finding | None = self._store.items.get((FINDING, tenant, id_))
        return found

    def put(self, finding: Finding, event: Event, due_at: datetime | None) -> tuple[Write, ...]:
        def refuse(stored: Finding | None) -> Refusal:
            before = stored.version if stored else 0
            return None if before == finding.version - 1 else _changed(finding)

        return (MemoryWrite(_place(finding), finding, refuse, due(due_at)), events.append(event))

    def look_again(self, finding: Finding, at: datetime) -> Write:
        """One that is not due stays so."""

        def refuse(stored: Finding | None) -> Refusal:
            return None if stored and stored.version == finding.version else _changed(finding)

        later = epoch(at)
        return MemoryWrite(_place(finding), lambda stored: stored, refuse, lambda held: None if held is None else later)

    def list(self, tenant: str, *, open_only: bool, limit: int, cursor: str | None) -> FindingsPage:
        wanted = [each for _, each in self._store.under(FINDING, tenant) if each.is_open == open_only]
        bound_to = (FINDING, tenant, "open" if open_only else "settled")
        return FindingsPage(*lists.page(wanted, _listed_at, limit, cursor, bound_to))


class MemoryRuns(RunRepository):
    def __init__(self, store: MemoryStore, unit_of_work: UnitOfWork) -> None:
        self._store = store
        self._unit_of_work = unit_of_work

    def record(self, run: Run) -> None:
        place = (RUN, lists.listed_at(run.started_at, run.id))
        self._unit_of_work.commit(MemoryWrite(place, run, lambda _: None))

    def last(self, limit: int) -> tuple[Run, ...]:
        found = sorted(self._store.under(RUN), key=lambda each: each[0], reverse=True)
        return tuple(run for _, run in found[:limit])

    def mark(self, sweep: str) -> datetime | None:
        found: datetime | None = self._store.items.get((SWEEP, sweep))
        return found

    def advance(self, sweep: str, to: datetime) -> None:
        def furthest(stored: datetime | None) -> datetime:
            return to if stored is None or stored < to else stored

        self._unit_of_work.commit(MemoryWrite((SWEEP, sweep), furthest, lambda _: None))


class MemoryPublisher(Publisher):
    """`refuses` what a test says: it and all that follow it are not published."""

    def __init__(self) -> None:
        self.published: list[PublishedEvent] = []
        self.refuses: Callable[[PublishedEvent], bool] = lambda _: False

    def publish(self, events: Sequence[PublishedEvent]) -> int:
        for number, event in enumerate(events):
            if self.refuses(event):
                return number
            self.published.append(event)
        return len(events)


class MemoryArchive(EventArchive):
    """By provider and id."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], ProviderEvent] = {}

    def keep(self, event: ProviderEvent) -> None:
        self.kept[event.provider, event.id] = event


def _changed(finding: Finding) -> Exception:
    return FindingChanged(f"{finding.id} was written by another run")


def _place(finding: Finding) -> Place:
    return (FINDING, finding.tenant, finding.id)


def _listed_at(finding: Finding) -> str:
    return lists.listed_at(finding.found_at, finding.id)
