"""Money is integer minor units of one currency, and none of it is ever lost or made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.support.builders import usd
from tollgate.kernel.currencies import MINOR_DIGITS
from tollgate.kernel.money import MAX_AMOUNT, CurrencyMismatch, InvalidAmount, Money, UnknownCurrency, total

amounts = st.integers(-(10**12), 10**12)
currencies = st.sampled_from(sorted(MINOR_DIGITS))


@pytest.mark.parametrize("amount", [1.0, 0.1, True, False, "100", None, 10**14, -(10**14)])
def test_only_integers_within_bounds_are_amounts(amount: Any) -> None:
    with pytest.raises(InvalidAmount):
        Money(amount, "USD")


def test_the_largest_amounts_are_amounts() -> None:
    assert Money(MAX_AMOUNT, "USD").amount == MAX_AMOUNT
    assert Money(-MAX_AMOUNT, "USD").amount == -MAX_AMOUNT


@pytest.mark.parametrize("currency", ["usd", "XXX", "", "US", "USDT", None, 840])
def test_only_iso_4217_codes_in_circulation_are_currencies(currency: Any) -> None:
    with pytest.raises(UnknownCurrency):
        Money(1, currency)


def test_the_text_of_an_unknown_currency_is_cut_short() -> None:
    with pytest.raises(UnknownCurrency, match=r"^unknown currency 'aaaaaaaa'$"):
        Money(1, "a" * 5000)


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(1050, "USD"), "10.50 USD"),
        (Money(5, "USD"), "0.05 USD"),
        (Money(-5, "USD"), "-0.05 USD"),
        (Money(-1050, "EUR"), "-10.50 EUR"),
        (Money(0, "USD"), "0.00 USD"),
        (Money(1050, "JPY"), "1050 JPY"),
        (Money(0, "JPY"), "0 JPY"),
        (Money(-7, "JPY"), "-7 JPY"),
        (Money(1050, "KWD"), "1.050 KWD"),
        (Money(7, "KWD"), "0.007 KWD"),
        (Money(-1000, "BHD"), "-1.000 BHD"),
    ],
)
def test_amounts_are_printed_with_the_digits_of_their_currency(money: Money, text: str) -> None:
    assert str(money) == text


@given(amounts, amounts, currencies)
def test_what_is_added_and_taken_away_again_leaves_the_same(left: int, right: int, currency: str) -> None:
    one, other = Money(left, currency), Money(right, currency)
    assert one + other - other == one
    assert -Money(-left, currency) == one
    assert one - other == one + -other


@given(amounts, amounts)
def test_order_is_the_order_of_the_amounts(left: int, right: int) -> None:
    one, other = usd(left), usd(right)
    assert (one < other, one <= other, one > other, one >= other) == (
        left < right,
        left <= right,
        left > right,
        left >= right,
    )


def test_currencies_never_mix() -> None:
    dollars, euros = Money(1, "USD"), Money(1, "EUR")
    operations: list[Callable[[], object]] = [
        lambda: dollars + euros,
        lambda: dollars - euros,
        lambda: dollars < euros,
        lambda: dollars <= euros,
        lambda: total([dollars, euros], "USD"),
    ]
    for operation in operations:
        with pytest.raises(CurrencyMismatch, match="USD and EUR do not mix"):
            operation()
    assert dollars != euros


@pytest.mark.parametrize("quantity", [1.5, 0.0, 2.0])
def test_a_quantity_is_no_float(quantity: Any) -> None:
    with pytest.raises(InvalidAmount):
        usd(100) * quantity


def test_a_product_past_the_bound_is_refused() -> None:
    with pytest.raises(InvalidAmount):
        usd(MAX_AMOUNT) * 2


@given(st.lists(amounts), currencies)
def test_a_total_is_the_sum(parts: list[int], currency: str) -> None:
    assume(abs(sum(parts)) <= MAX_AMOUNT)
    assert total((Money(part, currency) for part in parts), currency) == Money(sum(parts), currency)
