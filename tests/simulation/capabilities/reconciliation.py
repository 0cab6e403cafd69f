"""Time that passes, and the reconciler."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from tests.simulation.capability import Action, Capability
from tests.simulation.seen import Seen
from tests.simulation.world import Choices, World
from tollgate.kernel.errors import RetryableError
from tollgate.reconciliation.ports import DueEvent, DueFinding, DueGiftCard, DuePayment

_JUMPS = tuple(
    timedelta(seconds=each) for each in (1, 10, 29, 61, 6 * 60, 16 * 60, 2 * 3600, 25 * 3600, 3 * 86_400, 9 * 86_400)
)


def _wait(world: World, choices: Choices) -> None:
    world.advance(choices.of(_JUMPS))


def _resume(world: World, choices: Choices) -> None:
    if world.suspended:
        world.resume(choices.number(len(world.suspended)))


def _reconcile(world: World, _: Choices) -> None:
    try:
        world.reconcile()
    except RetryableError:
        return  # its run could not be noted; the next one comes by schedule


def the_reconciler_meets_no_surprise(seen: Seen) -> Iterator[str]:
    for what, error in seen.world.rooms.troubles:
        if not isinstance(error, RetryableError):
            yield f"{what}: {type(error).__name__}: {error}"


def nothing_is_left_to_do(seen: Seen) -> Iterator[str]:
    """But what waits for a person, or for a payment that never comes."""
    world = seen.world
    for due in world.rooms.stored.due.due(world.clock.now()):
        if isinstance(due, DuePayment):
            payment = seen.payment(due.key.id)
            held = payment is not None and payment.review is not None
            if not held:
                yield f"{due.key.id} is due, {payment and payment.status}"
        elif isinstance(due, DueGiftCard):
            if not any(card.id == due.id and card.available < 0 for card in seen.cards()):
                yield f"{due} is due"
        elif not isinstance(due, DueEvent | DueFinding):
            yield f"{due} is due"


RECONCILIATION = Capability(
    "reconciliation",
    actions=(
        Action("wait", 10, _wait, outside=True),
        Action("resume", 8, _resume, outside=True),
        Action("reconcile", 4, _reconcile),
    ),
    invariants=(the_reconciler_meets_no_surprise, nothing_is_left_to_do),
)
