"""Group payments as the API shows them: all of them to who organizes one, and names and states to who has a link."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tollgate.group_payments.desk import standing
from tollgate.group_payments.links import PaymentLinks
from tollgate.group_payments.model import FAILED, Group, GroupState
from tollgate.group_payments.ports import GroupsPage, Seen
from tollgate.group_payments.shares import Share, ShareState
from tollgate.kernel.clock import to_iso

SUCCEEDED, AUTHORIZED = "succeeded", "authorized"
_TOO_LATE = "The group is over: what was set aside is let go, and what was taken goes back"
_TOLD = {
    AUTHORIZED: "The money is set aside, and is taken once all have paid",
    SUCCEEDED: "Payment recorded successfully",
    "requires_action": "The payment has to be confirmed by whoever pays",
    "processing": "The payment is on its way",
    "unknown": "The outcome of the payment is not known yet",
}


def created(seen: Seen, links: PaymentLinks) -> dict[str, Any]:
    """As it was made, however it stands by now: a repeated request is answered the same."""
    group, shares = seen.group, seen.shares
    return {
        "success": True,
        "groupPayment": {
            "id": group.id,
            "organizerId": group.organizer,
            "eventId": group.occasion,
            "totalAmount": group.total.amount,
            "currency": group.total.currency,
            "expiresAt": to_iso(group.expires_at),
            "status": GroupState.COLLECTING.value,
            "members": [{**_named(each), "email": each.email, "status": ShareState.PENDING.value} for each in shares],
        },
        "paymentLinks": [
            {"memberId": each.id, "email": each.email, "amount": each.amount, "link": links.of(each)} for each in shares
        ],
    }


def status(seen: Seen) -> dict[str, Any]:
    """For who organizes it, and those who see the whole tenant."""
    members = [_whole(each) for each in seen.shares]
    return {"group": {**_group(seen.group), "members": members}, "summary": standing(seen.group)}


def status_for_members(seen: Seen) -> dict[str, Any]:
    """For who has only a link: nobody's address, and no id of a payment."""
    members = [{**_named(each), "status": each.state.value} for each in seen.shares]
    shown = {name: value for name, value in _group(seen.group).items() if name != "organizerId"}
    return {"group": {**shown, "members": members}, "summary": standing(seen.group)}


def contributed(charge: dict[str, Any], group: Group) -> dict[str, Any]:
    """`success` once the money was taken, or is set aside: whoever pays has done their part, unless the group has
    failed meanwhile.
    """
    outcome, failed = charge["outcome"], group.state in FAILED
    return {
        "success": outcome in (SUCCEEDED, AUTHORIZED) and not failed,
        "message": _TOO_LATE if failed else _TOLD[outcome],
        "payment": charge,
        "groupStatus": standing(group),
    }


def cancelled(seen: Seen) -> dict[str, Any]:
    return {"success": True, **status(seen)}


def page(found: GroupsPage) -> dict[str, Any]:
    """Newest first, without their members."""
    groups = [{**_group(each), "summary": standing(each)} for each in found.groups]
    return {"groups": groups, "nextCursor": found.cursor}


def _group(group: Group) -> dict[str, Any]:
    done = group.state is GroupState.COMPLETED
    called_off = group.state is GroupState.CANCELLED
    return {
        "id": group.id,
        "organizerId": group.organizer,
        "eventId": group.occasion,
        "venueId": group.seller,
        "totalAmount": group.total.amount,
        "currency": group.total.currency,
        "ticketSelections": [
            {"ticketTypeId": each.ticket_type, "quantity": each.quantity, "price": each.price}
            for each in group.selections
        ],
        "status": group.state.value,
        "createdAt": to_iso(group.created_at),
        "expiresAt": to_iso(group.expires_at),
        "authorizedAt": _instant(group.authorized_at if done or (group.is_open and group.has_all) else None),
        "completedAt": _instant(group.ended_at if done else None),
        "cancelledAt": _instant(group.ended_at if called_off else None),
        "cancellationReason": group.reason if called_off else None,
    }


def _named(share: Share) -> dict[str, Any]:
    return {"id": share.id, "name": share.name, "ticketCount": share.tickets, "amountDue": share.amount}


def _whole(share: Share) -> dict[str, Any]:
    return {
        **_named(share),
        "email": share.email,
        "status": share.state.value,
        "paid": share.state in (ShareState.HELD, ShareState.PAID),
        "paidAt": _instant(share.paid_at),
        "paymentId": share.payment,
        "remindersSent": share.reminders,
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else to_iso(at)
