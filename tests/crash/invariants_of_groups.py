"""What must hold of groups that pay together, and of what is set aside for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.crash.invariants import always, eventually
from tests.support.crashing_images import Image, as_payment
from tests.support.crashing_seen import Seen, payment_id
from tollgate.adapters.dynamodb import group_mapping
from tollgate.adapters.dynamodb.ledger_items import KIND as ENTRY
from tollgate.group_payments import events
from tollgate.group_payments.model import FAILED, Group, GroupState
from tollgate.group_payments.shares import Share, ShareState

_PAID = ("confirmed", "settled")
# What a share's events make of one that is paid, by nobody or somebody: from which states each may come.
_COMES_AFTER = {
    events.SHARE_REMINDED: ("pending",),
    events.SHARE_HELD: ("pending",),
    events.SHARE_PAID: ("pending", "held"),
    events.SHARE_RELEASED: ("held",),
    # What came too late was set aside, or just taken.
    events.SHARE_REFUNDED: ("paid", "held", "pending"),
}
# Their money is with us, or was.
_TAKEN = (ShareState.PAID, ShareState.REFUNDED)
# Their money was set aside, and nothing of it was taken for the group.
_ONLY_HELD = (ShareState.HELD, ShareState.RELEASED)
_GONE = (ShareState.REFUNDED, ShareState.RELEASED)


@always
def a_group_ends_once_at_most(seen: Seen) -> Iterator[str]:
    for image in seen.of("group"):
        states = [_group(version).state for version in seen.versions(image)]
        ends = [state for state in states if state not in (GroupState.COLLECTING, GroupState.PARTIALLY_PAID)]
        if len(set(ends)) > 1:
            yield f"{_group(image).id} was {states}"


@always
def a_group_is_told_from_its_beginning_to_its_end(seen: Seen) -> Iterator[str]:
    """It is created, may have all together more than once, and ends as it stands."""
    for image in seen.of("group"):
        group, told = _group(image), seen.events(payment_id(image))
        if [event["sequence"] for event in told] != list(range(1, group.version + 1)):
            yield f"{group.id} is {group.state} at {group.version}, and has {[each['sequence'] for each in told]}"
        first, *rest = [event["type"] for event in told]
        between, last = (rest, []) if group.is_open else (rest[:-1], rest[-1:])
        ends = [] if group.is_open else [f"payments.group.{group.state}"]
        if first != events.GROUP_CREATED or set(between) - {events.GROUP_AUTHORIZED} or last != ends:
            yield f"{group.id} is {group.state}, and told as {[first, *rest]}"
        if group.state is GroupState.COMPLETED and not between and _was_held(seen, group):
            yield f"{group.id} is complete, and nobody was told that nothing is missing"


@always
def a_share_is_told_as_it_went(seen: Seen) -> Iterator[str]:
    """What was taken too late is told with where it goes."""
    unwanted = {payment_id(image) for image in seen.of("payment") if as_payment(image).review is not None}
    for image in seen.of("group"):
        for share in _shares(seen, _group(image)):
            told, state = seen.events(share.id), "pending"
            if [event["sequence"] for event in told] != list(range(1, share.version + 1)):
                yield f"{share.id} is at {share.version}, and has events {[event['sequence'] for event in told]}"
            for event in told[1:]:
                late = event["type"] == events.SHARE_REFUNDED and state != "paid"
                if state not in _COMES_AFTER[event["type"]] or (late and _group(image).state not in FAILED):
                    yield f"{event['type']} of {share.id} was told when it was {state}"
                state = event["data"]["status"]
            untold = share.state is ShareState.PAYING or (share.state is ShareState.HELD and share.payment in unwanted)
            if state != share.state and not (untold and state == ShareState.PENDING):
                yield f"{share.id} is {share.state}, and told as {state}"


@always
def a_group_says_what_its_shares_have_come_to(seen: Seen) -> Iterator[str]:
    for image in seen.of("group"):
        group, shares = _group(image), _shares(seen, _group(image))
        inside = [each for each in shares if each.state in (*_TAKEN, *_ONLY_HELD)]
        fees = {payment_id(each): as_payment(each).fee for each in seen.of("payment")}
        said = {
            "paid": len(inside),
            "collected": sum(each.amount for each in inside),
            "fees": sum(fees[each] for each in {share.payment or "" for share in inside}),
            "held": sum(_is_only_held(seen, each) for each in inside),
            "returned": sum(each.state in _GONE for each in inside),
        }
        if said != {name: getattr(group.progress, name) for name in said}:
            yield f"{group.progress}, and {[(each.state, each.amount) for each in shares]}"
        paid = sum(each.state in _TAKEN for each in shares)
        if (group.state is GroupState.COMPLETED) != (paid == group.members and group.state not in FAILED):
            yield f"{group.id} is {group.state}, with {paid} of {group.members} paid"


@always
def a_share_is_paid_by_a_payment_that_is_paid(seen: Seen) -> Iterator[str]:
    payments = {payment_id(image): image["state"]["S"] for image in seen.of("payment")}
    for image in seen.of("group"):
        for share in _shares(seen, _group(image)):
            if share.state is ShareState.PAID and payments.get(share.payment or "") not in _PAID:
                yield f"{share.id} is paid by {share.payment}, which is {payments.get(share.payment or '')}"


@always
def a_share_stands_as_its_money_does(seen: Seen) -> Iterator[str]:
    """At the provider: what is paid was taken, and what is let go is not set aside."""
    stands = {each.payment: each.state for each in seen.charges}
    for image in seen.of("group"):
        for share in _shares(seen, _group(image)):
            found = stands.get(share.payment or "")
            if (share.state in _TAKEN and found != "taken") or (share.state is ShareState.RELEASED and found == "held"):
                yield f"{share.id} is {share.state}, and its money {found}"
            if share.state is ShareState.HELD and found is None:
                yield f"{share.id} is held, and nobody was asked for it"


@always
def a_complete_group_is_in_the_books_once(seen: Seen) -> Iterator[str]:
    ours = {payment_id(image) for image in seen.of("group")}
    kinds = Counter(image["what"]["S"] for image in seen.of(ENTRY) if image["subject_id"]["S"] in ours)
    complete = sum(_group(image).state is GroupState.COMPLETED for image in seen.of("group"))
    if kinds["group_completed"] != complete:
        yield f"{kinds['group_completed']} entries, and {complete} groups are complete"


@eventually
def nobody_has_paid_for_a_group_that_failed(seen: Seen) -> Iterator[str]:
    if any(_group(image).state in FAILED for image in seen.of("group")):
        taken, back = sum(each.amount for each in seen.money), sum(each.amount for each in seen.refunds)
        if taken != back:
            yield f"{taken} was taken, and {back} went back"


@eventually
def nothing_stays_set_aside_but_for_a_group_that_waits(seen: Seen) -> Iterator[str]:
    """And each share says what became of it."""
    for image in seen.of("group"):
        group, shares = _group(image), _shares(seen, _group(image))
        if group.is_open and group.has_all:
            yield f"nothing of {group.id} is missing, and it is not taken"
        for charge in seen.charges:
            states = {each.state for each in shares if each.payment == charge.payment}
            if charge.state == "held" and not (group.is_open and states == {ShareState.HELD}):
                yield f"{charge} stays, for shares that are {states} of a group that is {group.state}"
            if charge.state == "ended" and states - {ShareState.RELEASED}:
                yield f"{charge}, for shares that are {states}"
            if charge.state == "taken" and states & {ShareState.HELD, ShareState.PAYING}:
                yield f"{charge}, for shares that are {states}"


@eventually
def no_share_waits_for_a_payment_that_has_ended(seen: Seen) -> Iterator[str]:
    payments = {payment_id(image): image["state"]["S"] for image in seen.of("payment")}
    for image in seen.of("group"):
        for share in _shares(seen, _group(image)):
            if share.state is ShareState.PAYING and payments.get(share.payment or "") not in ("pending", "processing"):
                yield f"{share.id} is still being paid by {share.payment}"


def _is_only_held(seen: Seen, share: Share) -> bool:
    """Whether it was set aside, and not taken for the group; what came of it afterwards does not matter."""
    told = [event["type"] for event in seen.events(share.id)]
    return [each for each in told if each in (events.SHARE_HELD, events.SHARE_PAID)][-1:] == [events.SHARE_HELD]


def _was_held(seen: Seen, group: Group) -> bool:
    told = [event["type"] for share in _shares(seen, group) for event in seen.events(share.id)]
    return events.SHARE_HELD in told


def _group(image: Image) -> Group:
    return group_mapping.group_from_item({name: dict(value) for name, value in image.items()})


def _shares(seen: Seen, group: Group) -> list[Share]:
    read = [
        group_mapping.share_from_item({name: dict(value) for name, value in image.items()})
        for image in seen.of("group_share")
    ]
    return [each for each in read if each.group == group.id]
