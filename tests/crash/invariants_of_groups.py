"""What must hold of groups that pay together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.crash.invariants import always, eventually
from tests.support.crashing_images import Image
from tests.support.crashing_seen import Seen, payment_id
from tollgate.adapters.dynamodb import group_mapping
from tollgate.adapters.dynamodb.ledger_items import KIND as ENTRY
from tollgate.group_payments.model import FAILED, Group, GroupState
from tollgate.group_payments.shares import Share, ShareState

_PAID = ("confirmed", "settled")


@always
def a_group_ends_once_at_most(seen: Seen) -> Iterator[str]:
    for image in seen.of("group"):
        group, told = _group(image), [event["sequence"] for event in seen.events(payment_id(image))]
        if told != list(range(1, group.version + 1)):
            yield f"{group.id} is {group.state}, and has events {told}"
        states = [_group(version).state for version in seen.versions(image)]
        ends = [state for state in states if state not in (GroupState.COLLECTING, GroupState.PARTIALLY_PAID)]
        if len(set(ends)) > 1:
            yield f"{group.id} was {states}"


@always
def a_group_says_what_its_shares_have_come_to(seen: Seen) -> Iterator[str]:
    for image in seen.of("group"):
        group = _group(image)
        paid = [each for each in _shares(seen, group) if each.state in (ShareState.PAID, ShareState.REFUNDED)]
        if (group.progress.paid, group.progress.collected) != (len(paid), sum(each.amount for each in paid)):
            yield f"{group.progress}, and {[(each.state, each.amount) for each in paid]}"
        if (group.state is GroupState.COMPLETED) != (len(paid) == group.members and group.state not in FAILED):
            yield f"{group.id} is {group.state}, with {len(paid)} of {group.members} paid"


@always
def a_share_is_paid_by_a_payment_that_is_paid(seen: Seen) -> Iterator[str]:
    payments = {payment_id(image): image["state"]["S"] for image in seen.of("payment")}
    for image in seen.of("group"):
        for share in _shares(seen, _group(image)):
            if share.state is ShareState.PAID and payments.get(share.payment or "") not in _PAID:
                yield f"{share.id} is paid by {share.payment}, which is {payments.get(share.payment or '')}"


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
def no_share_waits_for_a_payment_that_has_ended(seen: Seen) -> Iterator[str]:
    payments = {payment_id(image): image["state"]["S"] for image in seen.of("payment")}
    for image in seen.of("group"):
        for share in _shares(seen, _group(image)):
            if share.state is ShareState.PAYING and payments.get(share.payment or "") not in ("pending", "processing"):
                yield f"{share.id} is still being paid by {share.payment}"


def _group(image: Image) -> Group:
    return group_mapping.group_from_item({name: dict(value) for name, value in image.items()})


def _shares(seen: Seen, group: Group) -> list[Share]:
    read = [
        group_mapping.share_from_item({name: dict(value) for name, value in image.items()})
        for image in seen.of("group_share")
    ]
    return [each for each in read if each.group == group.id]
