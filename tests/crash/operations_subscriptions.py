"""Operations that sell plans, hear what their provider charges for them, and change and end them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from types import ModuleType

from tests.crash.operations_checkout import BRIEF
from tests.crash.operations_events import apply
from tests.support.crashing import Operation
from tests.support.crashing_client import TENANT
from tests.support.crashing_seen import Seen, payment_id
from tests.support.crashing_subscribers import GOLD, RENEWED, give_plan
from tests.support.crashing_webhooks import SUBSCRIBED
from tests.support.crashing_world import World
from tests.support.deployment import Answer
from tests.support.requests import ORIGIN
from tollgate.adapters.dynamodb import subscription_mapping
from tollgate.kernel.access import Viewer
from tollgate.kernel.errors import TollgateError
from tollgate.subscriptions import events
from tollgate.subscriptions.dunning import CARD_REMINDERS, RETRIES, Dunning
from tollgate.subscriptions.model import GRACE
from tollgate.subscriptions.ordering import OPERATION
from tollgate.subscriptions.ports import SubscriptionKey

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


def _pay_debt(world: World) -> None:
    """What is owed, with the card of the moment, under one key however often it is asked."""
    viewer, purchase = Viewer(TENANT, world.purchase.user), world.purchase

    def pay(instance: ModuleType) -> None:
        with suppress(TollgateError):
            instance.api.desk.pay(viewer, purchase.subscription, purchase.key, None)

    world.within(FUNCTION, pay)


def _pay_again(world: World) -> None:
    """For as long as Stripe may be ill."""
    for _ in range(3):
        _pay_debt(world)


# --- the plan of tries ---


def _step(world: World) -> None:
    """One step of dunning. Where it fails, it runs again."""
    key = SubscriptionKey(TENANT, world.purchase.subscription)
    invoice = world.stripe.invoices()[-1].reference

    def step(instance: ModuleType) -> None:
        desk = instance.api.desk
        dunning = Dunning(desk._subscriptions, desk._recorder, desk._collection, desk._clock)
        with suppress(TollgateError):
            dunning.step(key, invoice)

    world.within(FUNCTION, step)


def _step_again(world: World) -> None:
    """For as long as a provider may be ill."""
    for _ in range(3):
        _step(world)


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


def _owing(world: World) -> None:
    """Another try would be paid."""
    _late(world, RENEWED, declines=1)


def _due_for_a_try(world: World) -> None:
    _late(world, RETRIES[0] + RENEWED, declines=1)


def _due_for_another_in_vain(world: World) -> None:
    _late(world, RETRIES[0] + RENEWED, declines=9)


def _out_of_patience(world: World) -> None:
    """All that was planned is done: the user was reminded, since only another card would help."""
    _late(world, GRACE + RENEWED, declines=9, why="expired_card")
    for _ in CARD_REMINDERS:
        _step(world)


def _late(world: World, since: timedelta, declines: int, why: str = "insufficient_funds") -> None:
    """Stripe has told that it could not charge the renewal; all else that it tells comes later."""
    world.subscribed = ("invoice.payment_failed",)
    give_plan(world, renewed=since, declines=declines, why=why)
    world.deliver_all()
    world.inbox.drain()


def _all_is_told(world: World) -> None:
    """What Stripe told beside comes as well."""
    world.subscribed = SUBSCRIBED
    world.flow()


# --- how it should end ---


def _ended(seen: Seen, status: str, *said: str) -> Iterator[str]:
    """The subscription in this state, after these events."""
    for image in seen.of("subscription"):
        told = [each["type"].removeprefix("payments.subscription.") for each in seen.events(payment_id(image))]
        last = seen.events(payment_id(image))[-1]["data"]["status"]
        if last != status or told != ["created", *said]:
            yield f"it is {last}, and told {told}"
    if len(seen.of("subscription")) != 1:
        yield f"there are {len(seen.of('subscription'))} subscriptions"


def _paid(seen: Seen, *amounts: int) -> Iterator[str]:
    """So much was taken, by as many payments."""
    taken = [each.amount for each in seen.money]
    states = [image["state"]["S"] for image in seen.of("payment")]
    if sorted(taken) != sorted(amounts) or sum(state in ("confirmed", "settled") for state in states) != len(amounts):
        yield f"taken was {taken}, and payments are {states}"


def _active(seen: Seen) -> Iterator[str]:
    yield from _ended(seen, "active", "activated")
    yield from _paid(seen, PRICE)


def _active_again(seen: Seen) -> Iterator[str]:
    yield from _ended(seen, "active", "activated", "renewed")
    yield from _paid(seen, PRICE, PRICE)


def _past_due(seen: Seen) -> Iterator[str]:
    yield from _ended(seen, "past_due", "activated", "grace_started")
    yield from _paid(seen, PRICE)
    yield from _tried(seen, 1)


def _recovered(seen: Seen) -> Iterator[str]:
    if _nobody_knows(seen):
        yield from _past_due(seen)
        return
    yield from _ended(seen, "active", "activated", "grace_started", "grace_ended", "renewed")
    yield from _paid(seen, PRICE, PRICE)
    yield from _tried(seen, 2)


def _tried_in_vain(seen: Seen) -> Iterator[str]:
    if _nobody_knows(seen):
        yield from _past_due(seen)
        return
    yield from _ended(seen, "past_due", "activated", "grace_started", "payment_failed")
    yield from _tried(seen, 2)
    for image in seen.of("subscription"):
        debt = subscription_mapping.from_item({name: dict(value) for name, value in image.items()}).debt
        if debt is None or debt.dunned_until != debt.since + RETRIES[0]:
            yield f"{debt} is not dunned as planned"


def _nobody_knows(seen: Seen) -> bool:
    """Where Stripe repeats a stored 500 under both keys of a try, for as long as it keeps them."""
    return seen.fault is not None and seen.fault.name == "provider answers 500 twice" and seen.invoices[-1].tries == 1


def _given_up(seen: Seen) -> Iterator[str]:
    for image in seen.of("subscription"):
        told = [each["type"] for each in seen.events(payment_id(image))]
        if told.count(events.REMINDED) != len(CARD_REMINDERS) or told[-2:] != [events.GRACE_ENDED, events.FAILED]:
            yield f"told {told}"
    yield from _tried(seen, 1)


def _tried(seen: Seen, times: int) -> Iterator[str]:
    """A bank was asked so often for the period. A try whose answer Stripe has lost is made anew under another key."""
    spare = 1 if seen.fault is not None and seen.fault.leaves_a_page else 0
    tries = seen.invoices[-1].tries
    if not times <= tries <= times + spare:
        yield f"a bank was asked {tries} times"


def _ending(seen: Seen) -> Iterator[str]:
    yield from _ended(seen, "active", "activated", "cancelled")


def _over(seen: Seen) -> Iterator[str]:
    yield from _ended(seen, "cancelled", "activated", "cancelled", "ended")


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
        onward=_all_is_told,
        settled=_active,
        faults=BRIEF,
    ),
    Operation(
        "subscription that is renewed",
        prepare=_renewed,
        act=apply,
        onward=_all_is_told,
        settled=_active_again,
        faults=BRIEF,
    ),
    Operation(
        "subscription that is not renewed",
        prepare=_not_renewed,
        act=apply,
        onward=_all_is_told,
        settled=_past_due,
        faults=LESS,
    ),
    Operation(
        "subscription debt, paid",
        prepare=_owing,
        act=_pay_debt,
        retry=_pay_again,
        onward=_all_is_told,
        settled=_recovered,
        faults=AT_ITS_PROVIDER,
    ),
    Operation(
        "subscription dunning, paid",
        prepare=_due_for_a_try,
        act=_step,
        retry=_step_again,
        settled=_recovered,
        faults=LESS,
    ),
    Operation(
        "subscription dunning, declined",
        prepare=_due_for_another_in_vain,
        act=_step,
        retry=_step_again,
        settled=_tried_in_vain,
        faults=AT_ITS_PROVIDER,
    ),
    Operation(
        "subscription dunning, given up",
        prepare=_out_of_patience,
        act=_step,
        retry=_step_again,
        settled=_given_up,
        faults=AT_ITS_PROVIDER,
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
