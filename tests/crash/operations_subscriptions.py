"""Operations that sell plans, hear what their provider charges for them, and change and end them."""

from __future__ import annotations

from collections.abc import Iterator

from tests.crash.operations_checkout import BRIEF
from tests.crash.operations_events import apply
from tests.support.crashing import Operation
from tests.support.crashing_seen import Seen, payment_id
from tests.support.crashing_subscribers import GOLD, RENEWED, give_plan
from tests.support.crashing_webhooks import SUBSCRIBED
from tests.support.crashing_world import World
from tests.support.deployment import Answer
from tests.support.requests import ORIGIN
from tollgate.subscriptions import events
from tollgate.subscriptions.ordering import OPERATION

FUNCTION = "subscription_api"
PRICE = GOLD.unit.amount
DEARER, DEARER_PRICE = "gold_year", 39_900


# --- users ---


def _order_once(world: World) -> Answer:
    world.purchase.operation = OPERATION
    body = {"pricingItemCode": GOLD.code, "successUrl": f"{ORIGIN}/thanks", "cancelUrl": f"{ORIGIN}/plans"}
    headers = {"idempotency-key": world.purchase.key}
    return world.purchase.hear(world.call("POST", "/subscriptions", body, headers, FUNCTION))


def _order(world: World) -> None:
    _order_once(world)


def _insist_on_ordering(world: World) -> None:
    """With the same key until there is an answer, and once more."""
    world.until_answered(lambda: _order_once(world))
    _order_once(world)


def _pay(world: World) -> None:
    """Each page that was ever shown."""
    for answer in world.purchase.answers:
        world.stripe.pay(answer.body["providerCheckoutSessionId"])


def _ask(world: World, method: str, what: str, body: dict[str, object]) -> Answer:
    return world.call(method, f"/subscriptions/{world.purchase.subscription}{what}", body, function=FUNCTION)


def _until(world: World, method: str, what: str, body: dict[str, object]) -> None:
    """Again until it is so; where it is over already, that is said."""
    answer = world.until_answered(lambda: _ask(world, method, what, body))
    assert answer.status in (200, 409), answer
    assert answer.status != 409 or answer.body["code"] == "INVALID_STATE", answer


def _cancel(world: World) -> None:
    _ask(world, "POST", "/cancel", {})


def _insist_on_cancelling(world: World) -> None:
    _until(world, "POST", "/cancel", {})


def _cancel_now(world: World) -> None:
    _ask(world, "POST", "/cancel", {"when": "now"})


def _insist_on_cancelling_now(world: World) -> None:
    _until(world, "POST", "/cancel", {"when": "now"})


def _change(world: World) -> None:
    _ask(world, "PUT", "", {"pricingItemCode": DEARER})


def _insist_on_changing(world: World) -> None:
    _until(world, "PUT", "", {"pricingItemCode": DEARER})


# --- what they are prepared with ---


def _ordered_and_paid(world: World) -> None:
    """The invoice of the first period has come, and what else Stripe tells of it comes later."""
    _insist_on_ordering(world)
    world.flow()
    world.subscribed = ("invoice.paid",)
    _pay(world)
    _told(world)


def _renewed(world: World) -> None:
    world.subscribed = ("invoice.paid",)
    give_plan(world, renewed=RENEWED)
    _told(world)


def _not_renewed(world: World) -> None:
    world.subscribed = ("invoice.payment_failed",)
    give_plan(world, renewed=RENEWED, declines=1)
    _told(world)


def _told(world: World) -> None:
    world.deliver_all()
    world.inbox.look()


def all_is_told(world: World) -> None:
    """What Stripe told beside comes as well."""
    world.subscribed = SUBSCRIBED
    world.flow()


# --- how it should end ---


def stands(seen: Seen, status: str, *said: str) -> Iterator[str]:
    """The subscription in this state, after these events."""
    for image in seen.of("subscription"):
        told = [each["type"].removeprefix("payments.subscription.") for each in seen.events(payment_id(image))]
        last = seen.events(payment_id(image))[-1]["data"]["status"]
        if last != status or told != ["created", *said]:
            yield f"it is {last}, and told {told}"
    if len(seen.of("subscription")) != 1:
        yield f"there are {len(seen.of('subscription'))} subscriptions"


def taken(seen: Seen, *amounts: int) -> Iterator[str]:
    """So much was taken, by as many payments."""
    found = [each.amount for each in seen.money]
    states = [image["state"]["S"] for image in seen.of("payment")]
    if sorted(found) != sorted(amounts) or sum(state in ("confirmed", "settled") for state in states) != len(amounts):
        yield f"taken was {found}, and payments are {states}"


def _active(seen: Seen) -> Iterator[str]:
    yield from stands(seen, "active", "activated")
    yield from taken(seen, PRICE)


def _active_again(seen: Seen) -> Iterator[str]:
    yield from stands(seen, "active", "activated", "renewed")
    yield from taken(seen, PRICE, PRICE)


def past_due(seen: Seen) -> Iterator[str]:
    yield from stands(seen, "past_due", "activated", "grace_started")
    yield from taken(seen, PRICE)
    yield from tried(seen, 1)


def tried(seen: Seen, times: int) -> Iterator[str]:
    """A bank was asked so often for the period. A try whose answer Stripe has lost is made anew under another key."""
    spare = 1 if seen.fault is not None and seen.fault.leaves_a_page else 0
    tries = seen.invoices[-1].tries
    if not times <= tries <= times + spare:
        yield f"a bank was asked {tries} times"


def _ending(seen: Seen) -> Iterator[str]:
    yield from stands(seen, "active", "activated", "cancelled")


def _over(seen: Seen) -> Iterator[str]:
    yield from stands(seen, "cancelled", "activated", "cancelled", "ended")


def _changed(seen: Seen) -> Iterator[str]:
    (image,) = seen.of("subscription")
    told = {each["type"] for each in seen.events(payment_id(image))}
    if not {events.CHANGED, events.RENEWED} <= told or seen.contracts[0].price != DEARER_PRICE:
        yield f"told {told}, and {seen.contracts}"


# Where an operation repeats another's calls.
_LESS = ("crash after", "stalled after", "answer lost, for", "provider's answer lost")
LESS = tuple(fault for fault in BRIEF if fault.name.startswith(_LESS))
AT_ITS_PROVIDER = tuple(fault for fault in BRIEF if fault in LESS or fault.name.startswith("provider"))
SUBSCRIPTIONS = (
    Operation("subscription order", act=_order, retry=_insist_on_ordering, onward=_pay, settled=_active, faults=LESS),
    Operation(
        "subscription that is paid",
        prepare=_ordered_and_paid,
        act=apply,
        onward=all_is_told,
        settled=_active,
        faults=AT_ITS_PROVIDER,
    ),
    Operation(
        "subscription that is renewed",
        prepare=_renewed,
        act=apply,
        onward=all_is_told,
        settled=_active_again,
        faults=AT_ITS_PROVIDER,
    ),
    Operation(
        "subscription that is not renewed",
        prepare=_not_renewed,
        act=apply,
        onward=all_is_told,
        settled=past_due,
        faults=LESS,
    ),
    Operation(
        "subscription cancel",
        prepare=give_plan,
        act=_cancel,
        retry=_insist_on_cancelling,
        settled=_ending,
        faults=AT_ITS_PROVIDER,
    ),
    Operation(
        "subscription cancel, now",
        prepare=give_plan,
        act=_cancel_now,
        retry=_insist_on_cancelling_now,
        settled=_over,
        faults=LESS,
    ),
    Operation(
        "subscription change",
        prepare=give_plan,
        act=_change,
        retry=_insist_on_changing,
        settled=_changed,
        faults=AT_ITS_PROVIDER,
    ),
)
