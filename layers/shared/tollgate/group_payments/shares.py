"""The shares of a group, each with events of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from tollgate.group_payments import events
from tollgate.kernel.events import Event
from tollgate.kernel.ids import derived
from tollgate.kernel.money import Money

SHARE, SHARE_PREFIX = "group_share", "shr"


class ShareState(StrEnum):
    """Where a share stands."""

    PENDING = "pending"
    PAYING = "paying"  # a payment for it is on its way: there is no other until it has ended
    HELD = "held"  # set aside, and taken once nothing of the group is missing; if that is over, it is on its way back
    PAID = "paid"
    REFUNDED = "refunded"
    RELEASED = "released"  # what was set aside was let go, since the group is over


@dataclass(frozen=True, slots=True)
class ShareChange:
    """A share after what happened to it, and the event of it, if it is worth one. `before` is the revision that it
    was.
    """

    before: int
    share: Share
    event: Event | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """What one member pays. `version` is the sequence of its last event, `revision` counts what was stored, with an
    event or without. `payment` is the one that pays it, or did last.
    """

    id: str
    tenant: str
    group: str
    number: int
    amount: int
    currency: str
    tickets: int
    state: ShareState = ShareState.PENDING
    version: int = 0
    revision: int = 0
    payment: str | None = None
    paid_at: datetime | None = None
    reminders: int = 0
    # Personal: in no event.
    email: str = field(default="", repr=False)
    name: str = field(default="", repr=False)

    def requested(self, now: datetime, trace: str | None = None) -> ShareChange:
        """The first event: its member is asked to pay."""
        return self.told(events.SHARE_REQUESTED, now, {}, trace)

    def reminded(self, now: datetime) -> ShareChange:
        """Its member is asked once more."""
        again = replace(self, reminders=self.reminders + 1)
        return again.told(events.SHARE_REMINDED, now, {"reminders": again.reminders})

    def claimed(self, payment: str) -> ShareChange:
        """A payment for it is on its way."""
        return self._noted(replace(self, state=ShareState.PAYING, payment=payment))

    def freed(self) -> ShareChange:
        """That payment has ended unpaid."""
        return self._noted(replace(self, state=ShareState.PENDING, payment=None))

    def held(self, now: datetime) -> ShareChange:
        """Its money is set aside."""
        return replace(self, state=ShareState.HELD).told(events.SHARE_HELD, now, {"payment_id": self.payment})

    def too_late(self) -> ShareChange:
        """Its money was taken, and its group is over. What becomes of that tells of it."""
        return self._noted(replace(self, state=ShareState.HELD))

    def released(self, now: datetime, *, again: bool) -> ShareChange:
        """What was set aside is let go. It can be paid `again` while the group is open."""
        state, payment = (ShareState.PENDING, None) if again else (ShareState.RELEASED, self.payment)
        back = replace(self, state=state, payment=payment)
        return back.told(events.SHARE_RELEASED, now, {"payment_id": self.payment})

    def paid(self, now: datetime) -> ShareChange:
        """Its money was taken."""
        done = replace(self, state=ShareState.PAID, paid_at=now)
        return done.told(events.SHARE_PAID, now, {"payment_id": self.payment})

    def refunded(self, now: datetime, *, again: bool) -> ShareChange:
        """Its money went back. It can be paid `again` while the group is open."""
        state, payment = (ShareState.PENDING, None) if again else (ShareState.REFUNDED, self.payment)
        back = replace(self, state=state, payment=payment, paid_at=None)
        return back.told(events.SHARE_REFUNDED, now, {"payment_id": self.payment})

    def owed_again(self) -> ShareChange:
        """The refund came back: its money is here once more."""
        return self._noted(replace(self, state=ShareState.PAID))

    def _noted(self, after: Share) -> ShareChange:
        return ShareChange(self.revision, replace(after, revision=self.revision + 1))

    def told(self, type_: str, now: datetime, data: Mapping[str, Any], trace: str | None = None) -> ShareChange:
        """This share as the next version, with the event that says so."""
        told = replace(self, version=self.version + 1, revision=self.revision + 1)
        said = {
            "share_id": self.id,
            "group_id": self.group,
            "status": self.state.value,
            "amount": self.amount,
            "currency": self.currency,
            "tickets": self.tickets,
        }
        event = Event(type_, self.tenant, SHARE, self.id, told.version, now, {**said, **data}, trace)
        return ShareChange(self.revision, told, event)


def share_id(group: str, number: int) -> str:
    """Follows from the group: a member's place in it never changes."""
    return derived(SHARE_PREFIX, group, str(number))


def shares_of(total: Money, tickets: list[int]) -> list[int]:
    """What each member pays for so many tickets: by the number of tickets, and what is left over on the last."""
    each = [total.amount * count // sum(tickets) for count in tickets]
    return [*each[:-1], total.amount - sum(each[:-1])]
