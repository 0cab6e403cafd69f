"""Dunning: an execution of the state machine for each debt, which asks for one step after the other; cards that are
given, and users who pay by themselves.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from tests.simulation.capabilities import dunning_promises as promises
from tests.simulation.capability import Action, Capability
from tests.simulation.feeds import Feed, one_by_one
from tests.simulation.plan_books import PlanBooks
from tests.simulation.provider_books import Fields
from tests.simulation.world import Choices, World
from tollgate.kernel.access import Viewer
from tollgate.kernel.errors import RetryableError, TollgateError
from tollgate.kernel.idempotency import Response
from tollgate.reconciliation.ports import PublishedEvent
from tollgate.runtime.event_queue import Published
from tollgate.subscriptions import events
from tollgate.subscriptions.model import AGGREGATE, LIVE, Subscription
from tollgate.subscriptions.ports import SubscriptionKey

_PAGES = ("https://shop.example/thanks", "https://shop.example/plans")
# Nothing is planned for later.
_LONGEST = timedelta(days=8)
# Of a card that was given: how often it declines.
_CARDS = (0, 0, 0, 1, 9)


@dataclass
class Machine:
    """One execution. When its next step is due; None once it has ended, or died."""

    key: SubscriptionKey
    invoice: str
    until: datetime | None


def _machines(world: World) -> list[Machine]:
    """All that were started: by name, so that an event that comes twice starts one."""
    feed: Feed[PublishedEvent] = world.notes.setdefault(
        "starter", Feed(lambda: world.rooms.bus.taken, one_by_one(partial(_start, world)))
    )
    feed.deliver(feed.waits)
    return list(_started(world).values())


def _started(world: World) -> dict[tuple[str, str], Machine]:
    found: dict[tuple[str, str], Machine] = world.notes.setdefault("machines", {})
    return found


def _start(world: World, event: PublishedEvent) -> None:
    if event.type == events.GRACE_STARTED:
        invoice = json.loads(event.body)["data"]["invoice"]
        key = SubscriptionKey(event.tenant, event.aggregate_id)
        _started(world).setdefault((key.id, invoice), Machine(key, invoice, world.clock.now()))


def next_step(world: World) -> Iterator[datetime]:
    """When each of them goes on."""
    yield from (each.until for each in _machines(world) if each.until is not None)


def _step(world: World, machine: Machine) -> None:
    """What it raises, the machine tries again."""
    try:
        step = world.rooms.subscribing.dunning.step(machine.key, machine.invoice)
    except RetryableError:
        return
    machine.until = step.until


def _due(world: World) -> list[Machine]:
    now = world.clock.now()
    return [each for each in _machines(world) if each.until is not None and each.until <= now]


def _dun(world: World, choices: Choices) -> None:
    """A step that is due, or that is waited for. One that has ended may be asked once more."""
    wait = min(next_step(world), default=world.clock.now()) - world.clock.now()
    if timedelta(0) < wait < _LONGEST and choices.number(4):
        world.advance(wait)
    asked = _due(world) or _machines(world)
    if asked:
        _step(world, choices.of(asked))


def _die(world: World, choices: Choices) -> None:
    going = [each for each in _machines(world) if each.until is not None]
    if going:
        choices.of(going).until = None


def run_what_is_due(world: World) -> bool:
    """Whether anything came of it."""
    stream, feed = world.rooms.stored.store.stream, _cards(world)
    stored, waits = len(stream), feed.waits
    feed.deliver(waits)
    for machine in _due(world):
        _step(world, machine)
    return len(stream) > stored or feed.waits < waits


# --- users ---


def _one(world: World, choices: Choices, likely: Callable[[Subscription], bool]) -> Subscription | None:
    stored: list[Subscription] = world.rooms.stored.store.of("subscription")
    wanted = [each for each in stored if likely(each)]
    return choices.of(wanted) if wanted else None


def _pay(world: World, choices: Choices) -> None:
    """Under one key, until there is an answer."""
    of = _one(world, choices, lambda each: each.debt is not None)
    if of is None:
        return
    viewer, key, id_ = Viewer(of.tenant, of.owner), world.key(), of.id
    promises.reasons_of(world)[id_] += 1

    def call() -> Response:
        world.rooms.subscribing.desk.pay(viewer, id_, key, None)
        return Response(200, "paid")

    world.ask("pay_debt", call)


def _ask_for_card_page(world: World, choices: Choices) -> None:
    of = _one(world, choices, lambda each: each.state in LIVE)
    if of is not None:
        try:
            world.rooms.subscribing.desk.card_page(Viewer(of.tenant, of.owner), of.id, *_PAGES)
        except TollgateError:
            return  # its user is told


def _give_card(world: World, choices: Choices) -> None:
    """On a page that is open; where none is, on one that is made for it."""
    if not _card_pages(world):
        _ask_for_card_page(world, choices)
    pages = _card_pages(world)
    if pages:
        books, page = choices.of(pages)
        books.pay(page, "card")
        books.cards[books.setups[page["setup_intent"]]["payment_method"]].declines = choices.of(_CARDS)
        promises.reasons_of(world)[page["client_reference_id"]] += 1


def _card_pages(world: World) -> list[tuple[PlanBooks, Fields]]:
    pages = world.everywhere(lambda books: books.sessions)
    return [each for each in pages if each[1]["mode"] == "setup" and each[1]["status"] == "open"]


def _cards(world: World) -> Feed[PublishedEvent]:
    """As `card_adopter` has it."""

    def adopt(event: PublishedEvent) -> None:
        if event.type == events.CARD_GIVEN:
            said = json.loads(event.body)["data"]
            world.rooms.subscribing.adopting.do(
                Published(event.tenant, event.type, AGGREGATE, event.aggregate_id, said)
            )

    feed: Feed[PublishedEvent] = world.notes.setdefault("cards", Feed(lambda: world.rooms.bus.taken, one_by_one(adopt)))
    return feed


def _adopt(world: World, choices: Choices) -> None:
    _cards(world).deliver(1 + choices.number(8), back=choices.number(4) if choices.number(3) == 0 else 0)


DUNNING = Capability(
    "dunning",
    actions=(
        Action("dun", 44, _dun),
        Action("machine_dies", 4, _die, outside=True),
        Action("pay_debt", 16, _pay),
        Action("card_page", 8, _ask_for_card_page),
        Action("give_card", 24, _give_card, outside=True),
        Action("adopt_card", 10, _adopt),
    ),
    invariants=(
        promises.a_bank_is_asked_as_often_as_there_is_a_reason,
        promises.no_try_is_told_that_was_not_made,
        promises.grace_ends_once,
        promises.who_does_not_pay_is_let_down,
        promises.nobody_is_given_up_who_has_paid,
        promises.a_debt_is_of_an_open_payment,
    ),
    settle=run_what_is_due,
    apart=True,
)
