"""Operations of groups that pay together: made, paid, out of time, called off, and what goes back of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from types import ModuleType

from tests.crash.operations_charges import GOOD
from tests.crash.operations_checkout import BRIEF
from tests.crash.operations_events import apply
from tests.crash.operations_failover import SEVERE, steady
from tests.support.crashing import Operation
from tests.support.crashing_client import TENANT, of_its_payment
from tests.support.crashing_faults import CRASH_AFTER
from tests.support.crashing_seen import Seen
from tests.support.crashing_world import World
from tests.support.deployment import Answer
from tests.support.requests import ORIGIN
from tollgate.checkout.opening import CheckoutOpening
from tollgate.group_payments.contributing import CONTRIBUTE
from tollgate.group_payments.shares import share_id
from tollgate.kernel.errors import RetryableError
from tollgate.kernel.ids import derived

FUNCTION, STEP = "group_payment_api", "group_payment_step"
DECLINED = {"stripe": "pm_card_chargeDeclined"}
INTENTS = "stripe.POST /v1/payment_intents"
PRICE, MINUTES = 5_000, 10
# Nobody has paid; where the reconciler has looked, the time is over.
_UNPAID = ("collecting", "expired")
# When the reconciler asks what has become of a charge, and how long after that it is sure; in seconds.
_TRIES = 2
PATIENCE = (6 * 60, 90 * 60, 26 * 60 * 60, 26 * 60 * 60)


def group_of(world: World) -> str:
    """The id that follows from who makes it."""
    return derived("grp", TENANT, world.purchase.user, "group.create", world.purchase.made_under)


# --- organizers and members ---


def _create_once(world: World, members: int = 2) -> Answer:
    body = {
        "eventId": "evt_1",
        "ticketSelections": [{"ticketTypeId": "seat", "quantity": members, "price": PRICE}],
        "members": [
            {"email": f"friend{number}@example.com", "name": f"Friend {number}", "ticketCount": 1}
            for number in range(1, members + 1)
        ],
    }
    headers = {"idempotency-key": world.purchase.made_under}
    return world.call("POST", "/api/v1/group-payments/create", body, headers, FUNCTION)


def _create(world: World) -> None:
    _create_once(world)


def _insist_on_creating(world: World) -> None:
    first = world.until_answered(lambda: _create_once(world))
    assert first.status == 201, first
    assert _create_once(world).body == first.body


def _contribute_once(world: World) -> Answer:
    """The first member's share."""
    purchase = world.purchase
    path = f"/api/v1/group-payments/{group_of(world)}/contribute/{share_id(group_of(world), 1)}"
    body = {"sources": purchase.sources, "returnUrl": f"{ORIGIN}/thanks"}
    answer = world.call("POST", path, body, {"idempotency-key": purchase.key}, FUNCTION)
    return purchase.hear(of_its_payment(answer))


def _contribute(world: World) -> None:
    _contribute_once(world)


def _insist_on_contributing(world: World) -> None:
    """With the same key until there is an answer, and once more. Stripe is back by then."""
    world.stripe.down = False
    world.until_answered(lambda: _contribute_once(world))
    _contribute_once(world)


def _cancel_once(world: World) -> Answer:
    return world.call("POST", f"/api/v1/group-payments/{group_of(world)}/cancel", {}, {}, FUNCTION)


def _cancel(world: World) -> None:
    _cancel_once(world)


def _insist_on_cancelling(world: World) -> None:
    answer = world.until_answered(lambda: _cancel_once(world))
    assert answer.status == 200, answer


# --- machines and queues ---


def _step(world: World) -> None:
    """What it raises, the machine tries again."""
    with suppress(RetryableError):
        world.invoke(STEP, {"tenant": TENANT, "group": group_of(world)})


def _step_again(world: World) -> None:
    for _ in range(_TRIES):
        _step(world)


def _give_back(world: World) -> None:
    world.give_back()


# --- what they are prepared with ---


def _of_groups(instance: ModuleType) -> CheckoutOpening:
    opening: CheckoutOpening = instance.api.contributing._opening
    return opening


def _nobody(world: World) -> None:
    steady(world, FUNCTION, _of_groups)


def _group(members: int, sources: dict[str, str]) -> Callable[[World], None]:
    def made(world: World) -> None:
        steady(world, FUNCTION, _of_groups)
        assert _create_once(world, members).status == 201
        purchase = world.purchase
        purchase.operation, purchase.sources = CONTRIBUTE, dict(sources)
        purchase.caller = f"{group_of(world)}/{share_id(group_of(world), 1)}"

    return made


def _half_paid(world: World) -> None:
    """One of two has paid."""
    _group(2, GOOD)(world)
    _insist_on_contributing(world)
    world.flow()


def _half_paid_and_out_of_time(world: World) -> None:
    _half_paid(world)
    world.clock.advance(MINUTES * 60)


def _out_of_time_and_to_give_back(world: World) -> None:
    """The group has expired, and who gives back what was paid has not heard of it."""
    _half_paid_and_out_of_time(world)
    _step(world)
    world.core.drain()


def _paid_at_the_last_moment(world: World) -> None:
    """Stripe has taken it, and the function died with its answer: its webhook waits. Meanwhile the time was over."""
    _group(1, GOOD)(world)
    world.die_at(INTENTS, CRASH_AFTER, _contribute)
    world.deliver_all()
    world.inbox.look()
    world.clock.advance(MINUTES * 60)
    _step(world)


# --- how it should end ---


def _group_is(seen: Seen, *states: str) -> Iterator[str]:
    found = [image["state"]["S"] for image in seen.of("group")]
    if found not in [[state] for state in states]:
        yield f"{found}, and should be {' or '.join(states)}"


def _made(seen: Seen) -> Iterator[str]:
    yield from _group_is(seen, *_UNPAID)
    if len(seen.of("group_share")) != 2 or seen.of("payment"):
        yield f"{len(seen.of('group_share'))} shares, and {len(seen.of('payment'))} payments"


def _completed(seen: Seen) -> Iterator[str]:
    yield from _group_is(seen, "completed")
    if seen.refunds or [each.state for each in seen.charges] != ["taken"]:
        yield f"{seen.charges}, and {seen.refunds} went back"


def _completed_or_never_charged(seen: Seen) -> Iterator[str]:
    """Where Stripe only repeats a failure of its own, nobody was charged, and the share can be paid anew."""
    if seen.charges:
        yield from _completed(seen)
    else:
        yield from _group_is(seen, *_UNPAID)


def _declined(seen: Seen) -> Iterator[str]:
    yield from _group_is(seen, *_UNPAID)
    if any(each.state == "taken" for each in seen.charges):
        yield f"{seen.charges}"


def _gone_back(state: str) -> Callable[[Seen], Iterator[str]]:
    def settled(seen: Seen) -> Iterator[str]:
        yield from _group_is(seen, state)
        taken, back = sum(each.amount for each in seen.money), sum(each.amount for each in seen.refunds)
        if taken != back:
            yield f"{taken} was taken, and {back} went back"
        if [image["state"]["S"] for image in seen.of("group_share") if "payment_id" in image] not in ([], ["refunded"]):
            yield f"shares {[image['state']['S'] for image in seen.of('group_share')]}"

    return settled


GROUPS = (
    Operation("a group is made", _create, _nobody, _insist_on_creating, settled=_made, faults=BRIEF),
    Operation(
        "the last share is paid",
        _contribute,
        _group(1, GOOD),
        _insist_on_contributing,
        settled=_completed_or_never_charged,
        faults=SEVERE,
        waits=PATIENCE,
    ),
    Operation(
        "a share is declined",
        _contribute,
        _group(1, DECLINED),
        _insist_on_contributing,
        settled=_declined,
        faults=BRIEF,
        waits=PATIENCE,
    ),
    Operation(
        "a group is out of time",
        _step,
        _half_paid_and_out_of_time,
        _step_again,
        settled=_gone_back("expired"),
        faults=BRIEF,
    ),
    Operation(
        "a group is called off",
        _cancel,
        _half_paid,
        _insist_on_cancelling,
        settled=_gone_back("cancelled"),
        faults=BRIEF,
    ),
    Operation(
        "what was paid for a group goes back",
        _give_back,
        _out_of_time_and_to_give_back,
        faults=SEVERE,
        settled=_gone_back("expired"),
        waits=PATIENCE,
    ),
    Operation(
        "a share is paid too late",
        apply,
        _paid_at_the_last_moment,
        _insist_on_contributing,
        faults=BRIEF,
        settled=_gone_back("expired"),
        waits=PATIENCE,
    ),
)
