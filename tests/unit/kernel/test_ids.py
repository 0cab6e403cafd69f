"""Ids: new ones sort by time, derived ones never change, and nothing else is taken for one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.support.builders import NOW
from tollgate.kernel.clock import FixedClock
from tollgate.kernel.ids import SortableIds, derived, is_id, shard

instants = st.datetimes(datetime(2001, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds of aware ones
parts = st.lists(st.text(max_size=12), max_size=4)


def _new(at: datetime) -> str:
    return SortableIds(FixedClock(at)).new("pay")


@given(instants, st.integers(1, 10**9))
@example(datetime(2038, 11, 5, 12, 0, 0, 1000, tzinfo=UTC), 1)  # where seconds as floats lose the millisecond
def test_an_id_sorts_after_those_of_earlier_milliseconds(at: datetime, later: int) -> None:
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    assert _new(at) < _new(at + timedelta(milliseconds=later))


def test_ids_of_one_millisecond_differ() -> None:
    ids = SortableIds(FixedClock(NOW))
    assert len({ids.new("pay") for _ in range(1000)}) == 1000


@given(instants)
def test_new_ids_have_the_shape_of_ids(at: datetime) -> None:
    assert is_id("pay", _new(at))


@given(parts)
def test_derived_ids_have_the_shape_of_ids_and_stay_the_same(names: list[str]) -> None:
    assert derived("pay", *names) == derived("pay", *names)
    assert is_id("pay", derived("pay", *names))


def test_derived_ids_are_the_same_in_every_version() -> None:
    assert derived("pay", "demo", "user-1", "checkout.create", "k") == "pay_0thss1zgnwz5mm2nc5cg3e4npj"


@given(parts, parts)
def test_other_parts_give_other_ids(left: list[str], right: list[str]) -> None:
    assume(left != right)
    assert derived("pay", *left) != derived("pay", *right)


@given(st.text(max_size=20), st.data())
def test_moving_a_boundary_between_parts_gives_another_id(text: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(text)))
    other = data.draw(st.integers(0, len(text)))
    assume(cut != other)
    assert derived("pay", text[:cut], text[cut:]) != derived("pay", text[:other], text[other:])


@pytest.mark.parametrize(("left", "right"), [(("1:a",), ("a",)), (("a", ""), ("a",)), (("a1:b",), ("a", "b"))])
def test_parts_that_look_like_length_prefixes_do_not_run_together(left: list[str], right: list[str]) -> None:
    assert derived("pay", *left) != derived("pay", *right)


GOOD = "0123456789abcdefghjkmnpqrs"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pay_",
        "pay",
        GOOD,
        f"pay_{GOOD[:-1]}",
        f"pay_{GOOD}0",
        f"PAY_{GOOD}",
        f"evt_{GOOD}",
        f"pay_{GOOD.upper()}",
        f"pay_{GOOD[:-1]}i",
        f"pay_{GOOD[:-1]}l",
        f"pay_{GOOD[:-1]}o",
        f"pay_{GOOD[:-1]}u",
        f"pay_{GOOD}\n",
        f" pay_{GOOD}",
        f"pay_{GOOD[:-1]}#",
        f"pay_x_{GOOD}",
    ],
)
def test_nothing_else_is_taken_for_an_id(text: str) -> None:
    assert is_id("pay", f"pay_{GOOD}")
    assert not is_id("pay", text)


@given(st.text(), st.integers(1, 10_000))
def test_a_shard_is_stable_and_in_range(text: str, shards: int) -> None:
    assert 0 <= shard(text, shards) < shards
    assert shard(text, shards) == shard(text, shards)


def test_shards_are_even_over_both_kinds_of_ids() -> None:
    ids = SortableIds(FixedClock(NOW))
    for made in ([ids.new("pay") for _ in range(4000)], [derived("pay", str(n)) for n in range(4000)]):
        counts = [sum(shard(each, 4) == number for each in made) for number in range(4)]
        assert all(850 < count < 1150 for count in counts)
