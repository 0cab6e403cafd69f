"""Which provider a checkout goes to, and what its payment remembers of the choice."""

from __future__ import annotations

import pytest

from tests.support.builders import a_pricing_item, usd
from tests.support.checkout_world import CheckoutWorld, another_key
from tests.support.tender_world import TenderWorld
from tollgate.checkout.quote import BasketItem
from tollgate.fees.providers import Risk
from tollgate.kernel.errors import ValidationFailed


def test_a_payment_remembers_why_its_provider_was_chosen(world: CheckoutWorld) -> None:
    world.create()
    assert (world.payment().provider, world.payment().route) == ("stripe", "only")


def test_a_provider_that_was_asked_for_is_remembered_as_that(world: CheckoutWorld) -> None:
    world.create(provider="stripe")
    assert world.payment().route == "requested"


def test_the_reason_is_in_no_event(world: CheckoutWorld) -> None:
    world.create()
    assert all("route" not in event.data for event in world.store.of("event"))


def test_a_risky_basket_is_refused_where_nobody_takes_it_and_nothing_is_stored(world: CheckoutWorld) -> None:
    world.catalog.put(a_pricing_item("dating_month", unit=usd(2_500), risk=Risk.HIGH))
    basket = (BasketItem("concert_ticket", 1), BasketItem("dating_month", 1))
    with pytest.raises(ValidationFailed) as refused:
        world.create(basket=basket, key=another_key())
    assert [error.field for error in refused.value.errors] == ["items"]
    assert world.store.items == {}


def test_what_tenders_cover_is_routed_to_nobody() -> None:
    world = TenderWorld()
    assert world.opened(world.give_credit(5_000)).route == "covered"
    assert world.opened(world.give_credit(4_999)).route == "only"
