"""A charge's balance transaction as what Stripe kept of it, and in which currency."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tollgate.adapters.providers.stripe.refunds import settlement_of
from tollgate.checkout.ports import Unknown
from tollgate.kernel.money import Money
from tollgate.payments.settlement import Settlement
from tollgate.refunds.ports import NotYet, PaidOut


def a_transaction(**fields: Any) -> dict[str, Any]:
    return {"status": "available", "available_on": 1_800_000_000, "currency": "usd", "fee": 320} | fields


@pytest.mark.parametrize(
    ("currency", "fee", "kept"),
    [("usd", 320, Money(320, "USD")), ("jpy", 256, Money(256, "JPY")), ("isk", 25_600, Money(256, "ISK"))],
)
def test_the_fee_is_in_the_currency_that_is_paid_out(currency: str, fee: int, kept: Money) -> None:
    assert settlement_of(a_transaction(currency=currency, fee=fee)) == PaidOut(Settlement(kept))


def test_before_its_day_it_says_when() -> None:
    waiting = a_transaction(status="pending")
    assert settlement_of(waiting) == NotYet(datetime.fromtimestamp(1_800_000_000, UTC))


@pytest.mark.parametrize("told", [{}, a_transaction(currency="xyz"), a_transaction(currency="isk", fee=1)])
def test_what_cannot_be_booked_settles_nothing(told: dict[str, Any]) -> None:
    assert isinstance(settlement_of(told), Unknown)
