"""Groups and shares ↔ items."""

from __future__ import annotations

import json
from datetime import datetime

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.group_items import GroupItem, ShareItem
from tollgate.adapters.dynamodb.store import Raw
from tollgate.group_payments.model import Group, GroupState, Progress, Selection
from tollgate.group_payments.shares import Share, ShareState
from tollgate.kernel.clock import epoch, from_iso, from_milliseconds, to_milliseconds
from tollgate.kernel.money import Money

GROUP, SHARE = "group", "group_share"


def group_to_item(of: Group) -> GroupItem:
    """The item of a group, with the key of its organizer's list."""
    pk, sk = keys.group(of.tenant, of.id)
    return GroupItem(
        pk=pk,
        sk=sk,
        kind=GROUP,
        owner_key=keys.groups_of(of.tenant, of.organizer),
        listed_at=keys.listed_at(of.created_at, of.id),
        occasion=of.occasion,
        amount=of.total.amount,
        currency=of.total.currency,
        selections=json.dumps([[e.ticket_type, e.quantity, e.price] for e in of.selections], separators=(",", ":")),
        members=of.members,
        state=of.state.value,
        expires_at=to_milliseconds(of.expires_at),
        fingerprint=of.fingerprint,
        version=of.version,
        seller=of.seller,
        consumer=of.consumer,
        authorized_at=_milliseconds(of.authorized_at),
        ended_at=_milliseconds(of.ended_at),
        reason=of.reason,
        paid=of.progress.paid,
        collected=of.progress.collected,
        fees=of.progress.fees,
        held=of.progress.held,
        returned=of.progress.returned,
        due=keys.due_shard_of(pk) if of.due_at else None,
        due_at=epoch(of.due_at) if of.due_at else None,
    )


def group_from_item(raw: Raw) -> Group:
    text = {name: value["S"] for name, value in raw.items() if "S" in value}
    number = {name: int(value["N"]) for name, value in raw.items() if "N" in value}
    _, tenant, id_ = text["pk"].split("#", 2)
    return Group(
        id=id_,
        tenant=tenant,
        organizer=text["owner_key"].removeprefix(keys.groups_of(tenant, "")),
        occasion=text["occasion"],
        total=Money(number["amount"], text["currency"]),
        selections=tuple(Selection(*each) for each in json.loads(text["selections"])),
        members=number["members"],
        state=GroupState(text["state"]),
        created_at=from_iso(text["listed_at"].partition("#")[0]),
        expires_at=from_milliseconds(number["expires_at"]),
        progress=Progress(*(number[each] for each in ("paid", "collected", "fees", "held", "returned"))),
        seller=text.get("seller"),
        consumer=text.get("consumer"),
        authorized_at=_time(number.get("authorized_at")),
        ended_at=_time(number.get("ended_at")),
        reason=text.get("reason"),
        fingerprint=text["fingerprint"],
        version=number["version"],
    )


def share_to_item(of: Share) -> ShareItem:
    pk, sk = keys.share(of.tenant, of.group, of.id)
    return ShareItem(
        pk=pk,
        sk=sk,
        kind=SHARE,
        number=of.number,
        amount=of.amount,
        currency=of.currency,
        tickets=of.tickets,
        state=of.state.value,
        version=of.version,
        revision=of.revision,
        payment_id=of.payment,
        paid_at=_milliseconds(of.paid_at),
        reminders=of.reminders or None,
        email=of.email or None,
        name=of.name or None,
    )


def share_from_item(raw: Raw) -> Share:
    text = {name: value["S"] for name, value in raw.items() if "S" in value}
    number = {name: int(value["N"]) for name, value in raw.items() if "N" in value}
    _, tenant, group = text["pk"].split("#", 2)
    return Share(
        id=text["sk"].partition("#")[2],
        tenant=tenant,
        group=group,
        number=number["number"],
        amount=number["amount"],
        currency=text["currency"],
        tickets=number["tickets"],
        state=ShareState(text["state"]),
        version=number["version"],
        revision=number["revision"],
        payment=text.get("payment_id"),
        paid_at=_time(number.get("paid_at")),
        reminders=number.get("reminders", 0),
        email=text.get("email", ""),
        name=text.get("name", ""),
    )


def _milliseconds(time: datetime | None) -> int | None:
    return to_milliseconds(time) if time else None


def _time(milliseconds: int | None) -> datetime | None:
    return from_milliseconds(milliseconds) if milliseconds is not None else None
