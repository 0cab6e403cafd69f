"""Shares of an amount: rounding is fixed, and parts always sum to the whole."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import usd
from tollgate.kernel.money import InvalidAmount

amounts = st.integers(-(10**12), 10**12)
rates = st.integers(-20_000, 20_000)
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any)


@pytest.mark.parametrize(
    ("amount", "basis_points", "share"),
    [
        (1050, 740, 78),  # 77.7
        (100, 50, 1),  # 0.5 goes away from zero
        (100, 49, 0),
        (-100, 50, -1),
        (100, -50, -1),
        (-100, -50, 1),
        (300, 50, 2),  # 1.5
        (15000, 10_000, 15000),
        (0, 740, 0),
        (1050, 0, 0),
    ],
)
def test_a_portion_rounds_half_away_from_zero(amount: int, basis_points: int, share: int) -> None:
    assert usd(amount).portion(basis_points) == usd(share)


@given(amounts, rates)
def test_a_portion_is_what_decimal_arithmetic_gives(amount: int, basis_points: int) -> None:
    exact = (Decimal(amount) * basis_points / 10_000).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    assert usd(amount).portion(basis_points).amount == int(exact)


@given(amounts, rates)
def test_a_portion_of_a_debt_is_the_portion_with_the_other_sign(amount: int, basis_points: int) -> None:
    share = usd(amount).portion(basis_points)
    assert usd(-amount).portion(basis_points) == -share
    assert usd(amount).portion(-basis_points) == -share


@pytest.mark.parametrize("rate", [7.4, 0.5, 740.0])
def test_a_rate_is_no_float(rate: Any) -> None:
    with pytest.raises(InvalidAmount):
        usd(1000).portion(rate)


@given(amounts, weights)
def test_the_parts_of_a_split_sum_to_the_whole(amount: int, parts: list[int]) -> None:
    assert sum(part.amount for part in usd(amount).split(parts)) == amount


@given(amounts, weights)
def test_each_part_is_less_than_one_unit_from_its_exact_share(amount: int, parts: list[int]) -> None:
    for part, weight in zip(usd(amount).split(parts), parts, strict=True):
        assert abs(part.amount - Fraction(amount * weight, sum(parts))) < 1


@given(amounts, weights)
def test_the_units_left_over_go_to_the_largest_remainders(amount: int, parts: list[int]) -> None:
    split = usd(abs(amount)).split(parts)
    whole = sum(parts)
    remainders = [Fraction(abs(amount) * weight, whole) % 1 for weight in parts]
    lifted = [part.amount > abs(amount) * weight // whole for part, weight in zip(split, parts, strict=True)]
    given_one = [remainder for remainder, got in zip(remainders, lifted, strict=True) if got]
    given_none = [remainder for remainder, got in zip(remainders, lifted, strict=True) if not got]
    assert not given_one or not given_none or min(given_one) >= max(given_none)


@given(amounts, weights)
def test_a_debt_is_split_as_the_amount_is(amount: int, parts: list[int]) -> None:
    assert usd(-amount).split(parts) == tuple(-part for part in usd(amount).split(parts))


@given(amounts, weights)
def test_who_has_no_weight_gets_nothing(amount: int, parts: list[int]) -> None:
    for part, weight in zip(usd(amount).split(parts), parts, strict=True):
        assert weight or part == usd(0)


def test_equal_remainders_favour_the_earlier_part() -> None:
    assert usd(100).split([1, 1, 1]) == (usd(34), usd(33), usd(33))
    assert usd(101).split([1, 1, 1]) == (usd(34), usd(34), usd(33))


@pytest.mark.parametrize("parts", [[], [0], [0, 0], [1, -1], [3, -1]])
def test_weights_that_say_nothing_are_refused(parts: list[int]) -> None:
    with pytest.raises(InvalidAmount):
        usd(100).split(parts)


def test_a_split_takes_no_float() -> None:
    uneven: Any = [0.5, 0.5]
    with pytest.raises((InvalidAmount, TypeError)):
        usd(101).split(uneven)
