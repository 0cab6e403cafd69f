"""Group payments: friends who buy together, each with a share."""

from __future__ import annotations

from typing import Any, Literal

from contract.http.charges import Charge
from contract.operations import LISTED, PAGE, Errors, Key, Operation, Parameter, Who, id_of
from contract.shapes import Amount, Answer, Currency, Instant
from tollgate.group_payments.errors import (
    GroupLinksDisabled,
    GroupNotFound,
    GroupNotOpen,
    LinkInvalid,
    ShareAlreadyPaid,
    ShareBeingPaid,
)
from tollgate.group_payments.model import GroupState
from tollgate.group_payments.shares import ShareState
from tollgate.kernel.money import UnknownCurrency
from tollgate.runtime.http.group_payments import ContributeBody, CreateGroupBody
from tollgate.runtime.http.principal import SavedMethodForbidden

_GROUP, _MEMBER = id_of("group payment", "groupId"), id_of("member", "memberId")
_USER = Parameter(
    "userId",
    "Whose groups. Required of services; people see their own.",
    {"type": "string", "minLength": 1, "maxLength": 128},
)
_LINKED: Errors = (GroupLinksDisabled, LinkInvalid, GroupNotFound)
_PAID: Errors = (GroupNotOpen, ShareAlreadyPaid, ShareBeingPaid, SavedMethodForbidden)
_REFUSALS = {402: ("PAYMENT_DECLINED",), 409: ("INVALID_STATE",), 502: ("PAYMENT_FAILED",)}


class NamedMember(Answer):
    """A member as everybody in the group sees them."""

    id: str
    name: str
    ticket_count: int
    amount_due: Amount
    status: ShareState


class AskedMember(NamedMember):
    """A member as who asked them sees them."""

    email: str


class GroupMemberState(AskedMember):
    """A member with how they have paid: `paid` with what is only set aside, too, and `paidAt` once it is taken."""

    paid: bool
    paid_at: Instant | None
    payment_id: str | None
    reminders_sent: int


class PaymentLink(Answer):
    """Where a member pays. Whoever has the link can pay that share, and nothing else."""

    member_id: str
    email: str
    amount: Amount
    link: str


class MadeGroupPayment(Answer):
    """A group as it was made."""

    id: str
    organizer_id: str
    event_id: str
    total_amount: Amount
    currency: Currency
    expires_at: Instant
    status: Literal[GroupState.COLLECTING]
    members: list[AskedMember]


class GroupPaymentCreated(Answer):
    """With the links, which the members are sent as well."""

    success: Literal[True]
    group_payment: MadeGroupPayment
    payment_links: list[PaymentLink]


class GroupStanding(Answer):
    """How far it is, with what is set aside: those members have paid, and are counted once more in `heldMembers`. Per
    cent are rounded down.
    """

    status: GroupState
    total_members: int
    paid_members: int
    held_members: int
    total_expected: Amount
    total_collected: Amount
    percentage_collected: int


class SelectedTickets(Answer):
    """So many tickets of a type, at this price each."""

    ticket_type_id: str
    quantity: int
    price: Amount


class SharedGroupPayment(Answer):
    """A group as all of its members see it. Nothing is missing from `authorizedAt` on: what is set aside is taken."""

    id: str
    event_id: str
    venue_id: str | None
    total_amount: Amount
    currency: Currency
    ticket_selections: list[SelectedTickets]
    status: GroupState
    created_at: Instant
    expires_at: Instant
    authorized_at: Instant | None
    completed_at: Instant | None
    cancelled_at: Instant | None
    cancellation_reason: str | None


class GroupForMembers(SharedGroupPayment):
    """To who has a link."""

    members: list[NamedMember]


class ListedGroupPayment(SharedGroupPayment):
    """In a list: without its members."""

    organizer_id: str
    summary: GroupStanding


class GroupPayment(SharedGroupPayment):
    """To who organizes it."""

    organizer_id: str
    members: list[GroupMemberState]


class GroupPaymentStatus(Answer):
    """Those who have only a link see the members' names and states."""

    group: GroupPayment | GroupForMembers
    summary: GroupStanding


class GroupPaymentCancelled(Answer):
    """What was paid goes back."""

    success: Literal[True]
    group: GroupPayment
    summary: GroupStanding


class GroupPayments(Answer):
    """A page, newest first."""

    groups: list[ListedGroupPayment]
    next_cursor: str | None


class Contribution(Answer):
    """`success` once the money was taken, or set aside until all have paid; `payment` says which. Not if the group has
    failed meanwhile: then the money goes back.
    """

    success: bool
    message: str
    payment: Charge
    group_status: GroupStanding


def _on_one(route: str, name: str, summary: str, answers: dict[int, type[Answer]], **more: Any) -> Operation:
    fields: dict[str, Any] = {"raises": (GroupNotFound,), "path": (_GROUP,), **more}
    return Operation(route, name, "Group payments", summary, answers, **fields)


OPERATIONS = (
    Operation(
        "POST /api/v1/group-payments/create",
        "createGroupPayment",
        "Group payments",
        "Let a group pay together",
        {201: GroupPaymentCreated},
        "Each member pays for their tickets, over a link of their own, which they are sent by mail; what is left over "
        "when amounts are split is the last one's. All must have paid by `expiresAt`, or all have their money back. "
        "People organize for themselves, services for the user they name. Prices are the caller's word: what is "
        "handed out for them is decided by whoever hears of the group's completion.",
        raises=(GroupLinksDisabled, UnknownCurrency),
        body=CreateGroupBody,
        key=Key.MADE,
    ),
    _on_one(
        "POST /api/v1/group-payments/{groupId}/contribute/{memberId}",
        "contributeToGroup",
        "Pay a member's share",
        {200: Contribution, 202: Contribution},
        description="For who has the member's link, who organizes the group, admins and services. 200: the money was "
        "taken. 202: it is set aside until all have paid (`authorized`), whoever pays must confirm, or nobody knows "
        "yet; the same request with the same key is answered with what has become of it. 402: declined, and another "
        "try with another key is welcome. A try that waits for its payer is called off by the next one; one whose "
        "outcome nobody knows is not (409 `SHARE_BEING_PAID`).",
        who=Who.LINKED,
        raises=(*_LINKED, *_PAID),
        refusals=_REFUSALS,
        body=ContributeBody,
        path=(_GROUP, _MEMBER),
        needs={"oneOf": [{"required": ["paymentMethodId"]}, {"required": ["sources"]}]},
        key=Key.HEADER_OR_BODY,
        calls_provider=True,
    ),
    _on_one(
        "POST /api/v1/group-payments/{groupId}/cover",
        "coverGroup",
        "Pay all shares that nobody pays yet",
        {200: Contribution, 202: Contribution},
        description="With one charge. For who organizes the group, admins and services.",
        raises=(GroupNotFound, *_PAID),
        refusals=_REFUSALS,
        body=ContributeBody,
        needs={"oneOf": [{"required": ["paymentMethodId"]}, {"required": ["sources"]}]},
        key=Key.HEADER_OR_BODY,
        calls_provider=True,
    ),
    _on_one(
        "GET /api/v1/group-payments/{groupId}/status",
        "showGroupStatus",
        "Show how far a group is",
        {200: GroupPaymentStatus},
        description="For who organizes it, admins and services, and, without addresses, for who has a member's link.",
        who=Who.LINKED,
        raises=_LINKED,
    ),
    Operation(
        "GET /api/v1/group-payments",
        "listGroups",
        "Group payments",
        "List the groups that somebody organizes",
        {200: GroupPayments},
        "For people their own; admins may name another user, and services must.",
        raises=LISTED,
        query=(*PAGE, _USER),
    ),
    _on_one(
        "POST /api/v1/group-payments/{groupId}/cancel",
        "cancelGroup",
        "Call a group off",
        {200: GroupPaymentCancelled},
        description="What was paid goes back. Twice is fine. For who organizes it, admins and services.",
        raises=(GroupNotFound, GroupNotOpen),
    ),
)
