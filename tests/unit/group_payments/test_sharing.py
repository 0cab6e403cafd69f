"""What each member pays: together exactly the price, whatever the numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.groups import GroupWorld, RememberingWorld, a_group_wish
from tollgate.group_payments.creating import Member, checked
from tollgate.group_payments.model import MOST_MEMBERS, Selection
from tollgate.group_payments.shares import shares_of
from tollgate.kernel.errors import ValidationFailed
from tollgate.kernel.idempotency import IdempotencyKeyReused
from tollgate.kernel.money import MAX_AMOUNT, Money

COUNTS = st.lists(st.integers(1, 100), min_size=1, max_size=MOST_MEMBERS)


@given(counts=COUNTS, price=st.integers(0, MAX_AMOUNT))
def test_shares_add_up_for_any_counts(counts: list[int], price: int) -> None:
    shares = shares_of(Money(price, "USD"), counts)
    assert sum(shares) == price
    assert all(each >= 0 for each in shares)
    # Nobody but the last pays more than their tickets are worth, and they by less than a unit for each of the others.
    worth = [price * count / sum(counts) for count in counts]
    assert all(paid <= due for paid, due in zip(shares[:-1], worth[:-1], strict=True))
    assert 0 <= shares[-1] - price * counts[-1] // sum(counts) < len(counts)


@given(counts=COUNTS, price=st.integers(1, 10**9))
def test_of_one_price_each_member_pays_for_their_tickets(counts: list[int], price: int) -> None:
    total = Money(price * sum(counts), "USD")
    assert shares_of(total, counts) == [price * count for count in counts]


def test_the_last_member_pays_what_is_left_over() -> None:
    assert shares_of(Money(100, "USD"), [1, 1, 1]) == [33, 33, 34]


def _members(*tickets: int) -> tuple[Member, ...]:
    return tuple(Member(f"friend{number}@mail.example", "A friend", each) for number, each in enumerate(tickets))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"members": ()}, "members"),
        ({"members": _members(1, 2)}, "members"),
        ({"members": _members(*[1] * 41), "selections": (Selection("standing", 41, 100),)}, "members"),
        ({"members": (*_members(2), Member("FRIEND0@mail.example", "Twice", 2))}, "members.1.email"),
        ({"selections": (Selection("free", 4, 0),)}, "ticketSelections"),
        ({"selections": (Selection("dear", 4, MAX_AMOUNT),)}, "ticketSelections"),
    ],
)
def test_what_does_not_add_up_is_no_group(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        checked(replace(a_group_wish(), **fields))
    assert field in {each.field for each in refused.value.errors}


def test_a_group_is_made_once_under_its_key() -> None:
    world = GroupWorld()
    first, made_before = world.creation.create(a_group_wish())
    again, known = world.creation.create(a_group_wish())
    assert (made_before, known, again) == (False, True, first)
    with pytest.raises(IdempotencyKeyReused):
        world.creation.create(a_group_wish(body={"another": "wish"}))
    assert world.made("2").group.id != first.group.id


def test_nothing_personal_is_in_an_event_or_in_a_text_of_a_share() -> None:
    world = RememberingWorld()
    seen = world.made(trace="trace-1")
    told = " ".join([repr(seen), *(repr(each.envelope()) for each in world.events())])
    assert "mail.example" not in told
    assert "Friend" not in told
