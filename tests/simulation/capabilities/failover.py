"""Providers that are down for a while, and sales that go to another meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from tests.simulation.capability import Action, Capability
from tests.simulation.rooms import PROVIDERS
from tests.simulation.seen import Seen
from tests.simulation.tasks import Kind
from tests.simulation.world import Choices, World
from tollgate.checkout.drafting import BALANCE
from tollgate.payments.model import AGGREGATE
from tollgate.reconciliation.model import Kind as Found

# Mostly the preferred one: while the other is down alone, nobody notices.
_LIKELY = (PROVIDERS[0], *PROVIDERS)
# How an outage is, and what the request meets that is under way when it begins.
_OUTAGES: tuple[tuple[Kind, Kind | None], ...] = (
    (Kind.REFUSED, None),
    (Kind.REFUSED, Kind.ANSWER_LOST),
    (Kind.REFUSED, Kind.REQUEST_LOST),
    (Kind.REFUSED, Kind.BROKEN_LATE),
    (Kind.LOCKED_OUT, None),
    (Kind.REQUEST_LOST, None),
    (Kind.ANSWER_LOST, None),
    (Kind.BROKEN, None),
    (Kind.BROKEN_LATE, None),
)
_LENGTHS = tuple(timedelta(seconds=each) for each in (1, 20, 60, 10 * 60, 90 * 60))


def _outage(world: World, choices: Choices) -> None:
    books = world.books[choices.of(_LIKELY)]
    books.go_out(choices.of(_LENGTHS), *choices.of(_OUTAGES))


def no_payment_is_paid_at_two_providers(seen: Seen) -> Iterator[str]:
    taken: dict[str, set[str]] = {}
    for books, intent in seen.world.charges():
        taken.setdefault(intent["metadata"]["tollgate_payment"], set()).add(books.name)
    yield from (f"{id_} was paid at {sorted(names)}" for id_, names in taken.items() if len(names) > 1)


def a_payment_is_where_its_money_is(seen: Seen) -> Iterator[str]:
    for payment in seen.payments():
        if payment.provider == BALANCE:
            continue
        there = seen.world.books[payment.provider].intents
        for each in payment.captures:
            if each.amount.amount and each.reference not in there:
                yield f"{payment.id} is at {payment.provider}, which knows of no {each.reference}"


def who_was_left_changes_nothing(seen: Seen) -> Iterator[str]:
    """Each of our events that a provider's event led to is of a payment that was with that provider."""
    told = {each.id: each.provider for each in seen.world.told}
    for event in seen.events():
        who = told.get(event.trace or "")
        if event.aggregate_type == AGGREGATE and who is not None and event.data["provider"] != who:
            yield f"{event.type} {event.sequence} of {event.aggregate_id} came of what {who} told"


def no_page_stays_open_that_nobody_was_shown(seen: Seen) -> Iterator[str]:
    """Whoever finds it could pay there: it is closed long before it ends by itself."""
    shown = {(each.provider, each.session.reference) for each in seen.payments() if each.session is not None}
    for books, session in seen.world.sessions():
        lasted = session["status"] == "open" or session["id"] in seen.world.open_once_compared
        if lasted and (books.name, session["id"]) not in shown:
            yield f"{session['id']} of {session['client_reference_id']} stayed open"
    for finding in seen.findings():
        if finding.kind is Found.STRAY_PAGE and finding.is_open:
            yield f"{finding.detail} is said to be open"


FAILOVER = Capability(
    "failover",
    actions=(Action("outage", 4, _outage, outside=True),),
    invariants=(
        no_payment_is_paid_at_two_providers,
        a_payment_is_where_its_money_is,
        who_was_left_changes_nothing,
        no_page_stays_open_that_nobody_was_shown,
    ),
)
