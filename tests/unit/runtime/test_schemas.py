"""What callers send is checked field by field, and never repeated back to them."""

from __future__ import annotations

from typing import Any

import pytest

from tollgate.checkout.quote import BasketItem
from tollgate.kernel.errors import ValidationFailed
from tollgate.runtime.http.schemas import ChargeBody, CheckoutBody, CheckoutSessionBody, parse

URLS = {"successUrl": "https://shop.example/ok", "cancelUrl": "https://shop.example/no"}
CHECKOUT: dict[str, Any] = {"items": [{"code": "concert_ticket", "quantity": 2}], **URLS}
SESSION: dict[str, Any] = {
    "pricingItemCode": "concert_ticket",
    "consumerKey": "tickets",
    "consumerTenantId": "demo",
    **URLS,
}


def wrong_fields(body: dict[str, Any], model: type[Any] = CheckoutBody) -> set[str]:
    with pytest.raises(ValidationFailed) as caught:
        parse(model, body)
    return {error.field for error in caught.value.errors}


def test_a_checkout_is_read() -> None:
    body = parse(CheckoutBody, CHECKOUT)
    assert body.basket() == (BasketItem("concert_ticket", 2),)
    assert (body.method, body.provider, body.amount) == ("card", None, None)


def test_a_product_is_a_basket_of_one() -> None:
    assert parse(CheckoutBody, {"productId": "poster", **URLS}).basket() == (BasketItem("poster", 1),)


def test_names_may_be_in_snake_case() -> None:
    body = parse(
        CheckoutBody, {"product_id": "poster", "success_url": "https://x.example", "cancel_url": "https://y.example"}
    )
    assert body.success_url == "https://x.example"


def test_a_session_of_a_product_backend_is_read() -> None:
    body = parse(CheckoutSessionBody, SESSION | {"billingEmail": "zoe@example.com", "tenantName": "Zoë"})
    assert (body.consumer_tenant_id, body.quantity, body.billing_email) == ("demo", 1, "zoe@example.com")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"items": []}, "items"),
        ({"items": "concert_ticket"}, "items"),
        ({"items": [{"code": "a"}] * 21}, "items"),
        ({"items": [{"code": "a"}, {"quantity": 1}]}, "items.1.code"),
        ({"items": [{"code": "a", "quantity": 0}]}, "items.0.quantity"),
        ({"items": [{"code": "a", "quantity": 101}]}, "items.0.quantity"),
        ({"items": [{"code": "a", "quantity": -1}]}, "items.0.quantity"),
        ({"items": [{"code": "a", "quantity": 1.5}]}, "items.0.quantity"),
        ({"items": [{"code": "a", "quantity": 1.0}]}, "items.0.quantity"),
        ({"items": [{"code": "a", "quantity": "1"}]}, "items.0.quantity"),
        ({"items": [{"code": "a", "quantity": True}]}, "items.0.quantity"),
        ({"items": [{"code": "a", "price": 1}]}, "items.0.price"),
        ({"items": [{"code": "a b"}]}, "items.0.code"),
        ({"items": [{"code": "a\n"}]}, "items.0.code"),
        ({"items": [{"code": "a#b"}]}, "items.0.code"),
        ({"items": [{"code": "*"}]}, "items.0.code"),
        ({"items": [{"code": "a" * 65}]}, "items.0.code"),
        ({"items": [{"code": ""}]}, "items.0.code"),
        ({"amount": 0}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": 10.5}, "amount"),
        ({"amount": "5000"}, "amount"),
        ({"currency": "usd"}, "currency"),
        ({"currency": "USDT"}, "currency"),
        ({"currency": "USD\n"}, "currency"),
        ({"customerEmail": "zoe"}, "customerEmail"),
        ({"customerEmail": "zoe @example.com"}, "customerEmail"),
        ({"customerEmail": "zoe@example.com\n"}, "customerEmail"),
        ({"reference": ""}, "reference"),
        ({"reference": "r" * 101}, "reference"),
        ({"reference": "\ud800"}, "reference"),
        ({"userId": ""}, "userId"),
        ({"userId": "u" * 129}, "userId"),
        ({"successUrl": None}, "successUrl"),
        ({"successUrl": "https://" + "x" * 500}, "successUrl"),
        ({"cancelUrl": 5}, "cancelUrl"),
        ({"sucessUrl": "https://shop.example"}, "sucessUrl"),
        ({"idempotency_key": 5}, "idempotency_key"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Any], field: str) -> None:
    assert wrong_fields(CHECKOUT | change) == {field}


def test_every_wrong_field_is_named_at_once() -> None:
    assert wrong_fields({"items": [{}], "amount": "x"}) == {"items.0.code", "amount", "successUrl", "cancelUrl"}


@pytest.mark.parametrize("body", [URLS, CHECKOUT | {"productId": "poster"}])
def test_one_way_to_say_what_is_bought(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationFailed) as caught:
        parse(CheckoutBody, body)
    assert [(error.field, error.message) for error in caught.value.errors] == [
        ("body", "give either items or productId")
    ]


@pytest.mark.parametrize("field", ["pricingItemCode", "consumerKey", "consumerTenantId", "successUrl", "cancelUrl"])
def test_a_session_needs_these(field: str) -> None:
    body = {name: value for name, value in SESSION.items() if name != field}
    assert wrong_fields(body, CheckoutSessionBody) == {field}


def test_what_was_sent_is_not_repeated() -> None:
    secret = "4242424242424242"
    with pytest.raises(ValidationFailed) as caught:
        parse(
            CheckoutBody, {"items": secret, "amount": secret, "currency": secret, "successUrl": [secret], "method": 1}
        )
    assert secret not in repr(caught.value.errors)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "source",
    [
        "4242424242424242",
        "4242-4242-4242-4242",
        "4242424242424242/x",
        "cus_1/4242424242424242",
        "pm_4242424242424242",
        "pm4242424242424242x",
        "cnon:4242.4242_4242/4242:x",
        "x/12/4242-4242-4242-4242/12",
        "pm_378282246310005",
        "123456789012",
    ],
)
def test_no_source_of_a_charge_holds_a_card_number(source: str) -> None:
    body = {"productId": "poster", "sources": {"stripe": source}}
    assert wrong_fields(body, ChargeBody) == {"sources.stripe"}


@pytest.mark.parametrize(
    "source",
    [
        "pm_card_visa",
        "cus_NffrFeUfNV2Hib/pm_1MvrZf2eZvKYlo2C",
        "cnon:CBASEOTCbBJ0kFTBkRl2ztkPABY",
        "pm_4242424242424241",
        "pm_424242424242",
        "a/ccof:42424242x42424242",
    ],
)
def test_what_is_no_card_number_may_be_a_source(source: str) -> None:
    assert parse(ChargeBody, {"productId": "poster", "sources": {"stripe": source}}).sources == {"stripe": source}
