"""Groups that pay together: made, paid share by share, covered, called off, and out of time."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from tests.simulation.capabilities import group_promises as promises
from tests.simulation.capability import Action, Capability
from tests.simulation.feeds import Feed, one_by_one
from tests.simulation.rooms import BUYERS, PROVIDERS, SELLERS, TENANTS
from tests.simulation.tasks import Kind
from tests.simulation.world import Choices, World
from tollgate.checkout.charge_ports import ChargeRequest
from tollgate.group_payments.contributing import Contribute
from tollgate.group_payments.creating import CreateGroup, Member
from tollgate.group_payments.model import Group, Selection
from tollgate.group_payments.shares import Share, ShareState
from tollgate.kernel.access import Viewer
from tollgate.kernel.errors import RetryableError, TollgateError
from tollgate.kernel.idempotency import Response
from tollgate.reconciliation.ports import PublishedEvent
from tollgate.runtime.event_queue import Published, Work

# How many tickets each member takes.
_MEMBERS = ((1,), (1, 1), (2, 1), (1, 1, 1), (3, 2, 1))
_TICKETS = ((1_000, "USD"), (777, "USD"), (333, "JPY"))
# With which method a share is paid, at the preferred provider and at the other.
METHODS = (
    *(("pm_ok", "pm_ok"),) * 4,
    ("pm_ok", None),
    (None, "pm_ok"),
    ("pm_slow", None),
    ("pm_confirm", "pm_confirm"),
    ("pm_confirm", None),
    ("pm_soft", "pm_ok"),
    ("pm_broke", "pm_broke"),
    ("pm_gone", None),
)


def _create(world: World, choices: Choices) -> None:
    tickets, (price, currency) = choices.of(_MEMBERS), choices.of(_TICKETS)
    owner, seller = choices.of(BUYERS), choices.of((*SELLERS, None))
    wish = CreateGroup(
        tenant=choices.of(TENANTS),
        organizer=owner,
        caller=owner,
        key=world.key(),
        body={"tickets": list(tickets), "price": price},
        occasion="evt_1",
        currency=currency,
        selections=(Selection("seat", sum(tickets), price),),
        members=tuple(Member(f"friend{n}@example.com", f"Friend {n}", each) for n, each in enumerate(tickets)),
        seller=seller,
    )

    def call() -> Response:
        world.rooms.holding.creation.create(wish)
        return Response(201, "made")

    world.ask("group", call)


def _contribute(world: World, choices: Choices) -> None:
    """Mostly to a share that nobody pays yet, of the same group as others before; sometimes to one that somebody does,
    or has.
    """
    found, likely = _shares(world, lambda each: each.state is ShareState.PENDING), choices.number(6)
    if likely > 2:
        found = [each for each in found if each.group == found[0].group]
    share = choices.of(found) if found and likely else _any_share(world, choices)
    if share is not None:
        _pay(world, choices, share.tenant, share.group, share.id)


def _contribute_unheard(world: World, choices: Choices) -> None:
    """What the provider answers is lost, so that nobody knows of the charge for a while; and a group may be called off
    meanwhile.
    """
    for books in world.books.values():
        books.go_out(timedelta(milliseconds=1), Kind.ANSWER_LOST)
    _contribute(world, choices)
    if choices.number(2):
        _cancel(world, choices)


def _cover(world: World, choices: Choices) -> None:
    group = _a_group(world, choices)
    if group is not None:
        _pay(world, choices, group.tenant, group.id, None)


def _pay(world: World, choices: Choices, tenant: str, group: str, share: str | None) -> None:
    methods = zip(PROVIDERS, choices.of(METHODS), strict=True)
    sources = {provider: method for provider, method in methods if method is not None}
    request = ChargeRequest(sources, "https://shop.example/thanks")
    wish = Contribute(Viewer(tenant, None), group, share, world.key(), {"sources": sources}, request)
    world.ask("charge", lambda: world.rooms.holding.contributing.pay(wish))


def _cancel(world: World, choices: Choices) -> None:
    group = _a_group(world, choices)
    if group is not None:
        try:
            world.rooms.holding.groups.cancel(Viewer(group.tenant, group.organizer), group.id)
        except TollgateError:
            return  # the organizer is told


def _step(world: World, choices: Choices) -> None:
    """A step that is due, or that is waited for: a reminder, or the end. One that has ended may be asked once more."""
    waiting = _open(world)
    group = choices.of(waiting) if waiting else _a_group(world, choices)
    if group is None:
        return
    wait, length = group.expires_at - world.clock.now(), choices.number(4)
    if length < 2 and wait.total_seconds() > 0:
        world.advance(wait / (1 + length))
    run(world, group)


def run(world: World, group: Group) -> datetime | None:
    """What it raises, the machine tries again."""
    try:
        return world.rooms.holding.deadline.step(group.tenant, group.id).until
    except RetryableError:
        return world.clock.now()


def _give_back(world: World, choices: Choices) -> None:
    _returns(world).deliver(1 + choices.number(8), back=choices.number(4) if choices.number(3) == 0 else 0)


def _take(world: World, choices: Choices) -> None:
    """Some messages are given up: what they told of, the reconciler finds."""
    size, back = 1 + choices.number(8), choices.number(4) if choices.number(3) == 0 else 0
    if choices.number(8) == 1:
        _captures(world).lose(size)
    else:
        _captures(world).deliver(size, back)


def _returns(world: World) -> Feed[PublishedEvent]:
    """As `refunder` has it."""
    return _queue(world, "returns", world.rooms.holding.giving_back)


def _captures(world: World) -> Feed[PublishedEvent]:
    """As `capturer` has it."""
    return _queue(world, "captures", world.rooms.holding.taking)


def _queue(world: World, name: str, work: Work) -> Feed[PublishedEvent]:
    def do(event: PublishedEvent) -> None:
        if event.type in work.types:
            told = json.loads(event.body)
            work.do(Published(event.tenant, event.type, told["aggregate"]["type"], event.aggregate_id, told["data"]))

    feed: Feed[PublishedEvent] = world.notes.setdefault(name, Feed(lambda: world.rooms.bus.taken, one_by_one(do)))
    return feed


def _what_is_due(world: World) -> bool:
    """Machines and queues do their work; whether anything came of it."""
    stream, feeds = world.rooms.stored.store.stream, (_returns(world), _captures(world))
    stored, waits = len(stream), sum(each.waits for each in feeds)
    for feed in feeds:
        feed.deliver(feed.waits)
    now = world.clock.now()
    for group in _open(world):
        if group.ends_at <= now:
            run(world, group)
    return len(stream) > stored or sum(each.waits for each in feeds) < waits


def _groups(world: World) -> list[Group]:
    found: list[Group] = world.rooms.stored.store.of("group")
    return found


def _open(world: World) -> list[Group]:
    return [each for each in _groups(world) if each.is_open]


def _a_group(world: World, choices: Choices) -> Group | None:
    wanted = _open(world) or _groups(world)
    return choices.of(wanted) if wanted else None


def _shares(world: World, likely: Callable[[Share], bool]) -> list[Share]:
    """Of open groups."""
    going = {each.id for each in _open(world)}
    found: list[Share] = world.rooms.stored.store.of("group_share")
    return [each for each in found if each.group in going and likely(each)]


def _any_share(world: World, choices: Choices) -> Share | None:
    found: list[Share] = world.rooms.stored.store.of("group_share")
    return choices.of(found) if found else None


GROUPS = Capability(
    "groups",
    actions=(
        Action("create_group", 5, _create),
        Action("contribute", 28, _contribute),
        Action("contribute_unheard", 3, _contribute_unheard),
        Action("cover", 3, _cover),
        Action("cancel_group", 3, _cancel),
        Action("group_step", 5, _step),
        Action("give_back", 4, _give_back),
        Action("take_holds", 5, _take),
    ),
    invariants=promises.ALL,
    settle=_what_is_due,
    held=True,
)
