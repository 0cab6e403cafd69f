"""Provider events as they are stored, and what they turn out to mean."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from tollgate.payments.disputes import DisputeState
from tollgate.payments.model import Report

# The stream brings an event within a second. One that still waits after this was lost on the way.
APPLIED_WITHIN = timedelta(minutes=5)
# What nobody could apply for so long is archived, and not tried again by itself.
GIVE_UP_AFTER = timedelta(days=7)
_SHORTEST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(days=1)


class Outcome(StrEnum):
    """What became of a provider event."""

    APPLIED = "applied"
    HELD = "held"  # applied: money that came late, twice or in a wrong amount, and someone must decide
    REPEATED = "repeated"  # its fact was known already
    STALE = "stale"  # overtaken by what was known
    IGNORED = "ignored"  # a type that says nothing to us
    PARKED = "parked"  # waits for the payment it is about
    FAILED = "failed"  # cannot be read: waits for a person

    @property
    def is_final(self) -> bool:
        """Nothing more will come of it."""
        return self not in (Outcome.PARKED, Outcome.FAILED)


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """A verified event: the raw bytes that were signed, or what is kept where nothing is, and what identifies them."""

    provider: str
    id: str
    type: str
    payload: bytes
    received_at: datetime


def try_again_at(received_at: datetime, now: datetime) -> datetime:
    """When an event that waits is tried again: soon while it is young, each day when it is old."""
    return now + min(max((now - received_at) / 2, _SHORTEST_WAIT), _LONGEST_WAIT)


@dataclass(frozen=True, slots=True)
class Notice:
    """An event in our words. The provider echoes our payment id where it can; `reference` finds the payment where it
    cannot. `first` is the fact that `report` builds on, where one event tells both: a dispute that has ended was
    opened.
    """

    report: Report
    tenant: str | None
    payment_id: str | None
    reference: str | None
    first: Report | None = None


def opening_of(report: Report) -> Report | None:
    """What the end of a dispute builds on, whose own event may be lost or late; where it was heard of, it is known."""
    told = report.dispute
    if told is None or told.state is DisputeState.OPEN:
        return None
    return replace(report, dispute=replace(told, state=DisputeState.OPEN))
