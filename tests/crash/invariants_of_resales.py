"""What must hold of tickets that are resold, and of what was paid for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.crash.invariants import always, eventually
from tests.support.crashing_images import Image
from tests.support.crashing_seen import Seen, payment_id
from tollgate.adapters.dynamodb import escrow_mapping
from tollgate.adapters.dynamodb.ledger_items import KIND as ENTRY
from tollgate.escrow.model import Escrow, State

_PAID = ("confirmed", "settled")
_OVER = (State.RELEASED, State.REFUNDED, State.CANCELLED)
_OF_LISTING = {
    State.CREATED: "reserved",
    State.FUNDED: "sold",
    State.DISPUTED: "sold",
    State.RELEASED: "sold",
    State.REFUNDED: "cancelled",
}


@always
def an_escrow_ends_once_at_most(seen: Seen) -> Iterator[str]:
    for image in seen.of("escrow"):
        states = [_escrow(version).state for version in seen.versions(image)]
        ends = {state for state in states if state in _OVER}
        if len(ends) > 1:
            yield f"{payment_id(image)} was {states}"


@always
def an_escrows_events_have_no_gaps(seen: Seen) -> Iterator[str]:
    for image in seen.of("escrow"):
        told, escrow = [event["sequence"] for event in seen.events(payment_id(image))], _escrow(image)
        if told != list(range(1, escrow.version + 1)):
            yield f"{escrow.id} is at {escrow.version}, and has events {told}"


@always
def an_escrow_is_funded_by_its_payment(seen: Seen) -> Iterator[str]:
    payments = {payment_id(image): image["state"]["S"] for image in seen.of("payment")}
    for escrow in _escrows(seen):
        funded = escrow.state not in (State.CREATED, State.CANCELLED)
        if funded != (payments.get(escrow.payment) in _PAID):
            yield f"{escrow.id} is {escrow.state}, and its payment {payments.get(escrow.payment)}"


@always
def a_listing_stands_as_its_sale_does(seen: Seen) -> Iterator[str]:
    by_id = {escrow.id: escrow for escrow in _escrows(seen)}
    for image in seen.of("listing"):
        sale, state = by_id.get(image.get("escrow", {}).get("S", "")), image["state"]["S"]
        if sale is not None and _OF_LISTING.get(sale.state) != state:
            yield f"the listing is {state}, and its sale {sale.state}"
        if sale is None and state not in ("active", "cancelled"):
            yield f"the listing is {state}, and nobody buys it"


@always
def a_release_is_in_the_books_once(seen: Seen) -> Iterator[str]:
    ours = {payment_id(image) for image in seen.of("escrow")}
    kinds = Counter(image["what"]["S"] for image in seen.of(ENTRY) if image["subject_id"]["S"] in ours)
    released = sum(escrow.state is State.RELEASED for escrow in _escrows(seen))
    if kinds["escrow_released"] != released:
        yield f"{kinds['escrow_released']} entries, and {released} are released"


@eventually
def what_is_refunded_goes_back(seen: Seen) -> Iterator[str]:
    if any(escrow.state is State.REFUNDED for escrow in _escrows(seen)):
        taken, back = sum(each.amount for each in seen.money), sum(each.amount for each in seen.refunds)
        if taken != back:
            yield f"{taken} was taken, and {back} went back"


def _escrows(seen: Seen) -> list[Escrow]:
    return [_escrow(image) for image in seen.of("escrow")]


def _escrow(image: Image) -> Escrow:
    return escrow_mapping.escrow_from_item({name: dict(value) for name, value in image.items()})
