"""What must hold of money that goes back, and of the books."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from tests.crash.invariants import always, eventually
from tests.support.crashing_seen import Seen, payment_id


@always
def no_more_goes_back_than_was_taken(seen: Seen) -> Iterator[str]:
    for payment in {each.payment for each in seen.refunds}:
        gone = sum(each.amount for each in seen.refunds if each.payment == payment)
        if gone > sum(each.amount for each in seen.taken(payment)):
            yield f"{gone} went back of {seen.taken(payment)}"
    for reference, number in Counter(each.reference for each in seen.refunds).items():
        if number > 1:
            yield f"{reference} was given back {number} times"


@always
def what_moves_money_is_posted_in_balance(seen: Seen) -> Iterator[str]:
    for image in seen.of("journal_entry"):
        amounts = list(json.loads(image["postings"]["S"]).values())
        if sum(amounts) or len(amounts) < 2:
            yield f"{image['what']['S']}: {image['postings']['S']}"


@eventually
def no_refund_stays_unsure(seen: Seen) -> Iterator[str]:
    """But where Stripe repeats a stored 500 for as long as it keeps the key: until then it stays unknown."""
    for image in seen.of("payment"):
        for row in json.loads(image.get("refunds", {"S": "[]"})["S"]):
            if row[2] in ("requested", "unknown") and not key_is_spent(seen):
                yield f"{row[0]} of {payment_id(image)} is {row[2]}"


def key_is_spent(seen: Seen) -> bool:
    """Whether the provider would only repeat a failure under the same key."""
    return seen.fault is not None and seen.fault.name.startswith("provider answers 500")
