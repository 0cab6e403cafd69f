"""What must hold of money that is only set aside, told by those who have it: the providers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from tests.simulation.seen import Seen
from tollgate.group_payments import events
from tollgate.group_payments.model import GROUP, Group
from tollgate.group_payments.shares import SHARE, Share, ShareState
from tollgate.payments.model import Payment

# What a share is told: its money was set aside, taken, let go.
_SET_ASIDE = {events.SHARE_HELD: "h", events.SHARE_PAID: "p", events.SHARE_RELEASED: "r"}
_ENDED = re.compile("(?:p|h[pr])*")


def no_provider_keeps_money_set_aside(seen: Seen) -> Iterator[str]:
    """Whatever was lost or killed: all groups are over, and none of their holds is left to its bank."""
    for books in seen.world.books.values():
        for intent in books.intents.values():
            if intent["status"] == "requires_capture":
                yield f"{intent['id']} is set aside for {intent['metadata']['tollgate_payment']}"


def nothing_is_taken_while_something_is_missing(seen: Seen) -> Iterator[str]:
    """Once nothing was, a bank may still think better of it: then some is taken already."""
    for payment, group, at in _taken(seen):
        told = [each.occurred_at for each in seen.told(GROUP, group.id) if each.type == events.GROUP_AUTHORIZED]
        if not told or at < min(told):
            yield f"{payment.id} was taken at {at}, and {group.id} had all at {told}"


def what_was_set_aside_is_taken_for_a_share_or_goes_back(seen: Seen) -> Iterator[str]:
    """Unless it cannot go back: the provider refuses, or a bank has it."""
    for payment, _, _ in _taken(seen):
        shares = [each for each in _all_shares(seen) if payment.deposit and each.id in payment.deposit.shares]
        theirs = all((each.state, each.payment) == (ShareState.PAID, payment.id) for each in shares)
        stuck = payment.disputes or any(not each.counts for each in payment.refunds)
        if not theirs and payment.refundable > 0 and not stuck:
            yield f"{payment.id} has {payment.refundable}, and pays {[(each.id, each.state) for each in shares]}"


def a_hold_ends_before_another_begins(seen: Seen) -> Iterator[str]:
    """Taken, or let go; and nothing is let go that was not set aside."""
    for share in _all_shares(seen):
        told = "".join(_SET_ASIDE.get(each.type, "") for each in seen.told(SHARE, share.id))
        if not _ENDED.fullmatch(told):
            yield f"{share.id} is {share.state}, and was told {told}"


def a_group_that_has_all_says_so(seen: Seen) -> Iterator[str]:
    for event in seen.events():
        if event.type in (events.GROUP_AUTHORIZED, events.GROUP_COMPLETED):
            said = [event.data[name] for name in ("paid_members", "collected", "members", "amount")]
            if said[:2] != said[2:]:
                yield f"{event.type} of {event.aggregate_id} says {said}"


def _taken(seen: Seen) -> Iterator[tuple[Payment, Group, datetime]]:
    """What was set aside for a group and taken for us."""
    groups: dict[str, Group] = {each.id: each for each in seen.world.rooms.stored.store.of("group")}
    for books in seen.world.books.values():
        for id_, at in books.captured.items():
            payment = seen.payment(books.intents[id_]["metadata"]["tollgate_payment"])
            if payment is not None and payment.deposit is not None:
                yield payment, groups[payment.deposit.id], at


def _all_shares(seen: Seen) -> list[Share]:
    found: list[Share] = seen.world.rooms.stored.store.of("group_share")
    return found


ALL = (
    no_provider_keeps_money_set_aside,
    nothing_is_taken_while_something_is_missing,
    what_was_set_aside_is_taken_for_a_share_or_goes_back,
    a_hold_ends_before_another_begins,
    a_group_that_has_all_says_so,
)
