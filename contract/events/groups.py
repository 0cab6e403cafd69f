"""Events of group payments and of their shares. None tells who the members are. What is absent has nothing to tell."""

from __future__ import annotations

from contract.events.envelope import EventType
from contract.shapes import Amount, Currency, Instant, Shape, may_be_absent
from tollgate.group_payments import events
from tollgate.group_payments.model import GROUP, GroupState
from tollgate.group_payments.shares import SHARE, ShareState


class Selected(Shape):
    """So many tickets of a type, at this price each."""

    ticket_type_id: str
    quantity: int
    price: Amount


class Group(Shape):
    """What every event of a group says: how it stands after the fact. `amount` is what all its members pay together,
    `event_id` what they want to go to.
    """

    group_id: str
    status: GroupState
    organizer_id: str
    event_id: str
    amount: Amount
    currency: Currency
    members: int
    items: list[Selected]
    expires_at: Instant
    seller_id: str = may_be_absent()
    consumer: str = may_be_absent()


class GroupSums(Group):
    """`collected` is what `paid_members` had paid or set aside by then."""

    paid_members: int
    collected: Amount


class GroupFailed(GroupSums):
    """`reason` is a code. What was collected goes back."""

    reason: str


class GroupShare(Shape):
    """What every event of a share says."""

    share_id: str
    group_id: str
    status: ShareState
    amount: Amount
    currency: Currency
    tickets: int


class ShareReminded(GroupShare):
    """For the so-manieth time."""

    reminders: int


class ShareMoved(GroupShare):
    """`payment_id` is the payment whose money it is."""

    payment_id: str


EVENTS = (
    EventType(events.GROUP_CREATED, GROUP, "A group wants to pay together.", Group),
    EventType(events.GROUP_AUTHORIZED, GROUP, "Nothing is missing: what is set aside is taken now.", GroupSums),
    EventType(events.GROUP_COMPLETED, GROUP, "All members have paid: the group has bought.", GroupSums),
    EventType(events.GROUP_EXPIRED, GROUP, "Not all members have paid in time.", GroupFailed),
    EventType(events.GROUP_CANCELLED, GROUP, "The group was called off.", GroupFailed),
    EventType(events.SHARE_REQUESTED, SHARE, "A member is asked to pay.", GroupShare),
    EventType(events.SHARE_REMINDED, SHARE, "A member who has not paid is reminded.", ShareReminded),
    EventType(events.SHARE_HELD, SHARE, "The money for a member's share is set aside until all have paid.", ShareMoved),
    EventType(events.SHARE_RELEASED, SHARE, "What was set aside for a share is so no more.", ShareMoved),
    EventType(events.SHARE_PAID, SHARE, "A member's share is paid.", ShareMoved),
    EventType(events.SHARE_REFUNDED, SHARE, "A share's money went back.", ShareMoved),
)
