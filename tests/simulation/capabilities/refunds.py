"""Refunds: asked for here, made at the provider's dashboard, slow ones, and those that a bank sends back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.simulation.capabilities.checkout import a_payment
from tests.simulation.capability import Action, Capability
from tests.simulation.plan_books import PlanBooks
from tests.simulation.provider_books import Fields, Refused
from tests.simulation.seen import Seen
from tests.simulation.world import Choices, World
from tollgate.payments.disputes import DisputeState
from tollgate.payments.model import Payment
from tollgate.payments.refunds import RefundState
from tollgate.payments.tenders import TenderState
from tollgate.refunds.service import CreateRefund, MayRefund

_WORDS = {
    "succeeded": (RefundState.SUCCEEDED,),
    "pending": (RefundState.PENDING,),
    "failed": (RefundState.FAILED, RefundState.RETURNED),
}


def _refund(world: World, choices: Choices) -> None:
    payment = a_payment(world, choices, lambda each: each.refundable > 0)
    if payment is None:
        return
    parts = choices.of((None, 1, 1, 2, 4))
    amount = None if parts is None else max(1, payment.amount.amount * parts // 4)
    slow = choices.number(5) == 0
    for provider in world.rooms.refunds.values():
        provider.slow = slow
    wish = CreateRefund(
        allowed=MayRefund(payment.tenant, None),
        caller="boss",
        payment_id=payment.id,
        key=world.key(),
        body={"amount": amount},
        amount=amount,
    )
    refunding = choices.of(list(world.rooms.refunding_by.values()))
    world.ask("refund", lambda: refunding.create(wish))


def _at_the_dashboard(world: World, choices: Choices) -> None:
    taken = world.charges()
    if taken:
        books, intent = choices.of(taken)
        part = max(1, intent["amount_received"] * (1 + choices.number(3)) // 3)
        try:
            status = "pending" if choices.number(4) == 0 else "succeeded"
            books.make_refund({"payment_intent": intent["id"], "amount": part}, status)
        except Refused:
            return


def _goes_on(world: World, choices: Choices) -> None:
    refunds = _refunds(world)
    if refunds:
        books, refund = choices.of(refunds)
        if choices.number(3) == 0:
            books.fail_refund(refund)
        else:
            books.finish_refund(refund)


def _refunds(world: World) -> list[tuple[PlanBooks, Fields]]:
    return world.everywhere(lambda books: books.refunds)


def _the_slow_ones_finish(world: World) -> bool:
    slow = [(books, each) for books, each in _refunds(world) if each["status"] == "pending"]
    for books, refund in slow:
        books.finish_refund(refund)
    return bool(slow)


def never_more_goes_back_than_was_taken(seen: Seen) -> Iterator[str]:
    """By what we asked for. What the provider or a bank did always applies, even past what remains."""
    done_to_us = seen.done_to_us()
    for place, versions in seen.versions("payment"):
        for payment in versions:
            if isinstance(payment, Payment) and payment.refundable < 0 and payment.id not in done_to_us:
                yield f"{place}: {payment.refundable} remain at version {payment.version}"


def what_remains_is_what_was_taken_less_what_went(seen: Seen) -> Iterator[str]:
    for payment in seen.payments():
        taken = sum(c.amount.amount for c in payment.captures if c.amount.currency == payment.amount.currency)
        taken += sum(each.amount for each in payment.tenders if each.state is TenderState.CAPTURED)
        back = sum(each.amount for each in payment.refunds if each.counts)
        back += sum(part.amount for each in payment.refunds for part in each.tendered)
        disputed = sum(each.amount for each in payment.disputes if each.state is not DisputeState.WON)
        if payment.refundable != taken - back - disputed:
            yield f"{payment.id}: {payment.refundable} remain of {taken}, {back} went back, {disputed} are disputed"


def each_refund_is_made_once(seen: Seen) -> Iterator[str]:
    made = Counter(each["metadata"].get("tollgate_refund") for _, each in _refunds(seen.world))
    yield from (f"{id_} was made {count} times" for id_, count in made.items() if id_ and count > 1)


def refunds_agree_with_the_provider(seen: Seen) -> Iterator[str]:
    """Each of theirs is one of ours in the same state, and none of ours stays without an end."""
    for books, refund in _refunds(seen.world):
        payment = seen.payment(books.intents[refund["payment_intent"]]["metadata"]["tollgate_payment"])
        known = [each for each in payment.refunds if each.reference == refund["id"]] if payment else []
        if [each.amount for each in known] != [refund["amount"]]:
            yield f"{refund['id']} ({refund['status']}) is {known}"
        elif known[0].state not in _WORDS[refund["status"]]:
            yield f"{refund['id']} is {refund['status']}, and {known[0].state} here"
    made = {refund["id"] for _, refund in _refunds(seen.world)}
    for payment in seen.payments():
        for each in payment.refunds:
            if each.is_open:
                yield f"{each.id} is still {each.state}"
            if each.state is RefundState.SUCCEEDED and each.amount and each.reference not in made:
                yield f"{each.id} went back, and the provider has nothing of it"


REFUNDS = Capability(
    "refunds",
    actions=(
        Action("refund", 14, _refund),
        Action("refund_at_dashboard", 2, _at_the_dashboard, outside=True),
        Action("refund_goes_on", 3, _goes_on, outside=True),
    ),
    invariants=(
        never_more_goes_back_than_was_taken,
        what_remains_is_what_was_taken_less_what_went,
        each_refund_is_made_once,
        refunds_agree_with_the_provider,
    ),
    settle=_the_slow_ones_finish,
)
