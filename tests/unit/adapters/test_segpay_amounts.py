"""Decimal text and minor units are the same money, in every currency."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.adapters.providers.segpay.amounts import from_segpay, to_segpay
from tollgate.kernel.currencies import MINOR_DIGITS
from tollgate.kernel.errors import TollgateError
from tollgate.kernel.money import Money


@given(st.integers(1, 10**11), st.sampled_from(sorted(MINOR_DIGITS)))
def test_what_is_sent_is_what_is_read(amount: int, currency: str) -> None:
    money = Money(amount, currency)
    assert from_segpay(to_segpay(money), currency.lower()) == money
    assert from_segpay(f"-{to_segpay(money)}", f" {currency} ") == money


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(12_000, "USD"), "120.00"),
        (Money(5, "EUR"), "0.05"),
        (Money(7_800, "JPY"), "7800"),
        (Money(1, "KWD"), "0.001"),
    ],
)
def test_it_is_written_with_the_digits_of_its_currency(money: Money, text: str) -> None:
    assert to_segpay(money) == text


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [("19.9500", "USD", 1_995), ("20", "USD", 2_000), ("20.5", "USD", 2_050), ("7800.00", "JPY", 7_800)],
)
def test_digits_more_or_less_are_read(text: str, currency: str, amount: int) -> None:
    assert from_segpay(text, currency) == Money(amount, currency)


@pytest.mark.parametrize(
    "text", ["", "0", "0.00", "-0", "19.955", "1e3", "1,000.00", "+5", "NaN", "5 USD", "\u0665", "9" * 13]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        from_segpay(text, "USD")


@pytest.mark.parametrize("currency", ["", "XXX", "US", "$"])
def test_what_is_no_currency_is_refused(currency: str) -> None:
    with pytest.raises(TollgateError):
        from_segpay("5.00", currency)
