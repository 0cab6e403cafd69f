"""Findings: what was not as it should be, what was done about it, and what somebody should do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from tollgate.kernel.events import Event
from tollgate.kernel.ids import derived

AGGREGATE = "finding"
# Findings about what belongs to no tenant, or to one that cannot be told.
NO_TENANT = "*"


class Kind(StrEnum):
    """What was found."""

    UNFINISHED_REQUEST = "unfinished_request"  # a function died, or the provider's answer was lost
    OVERDUE_PAYMENT = "overdue_payment"  # its page can be paid no more, and nobody told us how it ended
    MISSED_EVENT = "missed_event"  # the provider knows more than we do
    HELD_MONEY = "held_money"  # late, twice or in a wrong amount
    UNSURE_REFUND = "unsure_refund"  # the provider knew what had become of it
    UNSURE_PAYOUT = "unsure_payout"  # the provider knew what had become of it
    UNHEARD_RENEWAL = "unheard_renewal"  # the provider has charged a subscription, or ended it, and nobody told us
    OWED_REFUNDS = "owed_refunds"  # a group has failed, and its members do not have all of their money back
    OVERDRAWN_GIFT_CARD = "overdrawn_gift_card"  # spent, before the money it was bought with went back
    UNAPPLIED_EVENT = "unapplied_event"  # stored, and lost on the way to the rooms
    PARKED_EVENT = "parked_event"  # waits for a payment that is not there
    FAILED_EVENT = "failed_event"  # cannot be read
    UNDELIVERED_EVENTS = "undelivered_events"  # ours, that no subscriber of the bus has seen
    STRAY_PAGE = "stray_page"  # a second page for a payment that has one
    UNKNOWN_SESSION = "unknown_session"  # names a payment of ours that we do not have
    STATE_MISMATCH = "state_mismatch"  # we hold money as taken that the provider does not


class Remedy(StrEnum):
    """What mends it. The first ones the reconciler does by itself; the others are for a rule or a person."""

    RESUME = "resume"
    APPLY = "apply"
    CLOSE = "close"
    REPUBLISH = "republish"
    REFUND = "refund"
    DECIDE = "decide"
    INVESTIGATE = "investigate"

    @property
    def needs_somebody(self) -> bool:
        """Whether more than the reconciler is needed."""
        return self in (Remedy.REFUND, Remedy.DECIDE, Remedy.INVESTIGATE)


class Repair(StrEnum):
    """How far the remedy is."""

    PROPOSED = "proposed"
    STARTED = "started"  # done, and to be confirmed by what follows from it
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was wrong. The id follows from what it is about, so that the next run finds the same one.

    `detail` holds ids and words for whoever looks at it: nothing personal, no secret.
    """

    id: str
    tenant: str
    kind: Kind
    subject_type: str
    subject_id: str
    remedy: Remedy
    found_at: datetime
    updated_at: datetime
    repair: Repair = Repair.PROPOSED
    version: int = 0
    detail: Mapping[str, Any] = field(default_factory=dict)
    settled_by: str | None = None

    @property
    def is_open(self) -> bool:
        return self.repair is not Repair.DONE

    def changed(self, repair: Repair, now: datetime) -> tuple[Finding, Event]:
        """The next version, with the event that tells of it."""
        after = replace(self, repair=repair, version=self.version + 1, updated_at=now)
        type_ = "payments.reconciliation.found" if repair is Repair.PROPOSED else "payments.reconciliation.repaired"
        return after, Event(
            type=type_,
            tenant=self.tenant,
            aggregate_type=AGGREGATE,
            aggregate_id=self.id,
            sequence=after.version,
            occurred_at=now,
            data=after.summary(),
        )

    def settled(self, by: str, now: datetime) -> tuple[Finding, Event]:
        """As somebody says that nothing is left to do."""
        return replace(self, settled_by=by).changed(Repair.DONE, now)

    def summary(self) -> dict[str, Any]:
        """What its events say."""
        return {
            "finding_id": self.id,
            "kind": self.kind.value,
            "subject": {"type": self.subject_type, "id": self.subject_id},
            "remedy": self.remedy.value,
            "repair": self.repair.value,
            "detail": dict(self.detail),
        }


def a_finding(
    kind: Kind,
    tenant: str,
    subject: tuple[str, str],
    remedy: Remedy,
    now: datetime,
    *,
    occasion: str = "",
    detail: Mapping[str, Any] | None = None,
) -> Finding:
    """A finding about a subject (type and id). `occasion` tells apart what can be wrong with it more than once."""
    type_, id_ = subject
    return Finding(
        id=derived("find", tenant, kind.value, type_, id_, occasion),
        tenant=tenant,
        kind=kind,
        subject_type=type_,
        subject_id=id_,
        remedy=remedy,
        found_at=now,
        updated_at=now,
        detail=detail or {},
    )


@dataclass(frozen=True, slots=True)
class Run:
    """One sweep over everything that was due. `complete` is False when time ran out: the next one goes on. `skipped`
    names the providers that did not answer; `failed` counts what could not be examined, `needs_somebody` the new
    findings that it may not mend by itself.
    """

    id: str
    trigger: str
    started_at: datetime
    finished_at: datetime
    examined: Mapping[str, int]
    found: Mapping[str, int]
    repaired: Mapping[str, int]
    needs_somebody: int
    failed: int
    complete: bool
    skipped: tuple[str, ...] = ()
