"""A group that pays for something together: an immutable value; each change gives a new one together with the event
that tells of it. All amounts are minor units of the group's currency.

The group is an aggregate that has few events in its life: it is created, nothing of it is missing, and it ends. What
its shares have come to are sums beside it, added to with each share, so that thirty members who pay at once do not wait
for each other. Each share is an aggregate of its own (`shares.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from tollgate.group_payments import events
from tollgate.kernel.clock import to_iso
from tollgate.kernel.events import Event
from tollgate.kernel.money import Money

GROUP, GROUP_PREFIX = "group", "grp"
# All shares change in one transaction when one payment covers them, each with its event.
MOST_MEMBERS = 40
# Whatever should have ended a group or given its money back is made good by the reconciler after so long.
ENDED_WITHIN, RETURNED_WITHIN = timedelta(minutes=5), timedelta(minutes=15)
# So much longer a group goes on in which nothing is missing, and what is set aside is being taken: time for ten tries
# where a provider does not answer.
TAKEN_WITHIN = timedelta(minutes=10)
# What should have taken it by then is helped by the reconciler.
TAKEN_AFTER = timedelta(minutes=5)


class GroupState(StrEnum):
    """Where a group stands."""

    COLLECTING = "collecting"
    PARTIALLY_PAID = "partially_paid"  # some shares are paid, and time is left for the others
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


OPEN = frozenset({GroupState.COLLECTING, GroupState.PARTIALLY_PAID})
FAILED = frozenset({GroupState.EXPIRED, GroupState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Selection:
    """What the group buys: `quantity` tickets of a type, `price` each."""

    ticket_type: str
    quantity: int
    price: int


@dataclass(frozen=True, slots=True)
class Progress:
    """What the shares have come to: how many are in, paid or set aside, with how much, what the platform keeps of that,
    how many are only set aside, and how many went back after the group had ended.
    """

    paid: int = 0
    collected: int = 0
    fees: int = 0
    held: int = 0
    returned: int = 0


@dataclass(frozen=True, slots=True)
class Shares:
    """By how much the sums of a group change: so many shares, with `amount` together and the platform's fee of it, of
    which so many are only set aside. Negative, what is taken off.
    """

    count: int = 0
    amount: int = 0
    fee: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True)
class GroupChange:
    """A group after what happened to it, and the event of it. Stored together or not at all."""

    group: Group
    event: Event


@dataclass(frozen=True, slots=True)
class Group:
    """`occasion` is the event for which it buys, `seller` who sells; nobody where the sale is the tenant's own.
    `members` is how many shares there are; nothing of it was missing, the last time, from `authorized_at` on;
    `fingerprint` tells the request that made it from another; `version` is the sequence of its last event.
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
    authorized_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str | None = None
    fingerprint: str = ""
    version: int = 1

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def has_all(self) -> bool:
        """Whether nothing is missing, though of some it may only be set aside."""
        return self.progress.paid == self.members

    @property
    def is_paid(self) -> bool:
        """Whether all of it was taken."""
        return self.has_all and not self.progress.held

    @property
    def ends_at(self) -> datetime:
        """When it is over, if nothing happens."""
        return self.expires_at + TAKEN_WITHIN if self.has_all else self.expires_at

    @property
    def owes_refunds(self) -> bool:
        """Whether money is here that is to go back."""
        return self.state in FAILED and self.progress.returned < self.progress.paid

    @property
    def due_at(self) -> datetime | None:
        """When somebody should look at it, if by then nothing has happened."""
        if self.is_open and self.has_all and self.authorized_at:
            return min(self.authorized_at + TAKEN_AFTER, self.ends_at + ENDED_WITHIN)
        if self.is_open:
            return self.ends_at + ENDED_WITHIN
        return self.ended_at + RETURNED_WITHIN if self.ended_at and self.owes_refunds else None

    def is_over(self, now: datetime) -> bool:
        """Whether nothing is taken for it any more."""
        return not self.is_open or now >= self.expires_at

    def created(self, trace: str | None = None) -> GroupChange:
        """The first event."""
        return self.told(events.GROUP_CREATED, self.created_at, {}, trace)

    def with_shares(self, more: Shares) -> Group:
        """With so many shares more that are in, or less."""
        was = self.progress
        paid, held = was.paid + more.count, was.held + more.held
        after = replace(was, paid=paid, held=held, collected=was.collected + more.amount, fees=was.fees + more.fee)
        return replace(self, progress=after, state=GroupState.PARTIALLY_PAID if paid else GroupState.COLLECTING)

    def authorized(self, now: datetime) -> GroupChange:
        """Nothing is missing, and what is only set aside is taken now."""
        return replace(self, authorized_at=now).next(events.GROUP_AUTHORIZED, {}, now)

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
        return ended.next(type_, {"reason": reason} if reason else {}, now, trace)

    def next(self, type_: str, data: Mapping[str, Any], now: datetime, trace: str | None = None) -> GroupChange:
        """This group as the next version, with what its shares have come to."""
        sums = {"paid_members": self.progress.paid, "collected": self.progress.collected}
        return replace(self, version=self.version + 1).told(type_, now, {**sums, **data}, trace)

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
