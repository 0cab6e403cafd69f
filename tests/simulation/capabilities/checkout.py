"""Checkouts: opened, asked for again, cancelled, retried by an admin; buyers who pay, fail, or leave."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import dropwhile, pairwise

from tests.simulation.capability import Action, Capability
from tests.simulation.rooms import BUYERS, PRICES, SELLERS, TENANTS, code_of
from tests.simulation.seen import Seen
from tests.simulation.world import Choices, Request, World
from tollgate.checkout.drafting import BALANCE
from tollgate.checkout.ports import CheckoutRequest
from tollgate.checkout.presentation import present
from tollgate.checkout.quote import BasketItem
from tollgate.checkout.retrying import RetryPayment
from tollgate.checkout.wishes import CreateCheckout
from tollgate.kernel.access import Viewer
from tollgate.kernel.errors import RetryableError, TollgateError
from tollgate.payments.lifecycle import State
from tollgate.payments.model import Payment

_PAGES = CheckoutRequest("https://shop.example/thanks", "https://shop.example/cart")
# A record answers for this long; after that the payment does, as it is by then.
_KEPT = timedelta(hours=24)
_SHOW_PAGES = ("checkout", "retry", "gift_card", "order")


def open_checkout(world: World, choices: Choices) -> Request:
    """A buyer's request, asked for the first time."""
    number = choices.number(len(PRICES))
    basket = (BasketItem(code_of(number), 1),)
    wish = CreateCheckout(
        tenant=choices.of(TENANTS),
        owner=choices.of(BUYERS),
        operation="checkout.create",
        key=world.key(),
        body={"items": [[basket[0].code, 1]]},
        basket=basket,
        method="card",
        request=_PAGES,
        seller=choices.of((*SELLERS, None)),
    )
    return world.ask("checkout", lambda: world.rooms.opening.create(wish, present))


def _ask_again(world: World, choices: Choices) -> None:
    """Mostly clients who have no answer; sometimes one who has."""
    waiting = [each for each in world.requests if each.waits]
    if world.requests:
        world.ask_again(choices.of(waiting or world.requests))


def _leave(world: World, choices: Choices) -> None:
    if world.requests:
        choices.of(world.requests).gone = True


def _cancel(world: World, choices: Choices) -> None:
    any_of_them = choices.number(2) == 0
    payment = a_payment(world, choices, lambda each: each.state is State.PENDING and bool(any_of_them or each.tenders))
    if payment is None:
        return
    try:
        world.rooms.desk.cancel(Viewer(payment.tenant, payment.owner), payment.id)
    except (RetryableError, TollgateError):
        return  # the caller is told; nothing hangs on it


def _retry(world: World, choices: Choices) -> None:
    payment = a_payment(world, choices)
    if payment is None:
        return
    wish = RetryPayment(
        viewer=Viewer(payment.tenant, None),
        caller="boss",
        payment_id=payment.id,
        key=world.key(),
        body={},
        success_url=_PAGES.success_url,
        cancel_url=_PAGES.cancel_url,
    )
    world.ask("retry", lambda: world.rooms.retrying.retry(wish))


def _pay(world: World, choices: Choices) -> None:
    known = shown(world)
    pages = [(books, each) for books, each in world.sessions() if each["id"] in known]
    if pages:
        books, session = choices.of([each for each in pages if each[1]["status"] == "open"] or pages)
        books.pay(session, choices.of(("card", "card", "declined", "bank")))


def _clear(world: World, choices: Choices) -> None:
    waiting = [(books, each) for books, each in world.sessions() if each["payment_status"] == "unpaid"]
    if waiting:
        books, session = choices.of(waiting)
        books.clear(session, succeeds=choices.number(3) > 0)


def _odd_money(world: World, choices: Choices) -> None:
    """Never at a provider that was left, or still may be: nobody has seen a page of it."""
    payments = {each.id: each for each in world.rooms.stored.store.of("payment")}
    pages = [
        (books, each)
        for books, each in world.sessions()
        if each["mode"] == "payment"
        and (payment := payments[each["client_reference_id"]]).session
        and payment.provider == books.name
    ]
    if pages:
        books, session = choices.of(pages)
        books.take_oddly(session, choices.of((session["amount_total"], session["amount_total"] - 1)))


def a_payment(world: World, choices: Choices, likely: Callable[[Payment], bool] = lambda _: True) -> Payment | None:
    """One of those that are stored; one of the likely ones, if there are any."""
    stored = [each for each in world.rooms.stored.store.of("payment") if isinstance(each, Payment)]
    wanted = [each for each in stored if likely(each)] or stored
    return choices.of(wanted) if wanted else None


def shown(world: World) -> set[str]:
    """The pages that somebody was shown: nobody else can pay them."""
    answers = [each.answers[-1][1] for each in world.requests if each.answers and each.name in _SHOW_PAGES]
    pages = [json.loads(each.body).get("providerCheckoutSessionId") for each in answers if each.status < 300]
    return {each for each in pages if each}


def _clients_insist(world: World) -> bool:
    waiting = [each for each in world.requests if each.waits]
    for request in waiting:
        world.ask_again(request)
    return bool(waiting)


def nobody_waits_for_ever(seen: Seen) -> Iterator[str]:
    for request in seen.world.requests:
        if request.waits:
            yield f"{request.name} of {request.made_at} has no answer"


def one_key_has_one_answer(seen: Seen) -> Iterator[str]:
    for request in seen.world.requests:
        told = set(_kept(request))
        if len(told) > 1:
            yield f"{request.name} was answered {sorted(told)}"


def _kept(request: Request) -> Iterator[str]:
    """But who asks for a retry and is shown the page that is there has had nothing done; and that a charge is on its
    way, or that nobody knows, is an answer until there is another.
    """
    shown = [(at, each) for at, each in request.answers if (request.name, each.status) != ("retry", 200)]
    answers = list(dropwhile(lambda told: (request.name, told[1].status) == ("charge", 202), shown))
    yield from (each.body for at, each in answers if at - answers[0][0] < _KEPT)


def a_payment_is_charged_at_most_once(seen: Seen) -> Iterator[str]:
    """Also all that were made in each other's place: nobody was shown a second page that takes money."""
    asked_for = [each for each in seen.charges() if not each["odd"]]
    taken = Counter(seen.origin(each["metadata"]["tollgate_payment"]) for each in asked_for)
    late = {seen.origin(each.id) for each in seen.payments() if each.review is not None or _held(each)}
    for id_, count in taken.items():
        if count > 1 and id_ not in late:
            yield f"{id_} was charged {count} times"


def _held(payment: Payment) -> bool:
    return any(each.held for each in payment.refunds) or any(each.held for each in payment.disputes)


def money_that_was_taken_is_known(seen: Seen) -> Iterator[str]:
    for charge in seen.charges():
        payment = seen.payment(charge["metadata"]["tollgate_payment"])
        known = [(each.reference, each.amount.amount) for each in payment.captures] if payment else []
        if (charge["id"], charge["amount_received"]) not in known:
            yield f"{charge['id']} took {charge['amount_received']}, known are {known}"


def nothing_is_confirmed_that_nobody_paid(seen: Seen) -> Iterator[str]:
    """With nothing of it at the provider there must be nothing that the provider was to take."""
    charged = {charge["id"] for charge in seen.charges()}
    for payment in seen.payments():
        there = {c.reference for c in payment.captures if c.amount.amount} <= charged
        covered = payment.provider == BALANCE and payment.due.amount == 0
        if payment.state in (State.CONFIRMED, State.SETTLED) and not (covered or there):
            yield f"{payment.id} is {payment.state}, its money is not at the provider"


def no_page_of_an_ended_payment_can_be_paid(seen: Seen) -> Iterator[str]:
    for _, session in seen.world.sessions():
        payment = seen.payment(session["metadata"]["tollgate_payment"])
        if session["status"] == "open" and payment is not None and payment.state is not State.PENDING:
            yield f"{session['id']} is open, its payment is {payment.state}"


_ORDER = {State.PENDING: 0, State.PROCESSING: 1, State.CONFIRMED: 2, State.FAILED: 2, State.CANCELLED: 2}


def no_payment_moves_back(seen: Seen) -> Iterator[str]:
    for place, versions in seen.versions("payment"):
        payments = [each for each in versions if isinstance(each, Payment)]
        for before, after in pairwise(payments):
            if _ORDER.get(after.state, 3) < _ORDER.get(before.state, 3) or after.version < before.version:
                yield f"{place} went from {before.state} {before.version} to {after.state} {after.version}"


CHECKOUT = Capability(
    "checkout",
    actions=(
        Action("open", 8, open_checkout),
        Action("ask_again", 6, _ask_again),
        Action("leave", 1, _leave, outside=True),
        Action("cancel", 3, _cancel),
        Action("retry", 3, _retry),
        Action("pay", 12, _pay, outside=True),
        Action("clear", 4, _clear, outside=True),
        Action("odd_money", 3, _odd_money, outside=True),
    ),
    invariants=(
        nobody_waits_for_ever,
        one_key_has_one_answer,
        a_payment_is_charged_at_most_once,
        money_that_was_taken_is_known,
        nothing_is_confirmed_that_nobody_paid,
        no_page_of_an_ended_payment_can_be_paid,
        no_payment_moves_back,
    ),
    settle=_clients_insist,
)
