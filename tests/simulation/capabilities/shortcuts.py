"""Shortcuts to where money is, which chance alone would seldom reach: what usually happens, in one step."""

from __future__ import annotations

import json
from datetime import timedelta

from tests.simulation.capabilities.checkout import open_checkout
from tests.simulation.capabilities.gift_cards import USUAL, buy_a_card, open_with_tenders, spendable
from tests.simulation.capabilities.mail import all_that_is_left
from tests.simulation.capabilities.renewals import go_on_until
from tests.simulation.capability import Action, Capability
from tests.simulation.world import Choices, Request, World
from tollgate.payments.settlement import RESERVED_FOR
from tollgate.reconciliation.delivery import DELIVERED_WITHIN

# By then the provider has paid out, and the reconciler has asked.
_SETTLED = timedelta(days=2, hours=1)


def _sale(world: World, choices: Choices) -> None:
    """Opened, paid, told, posted and published."""
    paid(world, open_checkout(world, choices))


def _gift(world: World, choices: Choices) -> None:
    """A gift card, bought and paid."""
    paid(world, buy_a_card(world, choices))


def _checkout_for_tenders(world: World, choices: Choices) -> Request | None:
    """Of which the provider is left only a part, or none. Who has no card is given one first."""
    if not spendable(world):
        _gift(world, Choices((choices.number(4),)))
    return open_with_tenders(world, choices, USUAL)


def _sale_for_tenders(world: World, choices: Choices) -> None:
    """The same, and paid."""
    request = _checkout_for_tenders(world, choices)
    if request is not None:
        paid(world, request)


def paid(world: World, request: Request) -> None:
    """On the page that was shown, and all that follows from it."""
    answers = [json.loads(response.body) for _, response in request.answers]
    pages = [each["providerCheckoutSessionId"] for each in answers if each.get("providerCheckoutSessionId")]
    for books, session in world.sessions():
        if session["id"] in pages:
            books.pay(session, "card")
    all_that_is_left(world)


def _days(world: World, _: Choices) -> None:
    """Nothing goes wrong for some days."""
    world.advance(_SETTLED)
    world.reconcile()
    all_that_is_left(world)


def _quarter(world: World, choices: Choices) -> None:
    """A quiet one, after which reserves are released."""
    _days(world, choices)
    # What those days brought is seen before the lull.
    world.advance(2 * DELIVERED_WITHIN)
    world.reconcile()
    go_on_until(world, world.clock.now() + RESERVED_FOR)
    _days(world, choices)


SHORTCUTS = Capability(
    "shortcuts",
    actions=(
        Action("sale", 15, _sale, outside=True),
        Action("gift", 9, _gift, outside=True),
        Action("checkout_for_tenders", 6, _checkout_for_tenders, outside=True),
        Action("sale_for_tenders", 8, _sale_for_tenders, outside=True),
        Action("days", 8, _days, outside=True),
        Action("quarter", 1, _quarter, outside=True),
    ),
)
