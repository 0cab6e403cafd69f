"""On what terms cards are sold."""

from __future__ import annotations

import pytest

from tollgate.gift_cards.terms import Amounts, GiftCardTerms, amounts_of, votes
from tollgate.kernel.errors import ValidationFailed

LISTED = Amounts((2_500, 5_000))
RANGE = Amounts(lowest=1_000, highest=50_000)


def test_amounts_are_listed_or_within_a_range() -> None:
    assert amounts_of("USD:5000,2500; EUR:1000-50000") == {"USD": LISTED, "EUR": RANGE}
    assert amounts_of("") == {}
    assert 2_500 in LISTED
    assert 2_501 not in LISTED
    assert all(each in RANGE for each in (1_000, 1_001, 50_000))
    assert not any(each in RANGE for each in (999, 50_001, -1))


@pytest.mark.parametrize(
    "text", ["USD", "XXX:100", "USD:", "USD:a", "USD:0", "USD:-5", "USD:9-1", "USD:1-2-3", "USD:100,x"]
)
def test_a_slip_in_the_setting_is_found_when_it_is_read(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        amounts_of(text)


@pytest.mark.parametrize(
    ("amount", "currency", "field"),
    [(2_600, "USD", "amount"), (999, "EUR", "amount"), (2_500, "JPY", "currency")],
)
def test_what_is_not_sold_is_refused_by_its_field(amount: int, currency: str, field: str) -> None:
    terms = GiftCardTerms(amounts={"USD": LISTED, "EUR": RANGE})
    terms.check(2_500, "USD")
    terms.check(1_234, "EUR")
    with pytest.raises(ValidationFailed) as refused:
        terms.check(amount, currency)
    assert [each.field for each in refused.value.errors] == [field]


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [(5_000, "USD", 500), (99, "USD", 9), (9, "USD", 0), (500, "JPY", 5_000), (1_999, "KWD", 19)],
)
def test_votes_are_for_whole_units_and_their_parts_rounded_down(amount: int, currency: str, expected: int) -> None:
    assert votes(amount, currency, 10) == expected
