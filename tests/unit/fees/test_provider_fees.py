"""What providers are expected to keep: their price lists, in minor units, and never for free by mistake."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import usd
from tollgate.fees.providers import PRICE_LISTS, NoPriceList, Risk, expected
from tollgate.kernel.currencies import MINOR_DIGITS
from tollgate.kernel.money import Money

PRICES = st.builds(Money, st.integers(1, 10**12), st.sampled_from(sorted(MINOR_DIGITS)))


@pytest.mark.parametrize(
    ("provider", "price", "risk", "kept"),
    [
        ("stripe", usd(10_000), None, 320),
        ("stripe", usd(10_000), Risk.HIGH, 320),
        ("stripe", usd(50), None, 31),  # 1.45 and 30
        ("stripe", usd(1_500), None, 74),  # 43.5, rounded half up, and 30
        ("stripe", Money(10_000, "EUR"), None, 290),
        ("stripe", Money(7_800, "JPY"), None, 226),  # a yen has no minor unit
        ("stripe", Money(12_500, "KWD"), None, 363),  # a dinar has a thousand fils
        ("segpay", usd(10_000), None, 1_200),
        ("segpay", usd(10_000), Risk.HIGH, 1_200),
        ("segpay", usd(10_000), Risk.LOW, 800),
        ("segpay", Money(1_005, "JPY"), Risk.LOW, 80),
        ("paypal", usd(10_000), None, 398),
        ("paypal", Money(7_800, "JPY"), Risk.HIGH, 272),
        ("mock", usd(10_000), None, 0),
        ("mock", usd(10_000), Risk.HIGH, 0),
    ],
)
def test_a_price_list_in_minor_units(provider: str, price: Money, risk: Risk | None, kept: int) -> None:
    assert expected(provider, price, risk) == kept


@pytest.mark.parametrize("provider", ["adyen", "", "Stripe"])
def test_a_provider_without_a_price_list_is_not_free(provider: str) -> None:
    with pytest.raises(NoPriceList) as refused:
        expected(provider, usd(10_000))
    assert refused.value.provider == provider


@pytest.mark.parametrize("provider", PRICE_LISTS)
@given(price=PRICES, risk=st.none() | st.sampled_from(Risk))
def test_whatever_is_sold_has_an_expected_fee(provider: str, price: Money, risk: Risk | None) -> None:
    """In every currency and class, never below nothing, and more than the price at most by what is fixed."""
    kept = expected(provider, price, risk)
    assert type(kept) is int
    fixed = (each for schedule in PRICE_LISTS[provider].by_risk.values() for each in schedule.fixed.values())
    assert 0 <= kept <= price.amount + max(fixed, default=0)


@pytest.mark.parametrize("provider", PRICE_LISTS)
def test_of_nothing_a_provider_keeps_nothing(provider: str) -> None:
    assert expected(provider, usd(0)) == 0


def test_whoever_is_cheapest_for_a_sale_can_be_found() -> None:
    """A small sale is cheaper where nothing is fixed, a larger one where the share is small."""
    asked = ("stripe", "segpay")
    assert min(asked, key=lambda name: expected(name, usd(200), Risk.LOW)) == "segpay"
    assert min(asked, key=lambda name: expected(name, usd(10_000), Risk.LOW)) == "stripe"
