"""Renewals, as a provider makes them by itself: periods that pass, cards that pay or do not, and what is done at its
dashboard, or on its own pages, without a word to us.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

from tests.simulation.capabilities.dunning import next_step, run_what_is_due
from tests.simulation.capabilities.mail import all_that_is_left, feeds, undelivered
from tests.simulation.capability import Action, Capability
from tests.simulation.history import LARGEST_CHOICE
from tests.simulation.plan_books import DRAFT, PlanBooks
from tests.simulation.plan_shapes import item_of
from tests.simulation.provider_books import Fields
from tests.simulation.world import Choices, World
from tollgate.reconciliation.ports import DueSubscription

# Whose next period is as far away as next year's is not waited for.
_NEAR = timedelta(days=40)
_A_MOMENT = timedelta(seconds=1)
_NEVER = datetime.max.replace(tzinfo=UTC)
_DECLINES = (1, 1, 2, 3, 9)
_CODES = ("insufficient_funds", "insufficient_funds", "expired_card", "authentication_required")
_DAYS = tuple(timedelta(days=each) for each in (1, 2, 3, 4, 8))


def _living(world: World) -> list[tuple[PlanBooks, Fields]]:
    found = world.everywhere(lambda books: books.subscriptions)
    return [each for each in found if each[1]["status"] != "canceled"]


def _of_one(act: Callable[[World, PlanBooks, Fields, Choices], None]) -> Callable[[World, Choices], None]:
    def on_one_of_them(world: World, choices: Choices) -> None:
        living = _living(world)
        if living:
            act(world, *choices.of(living), choices)

    return on_one_of_them


def go_on_until(world: World, then: datetime, *, deaf: bool = False) -> None:
    """Step by step where something happens on the way: nobody hears of a period when the next has passed. While we are
    `deaf`, all that providers tell is late.
    """
    while (stop := _next_stop(world)) < then:
        if not deaf:
            all_that_is_left(world)
        run_what_is_due(world)
        world.advance(stop - world.clock.now())
        if any(isinstance(each, DueSubscription) for each in world.rooms.stored.due.due(stop)):
            world.reconcile()
    world.advance(then - world.clock.now())


def _next_stop(world: World) -> datetime:
    """A moment after something has happened at a provider, or is due here."""
    now = world.clock.now()
    moments = [datetime.fromtimestamp(at, UTC) for books in world.books.values() for at, _ in books.moments()]
    stops = (each + _A_MOMENT for each in (*moments, *next_step(world)))
    return min((each for each in stops if each > now), default=_NEVER)


def _renew(world: World, _: PlanBooks, subscription: Fields, __: Choices) -> None:
    """Until its next period has been charged, or not. What is told of that arrives later."""
    end = datetime.fromtimestamp(item_of(subscription)["current_period_end"] + DRAFT, UTC) + _A_MOMENT
    if end - world.clock.now() < _NEAR:
        go_on_until(world, end)


def _decline(_: World, books: PlanBooks, subscription: Fields, choices: Choices) -> None:
    """From now on, for so many times."""
    card = books.cards[subscription["default_payment_method"]]
    card.declines, card.code = choices.of(_DECLINES), choices.of(_CODES)


def _lapse(world: World, books: PlanBooks, subscription: Fields, choices: Choices) -> None:
    """A period that could not be charged, and heard of."""
    _decline(world, books, subscription, choices)
    _renew(world, books, subscription, choices)
    all_that_is_left(world)


def _days_of_dunning(world: World, choices: Choices) -> None:
    """In which nothing goes wrong."""
    go_on_until(world, world.clock.now() + choices.of(_DAYS))


def _deaf_days(world: World, choices: Choices) -> None:
    """The same, and nothing that providers tell arrives."""
    go_on_until(world, world.clock.now() + choices.of(_DAYS), deaf=True)


def _at_the_dashboard(_: World, books: PlanBooks, subscription: Fields, choices: Choices) -> None:
    what = choices.number(7)
    id_ = subscription["id"]
    if what in (0, 1):
        books.end(id_, "payment_failed" if subscription["status"] == "past_due" and what else "cancellation_requested")
    elif what in (2, 3):
        books.update(id_, {"cancel_at_period_end": what == 2})
    elif what in (4, 5):
        books.update(id_, {"pause_collection": {"behavior": "void"} if what == 4 else ""})
    else:
        item = item_of(subscription)
        before = copy.deepcopy(subscription)
        item["price"] = {**item["price"], "unit_amount": item["price"]["unit_amount"] + 50}
        books.report(subscription, before)


def _pay_there(world: World, choices: Choices) -> None:
    """What is open, with the card of the moment, on a page that the provider mails to its customers: of what is over,
    too.
    """
    found = world.everywhere(lambda books: books.invoices)
    open_ = [each for each in found if each[1]["status"] == "open"]
    if open_:
        books, invoice = choices.of(open_)
        books.collect(books.subscription_of(invoice), invoice)


def _told_in_any_order(world: World, choices: Choices) -> None:
    """Everything that was told comes at once, each thing as likely to be first."""
    waiting = undelivered(world)
    Random(choices.number(LARGEST_CHOICE)).shuffle(waiting)
    for told in waiting:
        world.deliver(told)
    inbox = feeds(world)["inbox"]
    inbox.deliver(inbox.waits)


RENEWALS = Capability(
    "renewals",
    actions=(
        Action("renew", 40, _of_one(_renew), outside=True),
        Action("lapse", 36, _of_one(_lapse), outside=True),
        Action("card_declines", 16, _of_one(_decline), outside=True),
        Action("days_of_dunning", 24, _days_of_dunning, outside=True),
        Action("deaf_days", 16, _deaf_days, outside=True),
        Action("plan_at_dashboard", 24, _of_one(_at_the_dashboard), outside=True),
        Action("pay_there", 20, _pay_there, outside=True),
        Action("told_in_any_order", 40, _told_in_any_order),
    ),
    apart=True,
)
