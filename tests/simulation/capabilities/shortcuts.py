"""Shortcuts to where money is, which chance alone would seldom reach: what usually happens, in one step."""

from __future__ import annotations

import json
from datetime import timedelta

from tests.simulation.capabilities.checkout import open_checkout
from tests.simulation.capabilities.mail import all_that_is_left
from tests.simulation.capability import Action, Capability
from tests.simulation.world import Choices, World
from tollgate.payments.settlement import RESERVED_FOR

# By then the provider has paid out, and the reconciler has asked.
_SETTLED = timedelta(days=2, hours=1)
_SWEEPS = ("events", "sessions:stripe:soon", "sessions:stripe:final")


def _sale(world: World, choices: Choices) -> None:
    """Opened, paid, told, posted and published."""
    request = open_checkout(world, choices)
    session = json.loads(request.answers[0][1].body)["providerCheckoutSessionId"]
    world.books.pay(world.books.sessions[session], "card")
    all_that_is_left(world)


def _days(world: World, _: Choices) -> None:
    """Nothing goes wrong for some days."""
    world.advance(_SETTLED)
    world.rooms.reconciler.run(world.rooms.ids.new("run"), "schedule", lambda: False)
    all_that_is_left(world)


def _quarter(world: World, choices: Choices) -> None:
    """A quiet one, after which reserves are released. The reconciler has run all the while, and found nothing."""
    _days(world, choices)
    world.advance(RESERVED_FOR)
    for sweep in _SWEEPS:
        world.rooms.stored.runs.advance(sweep, world.clock.now() - timedelta(days=2))
    _days(world, choices)


SHORTCUTS = Capability(
    "shortcuts",
    actions=(
        Action("sale", 16, _sale, outside=True),
        Action("days", 8, _days, outside=True),
        Action("quarter", 1, _quarter, outside=True),
    ),
)
