"""What a venue allows, to the cent, and what looks like scalping."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOW
from tests.support.resale import a_listing, a_ticket
from tollgate.kernel.currencies import MINOR_DIGITS
from tollgate.kernel.money import BASIS_POINTS, Money
from tollgate.marketplace.errors import PriceNotAllowed, ResaleNotAllowed, SuspiciousPrice
from tollgate.marketplace.model import Listing, PriceRange, State, VenueRules
from tollgate.marketplace.pricing import patterns, require_allowed, require_unsuspicious

RULES = VenueRules("demo", "ven_1")
TICKET = a_ticket()
ALLOWED = PriceRange(5_000, 25_000)


def test_a_ticket_of_100_dollars_is_sold_for_50_to_250() -> None:
    assert RULES.prices(Money(10_000, "USD")) == ALLOWED
    for price in (5_000, 25_000):
        assert require_allowed(RULES, TICKET, price) == ALLOWED
    for price in (4_999, 25_001):
        with pytest.raises(PriceNotAllowed) as refused:
            require_allowed(RULES, TICKET, price)
        assert (refused.value.errors[0].field, refused.value.allowed) == ("price", ALLOWED)


def test_ranges_are_rounded_inwards() -> None:
    rules = VenueRules("demo", "ven_1", max_markup=3_333, min_price=6_667)
    assert rules.prices(Money(101, "USD")) == PriceRange(68, 134)
    assert RULES.prices(Money(1, "USD")) == PriceRange(1, 2)
    assert RULES.prices(Money(3, "JPY")) == PriceRange(2, 7)


@given(
    face=st.integers(1, 10**12),
    markup=st.integers(0, 99 * BASIS_POINTS),
    lowest=st.integers(0, BASIS_POINTS),
    currency=st.sampled_from(sorted(MINOR_DIGITS)),
)
def test_no_price_is_allowed_that_is_a_minor_unit_past_the_rule(
    face: int, markup: int, lowest: int, currency: str
) -> None:
    found = VenueRules("demo", "ven_1", max_markup=markup, min_price=lowest).prices(Money(face, currency))
    assert found.highest * BASIS_POINTS <= face * (BASIS_POINTS + markup) < (found.highest + 1) * BASIS_POINTS
    assert found.lowest * BASIS_POINTS >= face * lowest
    assert found.lowest == 1 or (found.lowest - 1) * BASIS_POINTS < face * lowest
    assert found.allows(face)


def test_a_venue_may_allow_no_resale() -> None:
    with pytest.raises(ResaleNotAllowed):
        require_allowed(VenueRules("demo", "ven_1", allowed=False), TICKET, 10_000)


def _others(count: int, **changes: object) -> list[Listing]:
    known = {"ticket": "another", "created_at": NOW - timedelta(hours=1), **changes}
    return [a_listing(str(number), **known) for number in range(count)]


@pytest.mark.parametrize(
    ("price", "recent", "found"),
    [
        (10_000, [], ()),
        (24_249, [], ()),
        (24_250, [], ("top_price",)),
        (25_000, _others(3), ("top_price",)),
        (15_000, _others(4), ("many_listings",)),
        (15_000, _others(9, state=State.CANCELLED), ()),
        (15_000, _others(9, occasion="evt_2"), ()),
        (15_000, [a_listing(price=Money(14_999, "USD"), state=State.CANCELLED)], ("raised_again",)),
        (15_000, [a_listing(price=Money(15_000, "USD"), state=State.CANCELLED)], ()),
        (25_000, _others(4), ("top_price", "many_listings")),
    ],
)
def test_what_looks_like_scalping_is_named(price: int, recent: list[Listing], found: tuple[str, ...]) -> None:
    assert patterns(TICKET, price, ALLOWED, recent) == found


def test_the_first_price_is_at_no_top_where_no_markup_is_allowed() -> None:
    assert patterns(TICKET, 10_000, PriceRange(5_000, 10_000), []) == ()


def test_only_a_strict_venue_refuses_and_only_where_two_things_are_odd() -> None:
    strict = VenueRules("demo", "ven_1", strict=True)
    require_unsuspicious(RULES, ("top_price", "many_listings"))
    require_unsuspicious(strict, ("top_price",))
    with pytest.raises(SuspiciousPrice, match="top_price, many_listings"):
        require_unsuspicious(strict, ("top_price", "many_listings"))
