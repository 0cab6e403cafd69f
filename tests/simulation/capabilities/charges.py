"""Direct charges: methods that buyers gave before, charged at once; banks' pages for some, days for others; and clients
who were told that nobody knows, and ask.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby, product
from typing import Any

from tests.simulation.capability import Action, Capability
from tests.simulation.charge_books import confirm_charge, end_charge
from tests.simulation.provider_books import Fields
from tests.simulation.rooms import BUYERS, PRICES, PROVIDERS, SELLERS, TENANTS, code_of
from tests.simulation.seen import Seen
from tests.simulation.stripe_books import StripeBooks
from tests.simulation.world import Choices, Request, World, is_unsure
from tollgate.checkout.charge_ports import ChargeRequest
from tollgate.checkout.drafting import BALANCE
from tollgate.checkout.presentation import present_charge
from tollgate.checkout.quote import BasketItem
from tollgate.checkout.wishes import CreateCheckout
from tollgate.payments.lifecycle import State
from tollgate.payments.model import Payment

# What buyers have at the providers, in their order; with nothing at one of them, it cannot be asked.
_METHODS: Sequence[tuple[str, str | None]] = (
    ("pm_ok", "pm_ok"),
    ("pm_ok", "pm_ok"),
    ("pm_ok", "pm_ok"),
    ("pm_ok", None),
    ("pm_slow", "pm_slow"),
    ("pm_confirm", "pm_confirm"),
    ("pm_confirm", "pm_ok"),
    ("pm_soft", "pm_ok"),
    ("pm_hard", "pm_hard"),
    ("pm_refused", "pm_ok"),
)
# Whether there is somebody who could confirm, and who says so.
_PRESENCE: Sequence[dict[str, Any]] = ({"return_url": "https://shop.example/back"}, {}, {"off_session": True})
_PAID = (State.CONFIRMED, State.SETTLED)


def _charge(world: World, choices: Choices) -> None:
    number = choices.number(len(PRICES))
    tenant, owner, seller = choices.of(list(product(TENANTS, BUYERS, (*SELLERS, None))))
    methods = zip(PROVIDERS, choices.of(_METHODS), strict=True)
    sources = {provider: method for provider, method in methods if method is not None}
    wish = CreateCheckout(
        tenant=tenant,
        owner=owner,
        operation="charge.create",
        key=world.key(),
        body={"items": [[code_of(number), 1]], "sources": sources},
        basket=(BasketItem(code_of(number), 1),),
        method="card",
        request=ChargeRequest(sources, **choices.of(_PRESENCE)),
        seller=seller,
    )
    world.ask("charge", lambda: world.rooms.opening.create(wish, present_charge))


def _ask_about(world: World, choices: Choices) -> None:
    """Somebody who was told that nobody knows asks again."""
    unsure = _unsure(world)
    if unsure:
        world.ask_again(choices.of(unsure))


def _unsure(world: World) -> list[Request]:
    return [each for each in world.requests if each.answers and is_unsure(each.answers[-1][1])]


def _half_of_them_insist(world: World) -> bool:
    """Once, before time passes. The others never ask again."""
    insisted: set[int] = world.notes.setdefault("insisted", set())
    left = [each for each in _unsure(world) if id(each) not in insisted]
    insisted |= {id(each) for each in left}
    for request in left[::2]:
        world.ask_again(request)
    return bool(left)


def _confirm(world: World, choices: Choices) -> None:
    waiting = at_their_banks(world)
    if waiting:
        books, intent = choices.of(waiting)
        confirm_charge(books, intent, passed=choices.number(3) > 0)


def at_their_banks(world: World) -> list[tuple[StripeBooks, Fields]]:
    """What waits for a buyer who was shown where to confirm it."""
    answers = [each.answers[-1][1].body for each in world.requests if each.answers and each.name == "charge"]
    shown = {json.loads(each)["nextAction"]["url"] for each in answers if '"redirect"' in each}
    return [each for each in direct(world) if each[1]["next_action"] and _page_of(each[1]) in shown]


def _page_of(intent: Fields) -> str:
    return str(intent["next_action"]["redirect_to_url"]["url"])


def _end(world: World, choices: Choices) -> None:
    under_way = _with_a_bank(world)
    if under_way:
        books, intent = choices.of(under_way)
        end_charge(books, intent, succeeds=choices.number(3) > 0)


def _with_a_bank(world: World) -> list[tuple[StripeBooks, Fields]]:
    return [each for each in direct(world) if each[1]["status"] == "processing"]


def _they_decide(world: World) -> bool:
    """Buyers and their banks, once each: yes, no, or nothing."""
    decided: set[str] = world.notes.setdefault("decided", set())
    waiting, under_way = at_their_banks(world), _with_a_bank(world)
    left = [each for each in (*waiting, *under_way) if each[1]["id"] not in decided]
    for books, intent in left:
        answer = len(decided) % 3
        decided.add(intent["id"])
        if answer < 2:
            confirm_charge(books, intent, passed=answer == 0)
            end_charge(books, intent, succeeds=answer == 0)
    return bool(left)


def _what_is_left(world: World) -> bool:
    done = [_half_of_them_insist(world), _they_decide(world)]
    return any(done)


def direct(world: World) -> list[tuple[StripeBooks, Fields]]:
    return [each for each in world.everywhere(lambda books: books.intents) if each[1]["direct"]]


def a_charge_takes_money_once_over_all_providers(seen: Seen) -> Iterator[str]:
    """Whatever is retried, lost or killed: not even money under review is an excuse."""
    for payment, taken in _charged(seen):
        if len(taken) > 1:
            yield f"{payment.id} was charged by {[each['id'] for each in taken]}"


def a_charge_ends_as_its_money_does(seen: Seen) -> Iterator[str]:
    """Taken, and it is confirmed; not taken, and it is not. Nothing is late here: whoever says that a charge has failed
    has made sure of it. But what it was for may be over by then: such money goes back.
    """
    for payment, taken in _charged(seen):
        over = payment.deposit is not None and payment.state is State.CANCELLED and payment.captures
        if (payment.state in _PAID) != bool(taken) and payment.provider != BALANCE and not over:
            yield f"{payment.id} is {payment.state}, its money was taken by {[each['id'] for each in taken]}"


def no_charge_goes_where_another_may_have_it(seen: Seen) -> Iterator[str]:
    """A provider is asked only while all others surely have not heard of it."""
    by_payment = sorted(seen.world.asked, key=lambda each: each.payment)
    for payment, asked in groupby(by_payment, key=lambda each: each.payment):
        heard: set[str] = set()
        for each in asked:
            if heard - {each.provider}:
                yield f"{payment} was asked for at {each.provider}, and may have been heard of at {sorted(heard)}"
            heard |= {each.provider} if each.heard else set()


def the_reconciler_charges_nobody(seen: Seen) -> Iterator[str]:
    """But for what a subscription owes, which it duns where nobody else does."""
    owed = {each.id for each in seen.payments() if each.billing and each.billing.invoice}
    for each in seen.world.asked:
        if each.unbidden and each.payment not in owed:
            yield f"{each.payment} was asked for at {each.provider} by nobody"


def no_charge_stays_unknown(seen: Seen) -> Iterator[str]:
    """All providers have answered for days: what is not with a bank has ended, or is under review."""
    for payment in seen.payments():
        if payment.direct and payment.state is State.PENDING and payment.review is None:
            yield f"{payment.id} is still {payment.state}, with {payment.session}"


def _charged(seen: Seen) -> Iterator[tuple[Payment, list[Fields]]]:
    """Direct payments, each with all that took money for it."""
    taken: dict[str, list[Fields]] = {}
    for _, intent in seen.world.charges():
        taken.setdefault(intent["metadata"]["tollgate_payment"], []).append(intent)
    for payment in seen.payments():
        if payment.direct:
            yield payment, taken.get(payment.id, [])


CHARGES = Capability(
    "charges",
    actions=(
        Action("charge", 10, _charge),
        Action("ask_about", 3, _ask_about),
        Action("confirm", 3, _confirm, outside=True),
        Action("charge_ends", 2, _end, outside=True),
    ),
    invariants=(
        a_charge_takes_money_once_over_all_providers,
        a_charge_ends_as_its_money_does,
        no_charge_goes_where_another_may_have_it,
        the_reconciler_charges_nobody,
        no_charge_stays_unknown,
    ),
    settle=_what_is_left,
)
