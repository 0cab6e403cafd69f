"""Operations of tickets that are resold: listed, bought, handed over or not, and what becomes of the money."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from types import ModuleType

from tests.crash.operations_charges import BAD, GOOD
from tests.crash.operations_checkout import BRIEF
from tests.crash.operations_events import apply
from tests.crash.operations_failover import SEVERE, steady
from tests.support.crashing import Operation
from tests.support.crashing_client import TENANT, of_its_payment
from tests.support.crashing_faults import CRASH_AFTER
from tests.support.crashing_seen import Seen
from tests.support.crashing_world import World
from tests.support.deployment import PLATFORM_TOKEN, Answer
from tests.support.requests import ORIGIN, token
from tollgate.checkout.opening import CheckoutOpening
from tollgate.kernel.errors import RetryableError
from tollgate.kernel.ids import derived
from tollgate.marketplace.purchasing import OPERATION

FUNCTION, STEP = "marketplace_api", "escrow_step"
INTENTS = "stripe.POST /v1/payment_intents"
PRICE, FACE = 15_000, 10_000
WINDOW = 72 * 60 * 60
_TRIES = 2
PATIENCE = (6 * 60, 90 * 60, 26 * 60 * 60, 26 * 60 * 60)


def listing_of(world: World) -> str:
    """The id that follows from who lists, and under which key."""
    return derived("lst", TENANT, _seller(world), world.purchase.made_under)


def escrow_of(world: World) -> str:
    return derived("esc", TENANT, world.purchase.user, OPERATION, world.purchase.key)


def _seller(world: World) -> str:
    return f"seller-{world.purchase.made_under}"


def _ticket(world: World) -> str:
    return f"tic-{world.purchase.made_under}"


# --- sellers, buyers, and the ticket service ---


def _list_once(world: World) -> Answer:
    body = {"ticketId": _ticket(world), "price": PRICE, "venueId": "ven_1"}
    headers = {**_as(_seller(world)), "idempotency-key": world.purchase.made_under}
    return world.call("POST", "/api/v1/marketplace/listings", body, headers, FUNCTION)


def _list(world: World) -> None:
    _list_once(world)


def _insist_on_listing(world: World) -> None:
    first = world.until_answered(lambda: _list_once(world))
    assert first.status == 201, first
    assert _list_once(world).body["listing"] == first.body["listing"]


def _buy_once(world: World) -> Answer:
    purchase = world.purchase
    body = {"listingId": listing_of(world), "sources": purchase.sources, "returnUrl": f"{ORIGIN}/thanks"}
    headers = {"idempotency-key": purchase.key}
    answer = world.call("POST", "/api/v1/marketplace/purchase", body, headers, FUNCTION)
    return purchase.hear(of_its_payment(answer))


def _buy(world: World) -> None:
    _buy_once(world)


def _insist_on_buying(world: World) -> None:
    """With the same key until there is an answer, and once more."""
    world.stripe.down = False
    world.until_answered(lambda: _buy_once(world))
    _buy_once(world)


def _confirm_once(world: World) -> Answer:
    return world.call("POST", f"/internal/transfers/{escrow_of(world)}/confirm", {}, _as_service(), FUNCTION)


def _confirm(world: World) -> None:
    _confirm_once(world)


def _insist_on_confirming(world: World) -> None:
    assert world.until_answered(lambda: _confirm_once(world)).status == 200


def _resolve_once(world: World) -> Answer:
    path = f"/api/v1/marketplace/escrows/{escrow_of(world)}/resolve"
    return world.call("POST", path, {"decision": "refund"}, _as("boss", "admin"), FUNCTION)


def _resolve(world: World) -> None:
    _resolve_once(world)


def _insist_on_resolving(world: World) -> None:
    assert world.until_answered(lambda: _resolve_once(world)).status == 200


def _register(world: World) -> None:
    body = {
        "ownerId": _seller(world),
        "venueId": "ven_1",
        "eventId": "evt_1",
        "faceValue": FACE,
        "currency": "USD",
    }
    answer = world.call("PUT", f"/internal/marketplace/tickets/{_ticket(world)}", body, _as_service(), FUNCTION)
    assert answer.status == 200, answer


def _as(user: str, role: str = "user") -> dict[str, str]:
    return {"authorization": f"Bearer {token(user, TENANT, role)}"}


def _as_service() -> dict[str, str]:
    return {"authorization": "", "x-platform-internal-token": PLATFORM_TOKEN, "x-tenant-id": TENANT}


# --- machines and queues ---


def _step(world: World) -> None:
    """What it raises, the machine tries again."""
    with suppress(RetryableError):
        world.invoke(STEP, {"tenant": TENANT, "escrow": escrow_of(world)})


def _step_again(world: World) -> None:
    for _ in range(_TRIES):
        _step(world)


def _give_back(world: World) -> None:
    world.returns.deliver()


# --- what they are prepared with ---


def _of_resales(instance: ModuleType) -> CheckoutOpening:
    opening: CheckoutOpening = instance.api.purchasing._opening
    return opening


def _holder(world: World) -> None:
    steady(world, FUNCTION, _of_resales)
    _register(world)


def _buyer(sources: Mapping[str, str]) -> Callable[[World], None]:
    def listed(world: World) -> None:
        _holder(world)
        assert _list_once(world).status == 201
        world.purchase.operation, world.purchase.sources = OPERATION, dict(sources)

    return listed


def _bought(world: World) -> None:
    _buyer(GOOD)(world)
    _insist_on_buying(world)
    world.flow()


def _handed_over(world: World) -> None:
    _bought(world)
    _insist_on_confirming(world)


def _not_handed_over(world: World) -> None:
    _bought(world)
    world.clock.advance(WINDOW)


def _refunded(world: World) -> None:
    """Who gives back what was paid has not heard of it."""
    _not_handed_over(world)
    _step(world)
    world.core.drain()


def _bought_and_told_before_it_is_stored(world: World) -> None:
    """The function dies with Stripe's answer; its webhook is accepted."""
    _buyer(GOOD)(world)
    world.die_at(INTENTS, CRASH_AFTER, _buy)
    world.deliver_all()
    world.inbox.look()


# --- how it should end ---


def _escrow_is(seen: Seen, *states: str) -> Iterator[str]:
    found = [image["state"]["S"] for image in seen.of("escrow")]
    if found not in [[state] for state in states]:
        yield f"{found}, and should be {' or '.join(states)}"


def _listed_once(seen: Seen) -> Iterator[str]:
    listings, tickets = seen.of("listing"), seen.of("ticket")
    if [image["state"]["S"] for image in listings] != ["active"] or "listing" not in tickets[0]:
        yield f"{listings}, {tickets}"


def _paid(seen: Seen) -> Iterator[str]:
    """Where nobody hands the ticket over, the time runs out; where Stripe only repeats a failure, nobody is charged."""
    if seen.charges:
        yield from _escrow_is(seen, "funded", "refunded")
    else:
        yield from _freed(seen)


def _freed(seen: Seen) -> Iterator[str]:
    yield from _escrow_is(seen, "cancelled")
    if [image["state"]["S"] for image in seen.of("listing")] != ["active"]:
        yield f"{seen.of('listing')}"
    if any(each.state == "taken" for each in seen.charges):
        yield f"{seen.charges}"


def _confirmed(seen: Seen) -> Iterator[str]:
    yield from _escrow_is(seen, "funded", "released")
    if any("listing" in image for image in seen.of("ticket")):
        yield f"{seen.of('ticket')}"


def _released(seen: Seen) -> Iterator[str]:
    yield from _escrow_is(seen, "released")
    if seen.refunds:
        yield f"{seen.refunds} went back"


def _gone_back(seen: Seen) -> Iterator[str]:
    yield from _escrow_is(seen, "refunded")
    taken, back = sum(each.amount for each in seen.money), sum(each.amount for each in seen.refunds)
    if taken != back:
        yield f"{taken} was taken, and {back} went back"


RESALES = (
    Operation("a ticket is listed", _list, _holder, _insist_on_listing, settled=_listed_once, faults=BRIEF),
    Operation(
        "a listing is bought", _buy, _buyer(GOOD), _insist_on_buying, settled=_paid, faults=SEVERE, waits=PATIENCE
    ),
    Operation(
        "a buyer is declined", _buy, _buyer(BAD), _insist_on_buying, settled=_freed, faults=BRIEF, waits=PATIENCE
    ),
    Operation(
        "an escrow is funded",
        apply,
        _bought_and_told_before_it_is_stored,
        _insist_on_buying,
        settled=_paid,
        faults=BRIEF,
    ),
    Operation("a ticket is handed over", _confirm, _bought, _insist_on_confirming, settled=_confirmed, faults=BRIEF),
    Operation("an escrow is released", _step, _handed_over, _step_again, settled=_released, faults=BRIEF),
    Operation("a ticket is not handed over", _step, _not_handed_over, _step_again, settled=_gone_back, faults=BRIEF),
    Operation("an admin gives it back", _resolve, _bought, _insist_on_resolving, settled=_gone_back, faults=BRIEF),
    Operation(
        "what was paid for a resale goes back",
        _give_back,
        _refunded,
        settled=_gone_back,
        faults=BRIEF,
        waits=PATIENCE,
    ),
)
