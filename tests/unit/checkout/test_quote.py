"""What a basket costs comes from the catalog alone."""

from __future__ import annotations

import pytest

from tests.support.builders import a_pricing_item, usd
from tests.support.fakes import MemoryCatalog
from tollgate.catalog.model import Interval, PricingItem
from tollgate.checkout.quote import AmountMismatch, BasketItem, Quote, quote, require
from tollgate.fees.providers import Risk
from tollgate.kernel.errors import ValidationFailed
from tollgate.kernel.money import MAX_AMOUNT, Money

ITEMS = [
    a_pricing_item("poster", unit=usd(1)),
    a_pricing_item("gone", active=False),
    a_pricing_item("gold_month", interval=Interval.MONTH),
    a_pricing_item("croissant", unit=Money(300, "EUR")),
    a_pricing_item("free", unit=usd(0)),
    a_pricing_item("voucher", unit=usd(-2500)),
    a_pricing_item("palace", unit=usd(MAX_AMOUNT)),
]


def _quote(*basket: tuple[str, int], tenant: str = "demo", items: list[PricingItem] | None = None) -> Quote:
    catalog = MemoryCatalog(ITEMS if items is None else items)
    return quote(catalog, tenant, [BasketItem(code, quantity) for code, quantity in basket])


def _errors(*basket: tuple[str, int]) -> dict[str, str]:
    with pytest.raises(ValidationFailed) as caught:
        _quote(*basket)
    return {error.field: error.message for error in caught.value.errors}


def test_a_basket_costs_the_sum_of_its_lines() -> None:
    quoted = _quote(("concert_ticket", 2), ("poster", 3))
    assert quoted.total == usd(5003)
    assert [(line.code, line.quantity, line.unit) for line in quoted.lines] == [
        ("concert_ticket", 2, usd(2500)),
        ("poster", 3, usd(1)),
    ]


def test_an_item_asked_for_twice_is_two_lines() -> None:
    assert _quote(("poster", 1), ("poster", 2)).total == usd(3)


def test_a_tenants_own_price_goes_before_the_shared_one() -> None:
    own = a_pricing_item(tenant="demo", unit=usd(100))
    assert _quote(("concert_ticket", 1), items=[own]).total == usd(100)
    assert _quote(("concert_ticket", 1), items=[own], tenant="other").total == usd(2500)


def test_a_basket_is_as_risky_as_its_riskiest_item() -> None:
    risky = [*ITEMS, a_pricing_item("dating", risk=Risk.HIGH)]
    assert _quote(("concert_ticket", 1), ("poster", 1), items=risky).risk is Risk.LOW
    assert _quote(("concert_ticket", 1), ("dating", 1), ("poster", 1), items=risky).risk is Risk.HIGH


def test_every_item_that_cannot_be_bought_is_named() -> None:
    asked = (("nothing", 1), ("concert_ticket", 1), ("gone", 1), ("croissant", 1), ("gold_month", 1))
    assert _errors(*asked) == {
        "items.0.code": "unknown pricing item 'nothing'",
        "items.2.code": "pricing item 'gone' is not on sale",
        "items.3.code": "'croissant' is not sold in USD",
        "items.4.code": "pricing item 'gold_month' is paid for each month: it is not sold once",
    }


def test_the_first_item_on_sale_sets_the_currency() -> None:
    assert set(_errors(("croissant", 1), ("concert_ticket", 1))) == {"items.1.code"}


@pytest.mark.parametrize("basket", [[("free", 3)], [("voucher", 1)], [("concert_ticket", 1), ("voucher", 1)]])
def test_there_must_be_something_to_pay(basket: list[tuple[str, int]]) -> None:
    assert _errors(*basket) == {"items": "there is nothing to pay for these items"}


@pytest.mark.parametrize("basket", [[("palace", 2)], [("palace", 1), ("poster", 1)]])
def test_a_total_past_the_bound_is_a_validation_error(basket: list[tuple[str, int]]) -> None:
    assert _errors(*basket) == {"items": "the total is too large"}


def test_an_empty_basket_is_a_validation_error() -> None:
    assert set(_errors()) == {"items"}


def test_the_buyers_own_figures_must_be_right_where_they_are_sent() -> None:
    quoted = _quote(("concert_ticket", 2))
    require(quoted, amount=None, currency=None)
    require(quoted, amount=5000, currency="USD")


@pytest.mark.parametrize(
    ("amount", "currency", "field"),
    [(4999, None, "amount"), (5001, "USD", "amount"), (None, "EUR", "currency"), (5000, "EUR", "currency")],
)
def test_a_figure_that_differs_is_a_mismatch(amount: int | None, currency: str | None, field: str) -> None:
    with pytest.raises(AmountMismatch) as caught:
        require(_quote(("concert_ticket", 2)), amount=amount, currency=currency)
    assert caught.value.code == "AMOUNT_MISMATCH"
    assert [error.field for error in caught.value.errors] == [field]
