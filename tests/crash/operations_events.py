"""Operations that providers and streams bring about: accepting, applying and publishing events."""

from __future__ import annotations

from collections.abc import Iterator

from tests.crash.operations_checkout import BRIEF, mock_event
from tests.support.crashing import Operation
from tests.support.crashing_seen import Seen
from tests.support.crashing_world import World


def _confirmed(seen: Seen) -> Iterator[str]:
    states = [image["state"]["S"] for image in seen.of("payment")]
    if states != ["confirmed"]:
        yield f"the payment is {states}"


def _settled(seen: Seen) -> Iterator[str]:
    states = [image["state"]["S"] for image in seen.of("payment")]
    if states != ["settled"]:
        yield f"the payment is {states}"


def _paid(world: World) -> None:
    """An open checkout at Stripe, paid; its webhooks wait."""
    world.insist(world.purchase)
    world.flow()
    world.stripe.pay(world.purchase.answers[0].body["providerCheckoutSessionId"])
    world.listen()


def accepted(world: World) -> None:
    _paid(world)
    world.deliver_all()
    world.inbox.look()


def _accept_one(world: World) -> None:
    """The first webhook that is not acknowledged."""
    for delivery in world.listen()[:1]:
        world.deliver(delivery)


def _accept_again(world: World) -> None:
    """The provider was told, and delivers all the same."""
    for delivery in list(world.deliveries.values())[:1]:
        world.deliver(delivery)


def apply(world: World) -> None:
    """One invocation of the consumer with all that its stream has."""
    world.inbox.look()
    if world.inbox.pending:
        world.inbox.deliver()


def _unheard_of(world: World) -> None:
    """A payment that is not there, and the provider's word about it."""
    world.purchase.method = "mock"
    world.tell("mock", mock_event(world.purchase, "captured"))
    world.deliver_all()


def _made_after_all(world: World) -> None:
    world.insist(world.purchase)


def _settled_before_captured(world: World) -> None:
    """The settlement waits for the capture, which is accepted."""
    world.purchase.method = "mock"
    world.insist(world.purchase)
    world.tell("mock", mock_event(world.purchase, "settled"))
    world.flow()
    world.tell("mock", mock_event(world.purchase, "captured"))
    world.deliver_all()


def _settled_early(world: World) -> None:
    """A settlement comes, and the capture has not."""
    world.purchase.method = "mock"
    world.insist(world.purchase)
    world.tell("mock", mock_event(world.purchase, "settled"))
    world.deliver_all()


def _captured_after_all(world: World) -> None:
    world.tell("mock", mock_event(world.purchase, "captured"))


def _stored(world: World) -> None:
    """A purchase from beginning to end, of which nothing is published yet."""
    accepted(world)
    world.inbox.drain()
    world.core.look()


def _relay(world: World) -> None:
    """One invocation of the relay with all that its stream has."""
    if world.core.pending:
        world.core.deliver()


EVENTS = (
    Operation("webhook accept", prepare=_paid, act=_accept_one, settled=_confirmed),
    Operation("webhook accept of a duplicate", prepare=accepted, act=_accept_again, settled=_confirmed),
    Operation("apply", prepare=accepted, act=apply, settled=_confirmed),
    Operation(
        "apply before the payment exists",
        prepare=_unheard_of,
        act=apply,
        onward=_made_after_all,
        settled=_confirmed,
    ),
    Operation(
        "apply before its predecessor", prepare=_settled_early, act=apply, onward=_captured_after_all, settled=_settled
    ),
    Operation("apply that wakes an event", prepare=_settled_before_captured, act=apply, settled=_settled, faults=BRIEF),
    Operation("relay", prepare=_stored, act=_relay, settled=_confirmed),
)
