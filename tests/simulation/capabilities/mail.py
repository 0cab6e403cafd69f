"""What is told: the providers' events on their way to us, our streams, and our events on their way to subscribers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tests.simulation.capability import Action, Capability
from tests.simulation.feeds import Feed, all_or_none, one_by_one
from tests.simulation.seen import Seen
from tests.simulation.world import Choices, Told, World
from tests.support.memory.events import published
from tests.support.memory.store import Stored
from tollgate.gift_cards.model import GiftCard
from tollgate.inbox.model import Outcome
from tollgate.payments.model import Payment
from tollgate.payouts.model import Payout
from tollgate.subscriptions.model import Subscription

# What the reconciler finds out by itself. Of anything else only the provider's own retries, for days, tell.
_LOSABLE = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
        "payment_intent.succeeded",
        "payment_intent.processing",
        "payment_intent.payment_failed",
        "payment_intent.requires_action",
        "payment_intent.canceled",
        "payout.paid",
    }
)
_MOST_AT_ONCE = 8


def undelivered(world: World) -> list[Told]:
    """What is on its way to us."""
    return [each for each in world.post() if not each.acknowledged and not each.lost]


def _deliver(world: World, choices: Choices) -> None:
    waiting = undelivered(world)
    if waiting:
        world.deliver(choices.of(waiting))


def _deliver_again(world: World, choices: Choices) -> None:
    if world.post():
        world.deliver(choices.of(world.mail))


def _lose(world: World, choices: Choices) -> None:
    waiting = [each for each in undelivered(world) if each.event.type in _LOSABLE and not each.event.lone]
    if waiting:
        choices.of(waiting).lost = True


def feeds(world: World) -> dict[str, Feed[Any]]:
    """Made once for a world."""
    if "feeds" not in world.notes:
        world.notes["feeds"] = {
            "inbox": Feed(lambda: _stream(world, ("inbox", "wake")), one_by_one(lambda each: _apply(world, each))),
            "journal": Feed(lambda: _stream(world, ("journal",)), all_or_none(lambda batch: _project(world, batch))),
            "events": Feed(lambda: _stream(world, ("event",)), lambda batch: _relay(world, batch)),
            "bus": Feed(lambda: world.rooms.bus.taken, all_or_none(world.rooms.count)),
        }
    made: dict[str, Feed[Any]] = world.notes["feeds"]
    return made


def _stream(world: World, kinds: Sequence[str]) -> list[Stored]:
    """What was inserted of these kinds. Read on from where the last look ended: a stream only grows."""
    known, position = world.notes.get(f"stream of {kinds}", ([], 0))
    stream = world.rooms.stored.store.stream
    known += [each for each in stream[position:] if each.inserted and each.place[0] in kinds]
    world.notes[f"stream of {kinds}"] = (known, len(stream))
    found: list[Stored] = known
    return found


def _apply(world: World, stored: Stored) -> None:
    provider, event_id = stored.place[1:3]
    if stored.place[0] == "wake":
        world.rooms.inbox.wake(provider, event_id)
    else:
        world.rooms.inbox.apply(stored.value.event)


def _project(world: World, batch: Sequence[Stored]) -> None:
    world.rooms.projector.project([each.value.entry for each in batch if not each.value.projected])


def _relay(world: World, batch: Sequence[Stored]) -> int:
    return world.rooms.bus.publish([published(each.value) for each in batch])


def _consume(name: str) -> Action:
    def act(world: World, choices: Choices) -> None:
        size = 1 + choices.number(_MOST_AT_ONCE)
        feeds(world)[name].deliver(size, back=choices.number(4) if choices.number(3) == 0 else 0)

    return Action(f"consume_{name}", 9 if name == "inbox" else 5, act)


def all_that_is_left(world: World) -> bool:
    waiting = [] if world.mail_is_late else undelivered(world)
    for told in waiting:
        world.deliver(told)
    busy = bool(waiting)
    for feed in feeds(world).values():
        while left := feed.waits:
            busy = True
            feed.deliver(left)
            if feed.waits >= left:
                break
    return busy


def events_have_no_gaps(seen: Seen) -> Iterator[str]:
    numbers: dict[tuple[str, str, str], list[int]] = {}
    for event in seen.events():
        aggregate = (event.tenant, event.aggregate_type, event.aggregate_id)
        numbers.setdefault(aggregate, []).append(event.sequence)
    for aggregate, sequence in numbers.items():
        if sorted(sequence) != list(range(1, len(sequence) + 1)):
            yield f"{aggregate} has {sorted(sequence)}"
    stored: list[tuple[str, Payment | Payout | GiftCard | Subscription]] = []
    stored += [("payment", each) for each in seen.payments()]
    stored += [("payout", each) for each in seen.payouts()]
    stored += [("gift_card", each) for each in seen.cards()]
    stored += [("subscription", each) for each in seen.subscriptions()]
    for type_, each in stored:
        if len(numbers.get((each.tenant, type_, each.id), [])) != each.version:
            yield f"{each.id} is at {each.version}, and has other events"


def events_never_change(seen: Seen) -> Iterator[str]:
    for kind in ("event", "journal"):
        for place, versions in seen.versions(kind):
            if len(versions) > 1:
                yield f"{place} was written {len(versions)} times"


def every_event_is_published(seen: Seen) -> Iterator[str]:
    taken = {each.id for each in seen.world.rooms.bus.taken}
    for event in seen.events():
        if event.id not in taken:
            yield f"{event.type} {event.sequence} of {event.aggregate_id} is not on the bus"


def nothing_is_published_that_did_not_happen(seen: Seen) -> Iterator[str]:
    stored = {each.id for each in seen.events()}
    for event in seen.world.rooms.bus.taken:
        if event.id not in stored:
            yield f"{event.type} {event.sequence} of {event.aggregate_id} is on the bus alone"


def every_event_of_a_provider_is_settled(seen: Seen) -> Iterator[str]:
    inbox = seen.world.rooms.stored.inbox
    for told in seen.world.mail:
        outcome = inbox.outcome(told.event.provider, told.event.id)
        if told.acknowledged and (outcome is None or not (outcome.is_final or outcome is Outcome.PARKED)):
            yield f"{told.event.type} {told.event.id} is {outcome}"


def what_is_acknowledged_is_stored(seen: Seen) -> Iterator[str]:
    for told in seen.world.mail:
        event = told.event
        if told.acknowledged and seen.world.rooms.stored.inbox.get(event.provider, event.id) is None:
            yield f"{event.id} was acknowledged, and is not stored"


MAIL = Capability(
    "mail",
    actions=(
        Action("deliver", 16, _deliver),
        Action("deliver_again", 3, _deliver_again),
        Action("lose", 3, _lose, outside=True),
        *(_consume(name) for name in ("inbox", "journal", "events", "bus")),
    ),
    invariants=(
        events_have_no_gaps,
        events_never_change,
        every_event_is_published,
        nothing_is_published_that_did_not_happen,
        every_event_of_a_provider_is_settled,
        what_is_acknowledged_is_stored,
    ),
    settle=all_that_is_left,
)
