"""Provider events as they are stored, and what they turn out to mean."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tollgate.payments.model import Report


class Outcome(StrEnum):
    """What became of a provider event."""

    APPLIED = "applied"
    HELD = "held"  # applied: money that came late, twice or in a wrong amount, and someone must decide
    REPEATED = "repeated"  # its fact was known already
    STALE = "stale"  # overtaken by what was known
    IGNORED = "ignored"  # a type that says nothing to us
    PARKED = "parked"  # waits for the payment it is about
    FAILED = "failed"  # cannot be read: waits for a person


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """A verified event: the raw bytes that were signed, and what identifies them."""

    provider: str
    id: str
    type: str
    payload: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """An event in our words. The provider echoes our payment id where it can; `reference` finds the payment where it
    cannot.
    """

    report: Report
    tenant: str | None
    payment_id: str | None
    reference: str | None
