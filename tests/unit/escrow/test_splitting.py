"""A price is divided without losing or making a cent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.escrow.splitting import Rates
from tollgate.kernel.money import BASIS_POINTS, MAX_AMOUNT, Money

_SHARES = st.integers(0, BASIS_POINTS)
_PRICES = st.integers(1, MAX_AMOUNT)


def test_royalties_fee_and_the_seller_sum_to_the_price_for_every_price_to_a_thousand_dollars() -> None:
    rates = Rates("ven_1", 1_000, 500, "art_1", 333)
    for price in range(1, 100_001):
        parts = rates.of(Money(price, "USD"))
        assert parts.venue + parts.artist + parts.platform + parts.seller == price
        assert min(parts.venue, parts.artist, parts.platform, parts.seller) >= 0


@given(price=_PRICES, shares=st.tuples(_SHARES, _SHARES, _SHARES).filter(lambda each: sum(each) <= BASIS_POINTS))
def test_whatever_the_rates_are(price: int, shares: tuple[int, int, int]) -> None:
    venue, platform, artist = shares
    rates = Rates("ven_1", venue, platform, "art_1", artist)
    parts = rates.of(Money(price, "JPY"))
    assert parts.royalties + parts.platform + parts.seller == price
    assert sum(rates.recipients(parts).values()) == parts.royalties
    for part, share in ((parts.venue, venue), (parts.artist, artist), (parts.platform, platform)):
        assert price * share // BASIS_POINTS <= part <= price * share // BASIS_POINTS + 1


def test_of_15000_the_seller_gets_12750() -> None:
    parts = Rates("ven_1", 1_000, 500).of(Money(15_000, "USD"))
    assert (parts.venue, parts.platform, parts.artist, parts.seller) == (1_500, 750, 0, 12_750)


def test_who_gets_nothing_is_no_recipient_and_a_venue_may_be_the_artist() -> None:
    price = Money(10_000, "USD")
    alone = Rates("ven_1", 0, 500)
    assert alone.recipients(alone.of(price)) == {}
    both = Rates("ven_1", 1_000, 500, "ven_1", 200)
    assert both.recipients(both.of(price)) == {"ven_1": 1_200}


@pytest.mark.parametrize("shares", [(9_000, 1_001, None, 0), (-1, 0, None, 0), (0, 0, None, 1), (5_000, 0, "a", 5_001)])
def test_shares_are_not_negative_not_more_than_all_and_have_somebody(shares: tuple[int, int, str | None, int]) -> None:
    with pytest.raises(ValueError, match=r"shares|nobody"):
        Rates("ven_1", *shares)
