"""Money that is only set aside, as its providers and banks see it: let go by itself, agreed to when nobody wants it any
more, and where it cannot be set aside at all.
"""

from __future__ import annotations

from datetime import timedelta

from tests.simulation.capabilities import hold_promises as promises
from tests.simulation.capabilities.charges import at_their_banks, direct
from tests.simulation.capabilities.groups import run
from tests.simulation.capability import Action, Capability
from tests.simulation.charge_books import HELD_FOR, confirm_charge, let_lapse
from tests.simulation.provider_books import Fields
from tests.simulation.rooms import PROVIDERS
from tests.simulation.world import Choices, World
from tollgate.group_payments.model import Group
from tollgate.payments.model import Payment


def _change(world: World, choices: Choices) -> None:
    """Somebody turns it off at a provider, or on again, whatever is under way."""
    books = world.books[choices.of((PROVIDERS[1], *PROVIDERS))]
    books.sets_aside = not books.sets_aside


def _lapse(world: World, choices: Choices) -> None:
    """A bank thinks better of one; or a week passes in which none of ours does anything."""
    held = [each for each in direct(world) if each[1]["status"] == "requires_capture"]
    if not held:
        return
    if choices.number(4) == 0:
        world.advance(HELD_FOR)
    else:
        let_lapse(*choices.of(held))


def _confirm_late(world: World, choices: Choices) -> None:
    """The buyer comes back from the bank when the group is over."""
    waiting = [(asked, group) for asked in at_their_banks(world) if (group := _group_of(world, asked[1])) is not None]
    if not waiting:
        return
    (books, intent), group = choices.of(waiting)
    world.advance(max(group.ends_at - world.clock.now(), timedelta(0)))
    run(world, group)
    confirm_charge(books, intent, passed=True)


def _group_of(world: World, intent: Fields) -> Group | None:
    payments: list[Payment] = world.rooms.stored.store.of("payment")
    id_ = intent["metadata"]["tollgate_payment"]
    deposits = {each.deposit.id for each in payments if each.id == id_ and each.deposit}
    groups: list[Group] = world.rooms.stored.store.of("group")
    return next((each for each in groups if each.id in deposits), None)


HOLDS = Capability(
    "holds",
    actions=(
        Action("holding_changes", 2, _change, outside=True),
        Action("hold_lapses", 2, _lapse, outside=True),
        Action("confirm_late", 4, _confirm_late),
    ),
    invariants=promises.ALL,
    held=True,
)
