"""A group that pays for something together, and the share of each of its members: immutable values; each change gives a
new one together with the event that tells of it. All amounts are minor units of the group's currency.

The group is an aggregate that has two events in its life: it is created, and it ends. What its shares have come to are
sums beside it, added to with each share, so that thirty members who pay at once do not wait for each other. Each share
is an aggregate of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from tollgate.group_payments import events
from tollgate.kernel.clock import to_iso
from tollgate.kernel.events import Event
from tollgate.kernel.ids import derived
from tollgate.kernel.money import Money

GROUP, SHARE = "group", "group_share"
GROUP_PREFIX, SHARE_PREFIX = "grp", "shr"
# All shares change in one transaction when one payment covers them, each with its event.
MOST_MEMBERS = 40
# Whatever should have ended a group or given its money back is made good by the reconciler after so long.
ENDED_WITHIN, RETURNED_WITHIN = timedelta(minutes=5), timedelta(minutes=15)


class GroupState(StrEnum):
    """Where a group stands."""

    COLLECTING = "collecting"
    PARTIALLY_PAID = "partially_paid"  # some shares are paid, and time is left for the others
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


OPEN = frozenset({GroupState.COLLECTING, GroupState.PARTIALLY_PAID})
FAILED = frozenset({GroupState.EXPIRED, GroupState.CANCELLED})


class ShareState(StrEnum):
    """Where a share stands."""

    PENDING = "pending"
    PAYING = "paying"  # a payment for it is on its way: there is no other until it has ended
    PAID = "paid"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True)
class Selection:
    """What the group buys: `quantity` tickets of a type, `price` each."""

    ticket_type: str
    quantity: int
    price: int


@dataclass(frozen=True, slots=True)
class Progress:
    """What the shares have come to: how many are paid, with how much, what the platform keeps of that, and how many
    went back after the group had ended.
    """

    paid: int = 0
    collected: int = 0
    fees: int = 0
    returned: int = 0


@dataclass(frozen=True, slots=True)
class GroupChange:
    """A group after what happened to it, and the event of it. Stored together or not at all."""

    group: Group
    event: Event


@dataclass(frozen=True, slots=True)
class Group:
    """`occasion` is the event for which it buys, `seller` who sells; nobody where the sale is the tenant's own.
    `members` is how many shares there are; `fingerprint` tells the request that made it from another.
    """

    id: str
    tenant: str
    organizer: str
    occasion: str
    total: Money
    selections: tuple[Selection, ...]
    members: int
    state: GroupState
    created_at: datetime
    expires_at: datetime
    progress: Progress = Progress()
    seller: str | None = None
    consumer: str | None = None
    ended_at: datetime | None = None
    reason: str | None = None
    fingerprint: str = ""

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def version(self) -> int:
        """The sequence of its last event."""
        return 1 if self.is_open else 2

    @property
    def owes_refunds(self) -> bool:
        """Whether money is here that is to go back."""
        return self.state in FAILED and self.progress.returned < self.progress.paid

    @property
    def due_at(self) -> datetime | None:
        """When somebody should look at it, if by then nothing has happened."""
        if self.is_open:
            return self.expires_at + ENDED_WITHIN
        return self.ended_at + RETURNED_WITHIN if self.ended_at and self.owes_refunds else None

    def is_over(self, now: datetime) -> bool:
        """Whether nothing is taken for it any more."""
        return not self.is_open or now >= self.expires_at

    def created(self, trace: str | None = None) -> GroupChange:
        """The first event."""
        return self.told(events.GROUP_CREATED, self.created_at, {}, trace)

    def with_share(self, count: int, amount: int, fee: int) -> Group:
        """With so many shares more that are paid, by `amount` together."""
        before = self.progress
        after = replace(before, paid=before.paid + count, collected=before.collected + amount, fees=before.fees + fee)
        return replace(self, progress=after, state=GroupState.PARTIALLY_PAID)

    def completed(self, now: datetime) -> GroupChange:
        """All shares are paid."""
        return self._ended(GroupState.COMPLETED, events.GROUP_COMPLETED, None, now, None)

    def expired(self, now: datetime) -> GroupChange:
        """Its time is over."""
        return self._ended(GroupState.EXPIRED, events.GROUP_EXPIRED, "expired", now, None)

    def cancelled(self, reason: str, now: datetime, trace: str | None = None) -> GroupChange:
        return self._ended(GroupState.CANCELLED, events.GROUP_CANCELLED, reason, now, trace)

    def _ended(
        self, state: GroupState, type_: str, reason: str | None, now: datetime, trace: str | None
    ) -> GroupChange:
        ended = replace(self, state=state, ended_at=now, reason=reason)
        said: dict[str, Any] = {"paid_members": self.progress.paid, "collected": self.progress.collected}
        said |= {"reason": reason} if reason else {}
        return ended.told(type_, now, said, trace)

    def told(self, type_: str, now: datetime, data: Mapping[str, Any], trace: str | None) -> GroupChange:
        """This group with the event that says so."""
        said = {**self.summary(), **data}
        return GroupChange(self, Event(type_, self.tenant, GROUP, self.id, self.version, now, said, trace))

    def summary(self) -> dict[str, Any]:
        """What every event of it says. Nothing of its members: their shares tell of themselves."""
        facts = {
            "group_id": self.id,
            "status": self.state.value,
            "organizer_id": self.organizer,
            "event_id": self.occasion,
            "amount": self.total.amount,
            "currency": self.total.currency,
            "members": self.members,
            "items": [
                {"ticket_type_id": each.ticket_type, "quantity": each.quantity, "price": each.price}
                for each in self.selections
            ],
            "expires_at": to_iso(self.expires_at),
        }
        optional = {"seller_id": self.seller, "consumer": self.consumer}
        return facts | {name: value for name, value in optional.items() if value is not None}


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

    def paid(self, now: datetime) -> ShareChange:
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
