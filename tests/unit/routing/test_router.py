"""Which provider takes a payment, and what is said when none does."""

from __future__ import annotations

import pytest

from tollgate.kernel.errors import FieldError, ValidationFailed
from tollgate.routing.router import Offer, PaymentMethod, Router

CARDS = frozenset({"card"})
STRIPE = Offer("stripe", CARDS)
SQUARE = Offer("square", CARDS | {"cash_app"}, currencies=frozenset({"USD"}))
OFF = Offer("paypal", frozenset({"paypal"}), enabled=False)


def _refused(router: Router, method: str, currency: str, wanted: str | None = None) -> str:
    with pytest.raises(ValidationFailed) as caught:
        router.choose(method, currency, wanted)
    (error,) = caught.value.errors
    assert isinstance(error, FieldError)
    return error.field


def test_the_default_is_preferred_wherever_it_stands() -> None:
    assert Router([SQUARE, STRIPE], "stripe").choose("card", "USD") == "stripe"
    assert Router([STRIPE, SQUARE], "square").choose("card", "USD") == "square"


def test_others_keep_their_order() -> None:
    names = [offer.provider for offer in Router([OFF, SQUARE, STRIPE], "stripe").providers()]
    assert names == ["stripe", "paypal", "square"]


def test_what_the_default_does_not_take_goes_to_the_next() -> None:
    router = Router([SQUARE, STRIPE], "square")
    assert router.choose("card", "EUR") == "stripe"
    assert Router([STRIPE, SQUARE], "stripe").choose("cash_app", "USD") == "square"


def test_a_default_that_is_switched_off_is_passed_over() -> None:
    assert Router([Offer("stripe", CARDS, enabled=False), SQUARE], "stripe").choose("card", "USD") == "square"


def test_a_wanted_provider_is_taken_or_the_payment_is_refused() -> None:
    router = Router([STRIPE, SQUARE, OFF], "stripe")
    assert router.choose("card", "USD", "square") == "square"
    assert _refused(router, "card", "EUR", "square") == "currency"
    assert _refused(router, "cash_app", "USD", "stripe") == "method"
    assert _refused(router, "paypal", "USD", "paypal") == "provider"
    assert _refused(router, "card", "USD", "nobody") == "provider"


def test_the_field_that_leaves_no_provider_is_named() -> None:
    router = Router([SQUARE, OFF], "square")
    assert _refused(router, "card", "EUR") == "currency"
    assert _refused(router, "sepa", "USD") == "method"
    assert _refused(router, "paypal", "USD") == "method"
    assert _refused(Router([OFF], "paypal"), "paypal", "USD") == "provider"
    assert _refused(Router([], "stripe"), "card", "USD") == "provider"


def test_buyers_see_only_methods_that_can_be_paid_with() -> None:
    assert Router([SQUARE, STRIPE, OFF], "stripe").methods() == (
        PaymentMethod("card", ("stripe", "square")),
        PaymentMethod("cash_app", ("square",)),
    )
