"""Amounts as Stripe counts them: mostly ours, with its few exceptions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.adapters.providers.stripe.amounts import MAX_CHARGE, from_stripe, to_stripe
from tollgate.kernel.currencies import MINOR_DIGITS
from tollgate.kernel.errors import ValidationFailed
from tollgate.kernel.money import Money, UnknownCurrency


@pytest.mark.parametrize(
    ("money", "sent"),
    [
        (Money(1050, "USD"), 1050),
        (Money(1050, "JPY"), 1050),
        (Money(5, "ISK"), 500),
        (Money(5, "UGX"), 500),
        (Money(1050, "KWD"), 1050),
        (Money(5000, "HUF"), 5000),
        (Money(MAX_CHARGE, "USD"), 99_999_999),
        (Money(999_999, "ISK"), 99_999_900),
    ],
)
def test_an_amount_is_sent_in_stripes_unit(money: Money, sent: int) -> None:
    assert to_stripe(money) == sent
    assert from_stripe(sent, money.currency.lower()) == money


@pytest.mark.parametrize(
    "money",
    [Money(1051, "KWD"), Money(1, "BHD"), Money(1009, "TND"), Money(MAX_CHARGE + 1, "USD"), Money(1_000_000, "ISK")],
)
def test_what_stripe_would_refuse_is_refused_before_it_is_sent(money: Money) -> None:
    with pytest.raises(ValidationFailed) as caught:
        to_stripe(money)
    assert [error.field for error in caught.value.errors] == ["amount"]


def test_a_fraction_of_what_has_none_is_stripes_mistake() -> None:
    with pytest.raises(ValueError, match="no whole amount of ISK"):
        from_stripe(550, "isk")


def test_a_currency_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UnknownCurrency):
        from_stripe(1, "xxx")


@given(st.integers(1, 90_000).map(lambda tens: tens * 10), st.sampled_from(sorted(MINOR_DIGITS)))
def test_every_currency_goes_there_and_back(amount: int, currency: str) -> None:
    money = Money(amount, currency)
    assert from_stripe(to_stripe(money), currency.lower()) == money
