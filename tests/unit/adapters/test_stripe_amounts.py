"""Amounts as Stripe counts them: mostly ours, with its few exceptions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.simulators.stripe import currencies as simulated
from tollgate.adapters.providers.stripe.amounts import from_stripe, to_stripe
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
        (Money(99_999_999, "USD"), 99_999_999),
        (Money(10_000, "MGA"), 100),
        (Money(150_000_000_00, "IDR"), 150_000_000_00),
        (Money(999_999, "ISK"), 99_999_900),
    ],
)
def test_an_amount_is_sent_in_stripes_unit(money: Money, sent: int) -> None:
    assert to_stripe(money) == sent
    assert from_stripe(sent, money.currency.lower()) == money


@pytest.mark.parametrize(
    "money",
    [
        Money(1051, "KWD"),
        Money(1, "BHD"),
        Money(1009, "TND"),
        Money(100_000_000, "USD"),
        Money(1_000_000, "ISK"),
        Money(10_050, "MGA"),
        Money(10**12, "IDR"),
    ],
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


@given(st.integers(1, 9_000).map(lambda hundreds: hundreds * 100), st.sampled_from(sorted(MINOR_DIGITS)))
def test_every_currency_goes_there_and_back(amount: int, currency: str) -> None:
    money = Money(amount, currency)
    assert from_stripe(to_stripe(money), currency.lower()) == money


@pytest.mark.parametrize("currency", sorted(code for code in MINOR_DIGITS if code.lower() in simulated.SUPPORTED))
def test_the_digits_of_a_currency_are_those_that_the_simulator_of_stripe_counts(currency: str) -> None:
    one = 10 ** MINOR_DIGITS[currency]
    assert to_stripe(Money(100 * one, currency)) == 100 * 10 ** simulated.digits(currency.lower())
