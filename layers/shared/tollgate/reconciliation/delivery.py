"""Our own events that no subscriber of the bus has had: published again, with the same ids and sequences."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import groupby

from tollgate.kernel.clock import Clock, from_iso, to_iso
from tollgate.payments.events import PAYMENT_CREATED, TYPE_OF
from tollgate.payments.lifecycle import Fact
from tollgate.reconciliation.model import Finding, Kind, Remedy, a_finding
from tollgate.reconciliation.notes import Notes
from tollgate.reconciliation.ports import EventLog, PublishedEvent, Publisher, RunRepository

# Stream, relay, bus and queue take seconds.
DELIVERED_WITHIN = timedelta(minutes=10)
FIRST_SWEEP, STEP = timedelta(days=1), timedelta(hours=1)
SWEEP = "events"
# What the statistics subscribe to: of these it is known whether they reached a subscriber.
FOLLOWED = frozenset(
    {PAYMENT_CREATED, *(TYPE_OF[fact] for fact in (Fact.CAPTURED, Fact.FAILED, Fact.EXPIRED, Fact.CANCELLED))}
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
        now = self._clock.now()
        until = now - DELIVERED_WITHIN
        since = self._runs.mark(SWEEP) or until - FIRST_SWEEP
        while since < until:
            if out_of_time():
                return False
            end = min(since + STEP, until)
            if not self._follow(since, end, notes):
                return False
            self._runs.advance(SWEEP, end)
            since = end
        return True

    def is_settled(self, finding: Finding) -> bool:
        """Seen meanwhile, or else published once more."""
        unseen = [event for event in self._unseen(*_stretch(finding)) if event.tenant == finding.tenant]
        self._publisher.publish(unseen)
        return not unseen

    def _follow(self, since: datetime, until: datetime, notes: Notes) -> bool:
        unseen = self._unseen(since, until)
        notes.examined["stretches"] += 1
        complete = True
        for tenant, group in groupby(unseen, key=lambda event: event.tenant):
            events = list(group)
            finding = notes.open(self._finding(tenant, events, since, until))
            if self._publisher.publish(events) == len(events):
                notes.started(finding)
            else:
                complete = False
        return complete

    def _unseen(self, since: datetime, until: datetime) -> list[PublishedEvent]:
        """By tenant, and within an aggregate in the order in which it happened."""
        found = [event for event in self._log.between(since, until) if event.type in FOLLOWED and not event.seen]
        return sorted(found, key=lambda event: (event.tenant, event.aggregate_id, event.sequence))

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


def _stretch(finding: Finding) -> tuple[datetime, datetime]:
    since, _, until = finding.subject_id.partition("/")
    return from_iso(since), from_iso(until)
