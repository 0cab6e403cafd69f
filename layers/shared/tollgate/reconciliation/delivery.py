"""Our own events that no subscriber of the bus has had: published again, with the same ids and sequences."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import groupby

from tollgate.kernel.clock import Clock, from_iso, to_iso
from tollgate.payments.events import (
    DISPUTE_LOST,
    DISPUTE_OPENED,
    DISPUTE_WON,
    PAYMENT_CREATED,
    PURCHASE_REFUNDED,
    TYPE_OF,
)
from tollgate.payments.lifecycle import Fact
from tollgate.reconciliation.model import Finding, Kind, Remedy, a_finding
from tollgate.reconciliation.notes import Notes
from tollgate.reconciliation.ports import EventLog, PublishedEvent, Publisher, RunRepository
from tollgate.reconciliation.stretches import sweep_until

# Stream, relay, bus and queue take seconds.
DELIVERED_WITHIN = timedelta(minutes=10)
SWEEP = "events"
# What the statistics subscribe to: of these it is known whether they reached a subscriber.
FOLLOWED = frozenset(
    {
        PAYMENT_CREATED,
        *(TYPE_OF[fact] for fact in (Fact.CAPTURED, Fact.FAILED, Fact.EXPIRED, Fact.CANCELLED)),
        *(PURCHASE_REFUNDED, DISPUTE_OPENED, DISPUTE_WON, DISPUTE_LOST),
    }
)
# Ids named in a finding; the rest is in the events of that stretch of time.
_NAMED = 10


class Delivery:
    """Follows every stretch of time once it is ten minutes old. A stretch that is not surely on the bus is swept
    again.
    """

    def __init__(self, log: EventLog, publisher: Publisher, runs: RunRepository, clock: Clock) -> None:
        self._log = log
        self._publisher = publisher
        self._runs = runs
        self._clock = clock

    def sweep(self, notes: Notes, out_of_time: Callable[[], bool]) -> bool:
        """Whether it came to the end."""

        def follow(since: datetime, until: datetime) -> bool:
            return self._follow(since, until, notes, out_of_time)

        return sweep_until(self._clock.now() - DELIVERED_WITHIN, self._runs, SWEEP, follow, out_of_time)

    def is_settled(self, finding: Finding) -> bool:
        """Seen meanwhile, or else published once more."""
        since, until = _stretch(finding)
        stored = self._log.between(since, until)
        unseen = _in_order(event for event in stored if event.tenant == finding.tenant and _is_unseen(event))
        self._publisher.publish(unseen)
        return not unseen

    def _follow(self, since: datetime, until: datetime, notes: Notes, out_of_time: Callable[[], bool]) -> bool:
        unseen: list[PublishedEvent] = []
        for event in self._log.between(since, until):
            if out_of_time():
                return False
            if _is_unseen(event):
                unseen.append(event)
        notes.examined["stretches"] += 1
        complete = True
        for tenant, group in groupby(_in_order(unseen), key=lambda event: event.tenant):
            events = list(group)
            finding = notes.open(self._finding(tenant, events, since, until))
            if self._publisher.publish(events) == len(events):
                notes.started(finding)
            else:
                complete = False
        return complete

    def _finding(self, tenant: str, events: list[PublishedEvent], since: datetime, until: datetime) -> Finding:
        return a_finding(
            Kind.UNDELIVERED_EVENTS,
            tenant,
            ("events", f"{to_iso(since)}/{to_iso(until)}"),
            Remedy.REPUBLISH,
            self._clock.now(),
            detail={
                "count": len(events),
                "first": [{"id": event.id, "type": event.type, "of": event.aggregate_id} for event in events[:_NAMED]],
            },
        )


def _is_unseen(event: PublishedEvent) -> bool:
    return event.type in FOLLOWED and not event.seen


def _in_order(events: Iterable[PublishedEvent]) -> list[PublishedEvent]:
    """By tenant, and within an aggregate in the order in which it happened."""
    return sorted(events, key=lambda event: (event.tenant, event.aggregate_id, event.sequence))


def _stretch(finding: Finding) -> tuple[datetime, datetime]:
    since, _, until = finding.subject_id.partition("/")
    return from_iso(since), from_iso(until)
