"""What Stripe refuses, the simulator refuses: same status, type, code and parameter."""

from __future__ import annotations

from functools import partial
from typing import Any

import httpx
import pytest
import stripe

from tests.simulators.world import KEY, World, a_client, a_session


def item(**price: Any) -> dict[str, Any]:
    data = {"currency": "usd", "unit_amount": 1000, "product_data": {"name": "Ticket"}, **price}
    return {"price_data": {name: value for name, value in data.items() if value is not None}, "quantity": 1}


SESSIONS: list[tuple[dict[str, Any], str | None, str]] = [
    ({"colour": "red"}, "parameter_unknown", "colour"),
    (
        {"line_items": [{**item(), "colour": "red"}]},
        "parameter_unknown",
        "line_items[0][colour]",
    ),
    ({"line_items": [item(unit_amount=None)]}, "parameter_missing", "line_items[0][price_data][unit_amount]"),
    (
        {"line_items": [item(product_data={"description": "d"})]},
        "parameter_missing",
        "line_items[0][price_data][product_data][name]",
    ),
    (
        {"line_items": [item(unit_amount="12.50")]},
        "parameter_invalid_integer",
        "line_items[0][price_data][unit_amount]",
    ),
    ({"line_items": [item(unit_amount=49)]}, "amount_too_small", "line_items"),
    ({"line_items": [item(unit_amount=100_000_000)]}, "amount_too_large", "line_items[0][price_data][unit_amount]"),
    ({"line_items": [item(currency="zzz")]}, None, "line_items[0][price_data][currency]"),
    ({"line_items": [item(currency="kwd", unit_amount=1001)]}, "parameter_invalid_integer", "line_items"),
    ({"line_items": [item(currency="jpy", unit_amount=49)]}, "amount_too_small", "line_items"),
    ({"line_items": [item(), item(currency="eur")]}, None, "line_items[1][price_data][currency]"),
    ({"line_items": [{**item(), "quantity": 0}]}, "parameter_invalid_integer", "line_items[0][quantity]"),
    ({"success_url": "not an address"}, "url_invalid", "success_url"),
    ({"cancel_url": "javascript:alert(1)"}, "url_invalid", "cancel_url"),
    ({"success_url": ""}, "parameter_invalid_empty", "success_url"),
    ({"mode": "pay"}, None, "mode"),
    ({"payment_method_types": ["card"]}, "parameter_unknown", "payment_method_types"),
    (
        {"payment_intent_data": {"capture_method": "manual"}, "allowed_payment_method_types": ["us_bank_account"]},
        None,
        "allowed_payment_method_types",
    ),
    ({"customer_email": "nobody"}, "email_invalid", "customer_email"),
    ({"customer": "cus_unknown"}, "resource_missing", "customer"),
    ({"metadata": {f"k{n}": "v" for n in range(51)}}, None, "metadata"),
    ({"metadata": {"k" * 41: "v"}}, None, "metadata"),
    ({"metadata": {"k": "v" * 501}}, None, "metadata[k]"),
    ({"client_reference_id": "r" * 201}, None, "client_reference_id"),
    ({"payment_intent_data": {"capture_method": "never"}}, None, "payment_intent_data[capture_method]"),
    (
        {"payment_intent_data": {"statement_descriptor_suffix": "<b>"}},
        None,
        "payment_intent_data[statement_descriptor_suffix]",
    ),
]


@pytest.mark.parametrize(("changes", "code", "param"), SESSIONS, ids=[case[2] for case in SESSIONS])
def test_a_bad_session_is_refused_and_the_parameter_named(
    shared_world: World, changes: dict[str, Any], code: str | None, param: str
) -> None:
    error = shared_world.refused(lambda: shared_world.client.v1.checkout.sessions.create(params=a_session(**changes)))
    assert isinstance(error, stripe.InvalidRequestError)
    assert error.error is not None
    assert (error.http_status, error.code, error.param) == (400, code, param)
    assert error.error.type == "invalid_request_error"
    assert error.request_id
    assert shared_world.state()["counts"]["sessions"] == 0


def test_every_required_parameter_of_a_session_is_asked_for(shared_world: World) -> None:
    for name in ("mode", "line_items", "success_url"):
        params = a_session()
        del params[name]
        error = shared_world.refused(partial(shared_world.client.v1.checkout.sessions.create, params=params))
        assert isinstance(error, stripe.InvalidRequestError)
        assert (error.code, error.param) == ("parameter_missing", name)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"amount": 49, "currency": "usd"}, "amount_too_small"),
        ({"amount": 0, "currency": "usd"}, "amount_too_small"),
        ({"amount": -5, "currency": "usd"}, "amount_too_small"),
        ({"amount": 100_000_000, "currency": "usd"}, "amount_too_large"),
        ({"amount": "ten", "currency": "usd"}, "parameter_invalid_integer"),
        ({"amount": 1000}, "parameter_missing"),
        ({"amount": 1000, "currency": "usd", "payment_method": "pm_unknown", "confirm": True}, "resource_missing"),
        ({"amount": 1000, "currency": "usd", "off_session": True}, None),
        (
            {"amount": 1000, "currency": "usd", "payment_method_types": ["card"]},
            "payment_method_types_no_longer_supported",
        ),
        ({"amount": 1000, "currency": "usd", "amount_received": 5}, "parameter_unknown"),
    ],
)
def test_a_bad_intent_is_refused(shared_world: World, params: Any, code: str | None) -> None:
    error = shared_world.refused(lambda: shared_world.client.v1.payment_intents.create(params=params))
    assert (error.http_status, error.code) == (400, code)
    assert shared_world.state()["counts"]["payment_intents"] == 0


def test_a_parameter_the_simulator_does_not_act_on_is_refused_and_not_ignored(shared_world: World) -> None:
    error = shared_world.refused(lambda: shared_world.session(automatic_tax={"enabled": True}))
    assert "does not implement the parameter automatic_tax" in str(error)


@pytest.mark.parametrize("key", ["sk_test_other", f"{KEY}x", KEY[:-1], "\u00e9"])
def test_a_wrong_key_is_refused(shared_world: World, key: str) -> None:
    answer = httpx.get(
        f"{shared_world.base}/v1/balance", headers={b"Authorization": f"Bearer {key}".encode()}, trust_env=False
    )
    assert (answer.status_code, answer.json()["error"]["type"]) == (401, "invalid_request_error")
    error = shared_world.refused(a_client(shared_world.base, "sk_test_other").v1.balance.retrieve)
    assert isinstance(error, stripe.AuthenticationError)


def test_no_key_is_refused_and_basic_credentials_are_taken(shared_world: World) -> None:
    assert httpx.get(f"{shared_world.base}/v1/balance", trust_env=False).status_code == 401
    assert httpx.get(f"{shared_world.base}/v1/balance", auth=(KEY, ""), trust_env=False).status_code == 200


def test_unknown_ids_are_not_found(shared_world: World) -> None:
    client = shared_world.client.v1
    for call in (
        lambda: client.checkout.sessions.retrieve("cs_test_unknown"),
        lambda: client.checkout.sessions.expire("cs_test_unknown"),
        lambda: client.payment_intents.retrieve("pi_unknown"),
        lambda: client.charges.retrieve("ch_unknown"),
        lambda: client.refunds.retrieve("re_unknown"),
        lambda: client.customers.retrieve("cus_unknown"),
        lambda: client.events.retrieve("evt_unknown"),
        partial(client.balance_transactions.retrieve, "txn_unknown"),
    ):
        error = shared_world.refused(call)
        assert (error.http_status, error.code) == (404, "resource_missing")


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/v1/charges/ch_1"), ("PUT", "/v1/refunds"), ("GET", "/v1/plans"), ("POST", "/v1/x")],
)
def test_a_wrong_method_or_address_is_not_found(shared_world: World, method: str, path: str) -> None:
    answer = httpx.request(
        method, f"{shared_world.base}{path}", headers={"Authorization": f"Bearer {KEY}"}, trust_env=False
    )
    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "invalid_request_error")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Stripe-Version": "2020-08-27"}, b""),
        ({"Content-Type": "application/json"}, b'{"amount": 5}'),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"metadata[a]=1&metadata=2"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"name=%FF"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"a[b=1"),
    ],
)
def test_what_is_not_a_form_of_the_pinned_version_is_refused(
    shared_world: World, headers: dict[str, str], body: bytes
) -> None:
    answer = httpx.post(
        f"{shared_world.base}/v1/customers",
        headers={"Authorization": f"Bearer {KEY}", **headers},
        content=body,
        trust_env=False,
    )
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


def test_a_connected_account_is_out_of_reach(shared_world: World) -> None:
    error = shared_world.refused(lambda: shared_world.client.v1.balance.retrieve(options={"stripe_account": "acct_1"}))
    assert isinstance(error, stripe.PermissionError)


def test_an_amount_of_zero_digits_and_of_three_is_charged_as_given(shared_world: World) -> None:
    assert shared_world.session(amount=500, currency="jpy").amount_total == 500
    assert shared_world.session(amount=1230, currency="kwd").amount_total == 1230
