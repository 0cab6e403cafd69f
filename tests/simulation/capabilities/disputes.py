"""Disputes: banks that take buyers' money back, and may have to give it up again."""

from __future__ import annotations

from collections.abc import Iterator

from tests.simulation.capability import Action, Capability
from tests.simulation.plan_books import PlanBooks
from tests.simulation.provider_books import Fields
from tests.simulation.seen import Seen
from tests.simulation.world import Choices, World

_WORDS = {"needs_response": "open", "won": "won", "lost": "lost"}


def _open(world: World, choices: Choices) -> None:
    taken = world.charges()
    if taken:
        books, intent = choices.of(taken)
        books.dispute(intent, intent["amount_received"] * (1 + choices.number(2)) // 2)


def _close(world: World, choices: Choices) -> None:
    disputes = _disputes(world)
    if disputes:
        books, dispute = choices.of(disputes)
        books.close_dispute(dispute, won=choices.number(2) == 0)


def _disputes(world: World) -> list[tuple[PlanBooks, Fields]]:
    return world.everywhere(lambda books: books.disputes)


def disputes_agree_with_the_provider(seen: Seen) -> Iterator[str]:
    for books, dispute in _disputes(seen.world):
        owner = books.intents[dispute["payment_intent"]]["metadata"]["tollgate_payment"]
        payment = seen.payment(owner)
        known = [each for each in payment.disputes if each.reference == dispute["id"]] if payment else []
        if [(each.amount, each.state.value) for each in known] != [(dispute["amount"], _WORDS[dispute["status"]])]:
            yield f"{dispute['id']} ({dispute['status']}) is {known}"


DISPUTES = Capability(
    "disputes",
    actions=(Action("dispute", 4, _open, outside=True), Action("close_dispute", 3, _close, outside=True)),
    invariants=(disputes_agree_with_the_provider,),
)
