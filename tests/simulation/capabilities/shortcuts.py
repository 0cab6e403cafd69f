"""Shortcuts to where money is, which chance alone would seldom reach: what usually happens, in one step."""

from __future__ import annotations

import json
from datetime import timedelta

from tests.simulation.capabilities.checkout import open_checkout
from tests.simulation.capabilities.mail import all_that_is_left
from tests.simulation.capability import Action, Capability
from tests.simulation.world import Choices, World

# By then the provider has paid out, and the reconciler has asked.
_SETTLED = timedelta(days=3)


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


SHORTCUTS = Capability(
    "shortcuts",
    actions=(
        Action("sale", 16, _sale, outside=True),
        Action("days", 8, _days, outside=True),
    ),
)
