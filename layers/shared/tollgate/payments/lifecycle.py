"""The payment's life as data: for each state and each fact, what the fact means.

One machine: `pending → processing → confirmed → settled`, and the ends `failed` and `cancelled`. Refunds, disputes
and unknown calls are
records of their own; what clients see of them is derived. No fact ever moves a payment back.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# Why a charge failed that no provider has, and none will take: there was no try.
NEVER_MADE = "never_made"


class State(StrEnum):
    """Where a payment stands."""

    PENDING = "pending"
    PROCESSING = "processing"
    CONFIRMED = "confirmed"
    SETTLED = "settled"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Fact(StrEnum):
    """What can become known about a payment, from the provider or from us."""

    CHECKOUT_OPENED = "checkout_opened"
    REROUTED = "rerouted"
    APPROVED = "approved"
    PROCESSING = "processing"
    DECLINED = "declined"
    CAPTURED = "captured"
    SETTLED = "settled"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REFUND = "refund"
    DISPUTE = "dispute"
    RESERVE_RELEASED = "reserve_released"


# Records of their own within the payment, which leave its state alone: they have no place in the table below.
REVERSALS = frozenset({Fact.REFUND, Fact.DISPUTE})
ASIDE = REVERSALS | {Fact.RESERVE_RELEASED}


class Meaning(StrEnum):
    """What a fact does to a payment in a given state."""

    MOVE = "move"  # the state changes
    RECORD = "record"  # worth an event, the state stays
    REPEAT = "repeat"  # known already: nothing happens
    STALE = "stale"  # overtaken by what is known: nothing happens
    EARLY = "early"  # its predecessor is missing: it waits
    REVIEW = "review"  # money where none was expected: recorded, and a person or a rule decides


@dataclass(frozen=True, slots=True)
class Transition:
    """One cell of the table."""

    meaning: Meaning
    to: State | None = None


def _move(to: State) -> Transition:
    return Transition(Meaning.MOVE, to)


_RECORD, _REPEAT, _STALE = Transition(Meaning.RECORD), Transition(Meaning.REPEAT), Transition(Meaning.STALE)
_EARLY, _REVIEW = Transition(Meaning.EARLY), Transition(Meaning.REVIEW)
_PROCESSING, _CONFIRMED, _SETTLED = _move(State.PROCESSING), _move(State.CONFIRMED), _move(State.SETTLED)
_FAILED, _CANCELLED = _move(State.FAILED), _move(State.CANCELLED)

_COLUMNS = (State.PENDING, State.PROCESSING, State.CONFIRMED, State.SETTLED, State.FAILED, State.CANCELLED)
_ROWS: dict[Fact, tuple[Transition, ...]] = {
    #                      pending      processing   confirmed    settled      failed       cancelled
    Fact.CHECKOUT_OPENED: (_RECORD,     _RECORD,     _RECORD,     _RECORD,     _RECORD,     _RECORD),
    Fact.REROUTED:        (_RECORD,     _STALE,      _STALE,      _STALE,      _STALE,      _STALE),
    Fact.APPROVED:        (_RECORD,     _RECORD,     _STALE,      _STALE,      _STALE,      _STALE),
    Fact.PROCESSING:      (_PROCESSING, _REPEAT,     _STALE,      _STALE,      _STALE,      _STALE),
    Fact.DECLINED:        (_RECORD,     _RECORD,     _STALE,      _STALE,      _STALE,      _STALE),
    Fact.CAPTURED:        (_CONFIRMED,  _CONFIRMED,  _REPEAT,     _REPEAT,     _REVIEW,     _REVIEW),
    Fact.SETTLED:         (_EARLY,      _EARLY,      _SETTLED,    _REPEAT,     _EARLY,      _EARLY),
    Fact.FAILED:          (_FAILED,     _FAILED,     _STALE,      _STALE,      _REPEAT,     _STALE),
    Fact.EXPIRED:         (_CANCELLED,  _CANCELLED,  _STALE,      _STALE,      _STALE,      _REPEAT),
    Fact.CANCELLED:       (_CANCELLED,  _CANCELLED,  _STALE,      _STALE,      _STALE,      _REPEAT),
}  # fmt: skip

TRANSITIONS: dict[tuple[State, Fact], Transition] = {
    (state, fact): cell for fact, row in _ROWS.items() for state, cell in zip(_COLUMNS, row, strict=True)
}


def transition(state: State, fact: Fact) -> Transition:
    """What `fact` means in `state`."""
    return TRANSITIONS[state, fact]
