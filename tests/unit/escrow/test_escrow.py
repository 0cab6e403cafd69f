"""The states of an escrow: what may follow what, and what never does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOW
from tests.support.resale import WINDOW, after, an_escrow, funded
from tollgate.escrow.errors import EscrowState
from tollgate.escrow.model import HELD, Change, Escrow, State

LATER = NOW + timedelta(hours=1)

MOVES: dict[str, Callable[[Escrow], Change | None]] = {
    "funded": lambda it: it.funded(LATER, WINDOW),
    "cancelled": lambda it: it.cancelled("declined", LATER),
    "confirmed": lambda it: it.confirmed(LATER),
    "complained": lambda it: it.complained("late", LATER),
    "released": lambda it: it.released(LATER, "transferred"),
    "refunded": lambda it: it.refunded(LATER, "resolved"),
    "charged_back": lambda it: it.charged_back(LATER),
    "won": lambda it: it.chargeback_ended(LATER, 0),
    "lost": lambda it: it.chargeback_ended(LATER, 15_000),
    "gave_back": lambda it: it.gave_back(15_000, LATER),
    "gave_back_some": lambda it: it.gave_back(1, LATER),
}
REFUSED, NOTHING, NOTED = "refused", "nothing", "noted"

CREATED, FUNDED = after(an_escrow().opened()), funded()
BANKED = after(FUNDED.charged_back(NOW))
ESCROWS = {
    "created": CREATED,
    "funded": FUNDED,
    "disputed": after(FUNDED.complained("late", NOW)),
    "banked": BANKED,
    "released": after(FUNDED.released(NOW, "transferred")),
    "refunded": after(FUNDED.refunded(NOW, "resolved")),
    "cancelled": after(CREATED.cancelled("declined", NOW)),
}
# fmt: off
#                     created    funded      disputed    banked      released    refunded    cancelled
TABLE = {
    "funded":         ("funded",    NOTHING,    NOTHING,    NOTHING,    NOTHING,    NOTHING,    NOTHING),
    "cancelled":      ("cancelled", NOTHING,    NOTHING,    NOTHING,    NOTHING,    NOTHING,    NOTHING),
    "confirmed":      (REFUSED,     "funded",   "disputed", "disputed", REFUSED,    REFUSED,    REFUSED),
    "complained":     (REFUSED,     "disputed", NOTHING,    "disputed", REFUSED,    REFUSED,    REFUSED),
    "released":       (REFUSED,     "released", "released", REFUSED,    NOTHING,    REFUSED,    REFUSED),
    "refunded":       (REFUSED,     "refunded", "refunded", REFUSED,    REFUSED,    NOTHING,    REFUSED),
    "charged_back":   (NOTHING,     "disputed", NOTED,      NOTED,      NOTHING,    NOTHING,    NOTHING),
    "won":            (NOTHING,     NOTHING,    NOTHING,    "funded",   NOTHING,    NOTHING,    NOTHING),
    "lost":           (NOTHING,     NOTHING,    NOTHING,    "refunded", NOTHING,    NOTED,      NOTHING),
    "gave_back":      (NOTED,       "refunded", "refunded", "refunded", NOTED,      NOTED,      NOTED),
    "gave_back_some": (NOTED,       "disputed", NOTED,      NOTED,      NOTED,      NOTED,      NOTED),
}
# fmt: on


@pytest.mark.parametrize("move", MOVES)
def test_every_move_from_every_state(move: str) -> None:
    for (name, escrow), expected in zip(ESCROWS.items(), TABLE[move], strict=True):
        assert _outcome(escrow, MOVES[move]) == expected, f"{move} from {name}"


def _outcome(escrow: Escrow, move: Callable[[Escrow], Change | None]) -> str:
    try:
        change = move(escrow)
    except EscrowState:
        return REFUSED
    if change is None:
        return NOTHING
    assert (change.before, change.escrow.revision) == (escrow.revision, escrow.revision + 1)
    if change.event is None:
        assert (change.escrow.state, change.escrow.version) == (escrow.state, escrow.version)
        return NOTED
    assert change.event.sequence == change.escrow.version == escrow.version + 1
    return change.escrow.state.value


@given(st.lists(st.sampled_from(sorted(MOVES)), max_size=12))
def test_whatever_happens_it_ends_once_and_in_one_way(names: list[str]) -> None:
    escrow, told, returned = CREATED, [], 0
    for name in names:
        try:
            change = MOVES[name](escrow)
        except EscrowState:
            continue
        if change is not None:
            told += [change.event.type.rpartition(".")[2]] if change.event else []
            escrow = change.escrow
        assert escrow.returned >= returned
        returned = escrow.returned
        assert escrow.left.amount == max(escrow.price.amount - returned, 0)
        assert sum((escrow.parts.seller, escrow.parts.royalties, escrow.parts.platform)) == escrow.left.amount
    ends = [each for each in told if each in {"released", "refunded", "cancelled"}]
    assert len(ends) <= 1
    assert (escrow.state in HELD or escrow.state is State.CREATED) == (not ends)


def test_after_a_part_went_back_the_rest_is_divided() -> None:
    part = after(FUNDED.gave_back(5_000, LATER))
    assert (part.state, part.complaint, part.left.amount) == (State.DISPUTED, "partly_refunded", 10_000)
    released = part.released(LATER, "resolved")
    assert released is not None
    assert released.event is not None
    assert (released.event.data["released"], released.event.data["seller_payout"]) == (10_000, 8_500)


def test_a_bank_that_gives_up_resumes_only_what_nobody_else_complains_of() -> None:
    complained = after(BANKED.complained("late", LATER))
    assert after(complained.chargeback_ended(LATER, 0)).state is State.DISPUTED
    twice = after(BANKED.charged_back(LATER))
    once = after(twice.chargeback_ended(LATER, 0))
    assert (once.state, once.chargebacks) == (State.DISPUTED, 1)
    assert after(once.chargeback_ended(LATER, 0)).state is State.FUNDED


def test_what_a_bank_keeps_of_what_is_to_go_back_is_owed_no_more() -> None:
    refunded = ESCROWS["refunded"]
    part = after(refunded.chargeback_ended(LATER, 5_000))
    assert (part.returned, part.chargebacks, part.owes_refund) == (5_000, 0, True)
    assert not after(part.gave_back(10_000, LATER)).owes_refund


def test_it_is_due_when_somebody_should_have_ended_it_or_given_it_back() -> None:
    assert CREATED.due_at is None
    assert FUNDED.due_at == NOW + WINDOW + timedelta(hours=1)
    assert ESCROWS["disputed"].due_at is None
    assert ESCROWS["released"].due_at is None
    assert ESCROWS["refunded"].due_at == NOW + timedelta(minutes=15)
    assert replace(ESCROWS["refunded"], returned=15_000).due_at is None


def test_its_events_name_no_more_than_who_and_what() -> None:
    disputed = FUNDED.complained("my address is 1 Some Street", LATER)
    assert disputed is not None
    assert disputed.event is not None
    assert "Street" not in disputed.event.to_json()
