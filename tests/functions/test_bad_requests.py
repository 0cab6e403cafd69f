"""Every kind of bad input has its answer, names its field, and leaves nothing behind."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.deployment import PLATFORM_TOKEN, Answer, Deployment, deployment
from tests.support.engine import Engine
from tests.support.requests import KEY_ID, a_checkout, new_key, token


def _post(deployed: Deployment, body: Any = None, **options: Any) -> Answer:
    headers = {**deployed.as_user(), "idempotency-key": new_key(), **options.pop("headers", {})}
    return deployed.call("POST", "/payments/checkout", body, headers=headers, **options)


def _nothing_stored(deployed: Deployment) -> bool:
    return not deployed.stored("payment") and not deployed.stored("idempotency") and not deployed.stored("event")


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"items": [{"code": "no_such_thing"}]}, "items.0.code", "VALIDATION_ERROR"),
        ({"items": [{"code": "retired_poster"}]}, "items.0.code", "VALIDATION_ERROR"),
        ({"items": [{"code": "concert_ticket"}, {"code": "tokyo_ticket"}]}, "items.1.code", "VALIDATION_ERROR"),
        ({"items": [{"code": "concert_ticket", "quantity": 0}]}, "items.0.quantity", "VALIDATION_ERROR"),
        ({"items": [{"code": "concert_ticket", "quantity": 1.5}]}, "items.0.quantity", "VALIDATION_ERROR"),
        ({"items": [{"code": "concert_ticket", "quantity": "2"}]}, "items.0.quantity", "VALIDATION_ERROR"),
        ({"items": []}, "items", "VALIDATION_ERROR"),
        ({"items": None}, "body", "VALIDATION_ERROR"),
        ({"amount": 9_999}, "amount", "AMOUNT_MISMATCH"),
        ({"amount": 100.5}, "amount", "VALIDATION_ERROR"),
        ({"currency": "EUR"}, "currency", "AMOUNT_MISMATCH"),
        ({"currency": "usd"}, "currency", "VALIDATION_ERROR"),
        ({"currency": "XXX"}, "currency", "AMOUNT_MISMATCH"),
        ({"method": "barter"}, "method", "VALIDATION_ERROR"),
        ({"provider": "nobody"}, "provider", "VALIDATION_ERROR"),
        ({"successUrl": "https://evil.example/thanks"}, "successUrl", "VALIDATION_ERROR"),
        ({"successUrl": "https://shop.example@evil.example/"}, "successUrl", "VALIDATION_ERROR"),
        ({"cancelUrl": "javascript:alert(1)//x"}, "cancelUrl", "VALIDATION_ERROR"),
        ({"customerEmail": "nobody"}, "customerEmail", "VALIDATION_ERROR"),
        ({"unheardOf": 1}, "unheardOf", "VALIDATION_ERROR"),
    ],
)
def test_a_wrong_field_is_named(deployed: Deployment, fields: dict[str, Any], field: str, code: str) -> None:
    answer = _post(deployed, a_checkout(**fields))
    assert answer.status == 422
    assert answer.body["code"] == code
    assert field in [error["field"] for error in answer.body["errors"]]
    assert answer.body["path"] == "/payments/checkout"
    assert answer.body["timestamp"].endswith("Z")
    assert _nothing_stored(deployed)


@pytest.mark.parametrize(
    ("raw", "content_type", "status", "code"),
    [
        (b"{not json", "application/json", 400, "INVALID_JSON"),
        (b"[]", "application/json", 400, "INVALID_JSON"),
        (b"", "application/json", 400, "INVALID_JSON"),
        (b"\xff\xfe{}", "application/json", 400, "INVALID_JSON"),
        (b"[" * 50_000, "application/json", 400, "INVALID_JSON"),
        (b"items=1", "application/x-www-form-urlencoded", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b'{"a":"' + b"x" * 70_000 + b'"}', "application/json", 413, "PAYLOAD_TOO_LARGE"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    deployed: Deployment, raw: bytes, content_type: str, status: int, code: str
) -> None:
    answer = _post(deployed, raw=raw, headers={"content-type": content_type})
    assert (answer.status, answer.body["code"]) == (status, code)
    assert _nothing_stored(deployed)


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "IDEMPOTENCY_KEY_MISSING"),
        ("", "IDEMPOTENCY_KEY_MISSING"),
        ("order-1", "IDEMPOTENCY_KEY_INVALID"),
        ("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "IDEMPOTENCY_KEY_INVALID"),
    ],
)
def test_a_checkout_needs_a_uuid_of_version_4_as_its_key(deployed: Deployment, key: str | None, code: str) -> None:
    headers = deployed.as_user() | ({"idempotency-key": key} if key is not None else {})
    answer = deployed.call("POST", "/payments/checkout", a_checkout(), headers=headers)
    assert (answer.status, answer.body["code"]) == (400, code)
    assert _nothing_stored(deployed)


def test_two_different_keys_in_one_request_are_refused(deployed: Deployment) -> None:
    answer = _post(deployed, a_checkout(idempotencyKey=new_key()))
    assert (answer.status, answer.body["code"]) == (400, "IDEMPOTENCY_KEY_INVALID")


def test_a_key_with_another_body_is_refused(deployed: Deployment) -> None:
    key = new_key()
    deployed.checkout(key)
    answer = deployed.checkout(key, items=[{"code": "concert_ticket", "quantity": 3}])
    assert (answer.status, answer.body["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert len(deployed.stored("payment")) == 1


def _refused_tokens() -> dict[str, tuple[str, str]]:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    past = datetime.now(UTC) - timedelta(minutes=1)
    unsigned = jwt.encode(
        {"sub": "u", "tenant_id": "demo", "role": "admin"}, "", algorithm="none", headers={"kid": KEY_ID}
    )
    return {
        "expired": (token("u", "demo", "user", exp=past), "TOKEN_EXPIRED"),
        "unsigned": (unsigned, "INVALID_TOKEN"),
        "symmetric": (token("u", "demo", "user", key="x" * 32, algorithm="HS256"), "INVALID_TOKEN"),
        "stranger's key": (token("u", "demo", "user", key=stranger), "INVALID_TOKEN"),
        "other audience": (token("u", "demo", "user", aud="elsewhere"), "INVALID_TOKEN"),
        "other issuer": (token("u", "demo", "user", iss="https://evil.example"), "INVALID_TOKEN"),
        "unknown role": (token("u", "demo", "root"), "INVALID_TOKEN"),
        "no tenant": (token("u", "", "user"), "INVALID_TOKEN"),
        "tenant with a separator": (token("u", "demo#x", "user"), "INVALID_TOKEN"),
        "garbage": ("garbage", "INVALID_TOKEN"),
    }


@pytest.mark.parametrize("name", sorted(_refused_tokens()))
def test_a_token_that_proves_nothing_is_refused(deployed: Deployment, name: str) -> None:
    refused, code = _refused_tokens()[name]
    answer = _post(deployed, a_checkout(), headers={"authorization": f"Bearer {refused}"})
    assert (answer.status, answer.body["code"]) == (401, code)
    assert _nothing_stored(deployed)


def test_no_credentials_are_asked_for(deployed: Deployment) -> None:
    answer = deployed.call("GET", "/transactions")
    assert (answer.status, answer.body["code"]) == (401, "AUTH_REQUIRED")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_another_tenants_payment_does_not_exist(deployed: Deployment) -> None:
    payment = deployed.checkout().body["id"]
    for headers in (
        deployed.as_user("user-2"),
        deployed.as_user("user-1", "other"),
        deployed.as_user("a", "other", "admin"),
    ):
        for method, path in (
            ("GET", f"/payments/checkout/{payment}"),
            ("POST", f"/payments/checkout/{payment}/cancel"),
            ("GET", f"/transactions/{payment}"),
        ):
            answer = deployed.call(method, path, headers=headers)
            assert (answer.status, answer.body["code"]) == (404, "NOT_FOUND"), path
    assert (
        deployed.call("GET", f"/transactions/{payment}", headers=deployed.as_user("a", "demo", "admin")).status == 200
    )


def test_a_service_acts_only_for_tenants_on_its_list(deployed: Deployment) -> None:
    def listed(tenant: str) -> Answer:
        return deployed.call("GET", "/transactions", headers=deployed.as_service("GET", "/transactions", tenant=tenant))

    assert listed("demo").status == 200
    assert (listed("other").status, listed("").status) == (403, 403)


def test_a_signed_mutation_without_a_key_counts_once(deployed: Deployment) -> None:
    payment = deployed.checkout().body["id"]
    path = f"/payments/checkout/{payment}/cancel"
    headers = deployed.as_service("POST", path)
    assert deployed.call("POST", path, headers=headers).status == 200
    again = deployed.call("POST", path, headers=headers)
    assert (again.status, again.body["code"]) == (403, "SIGNATURE_REPLAYED")


def test_a_signature_of_another_request_or_time_is_refused(deployed: Deployment) -> None:
    signed = deployed.as_service("GET", "/transactions")
    other = deployed.call("GET", "/transactions", headers=signed, query="limit=5")
    stale = deployed.call(
        "GET", "/transactions", headers=deployed.as_service("GET", "/transactions", at=time.time() - 301)
    )
    assert (other.status, stale.status) == (401, 401)


def test_people_are_kept_out_of_the_internal_api(deployed: Deployment) -> None:
    assert deployed.call("GET", "/internal/payments/providers", headers=deployed.as_user(role="admin")).status == 403
    allowed = deployed.call(
        "GET", "/internal/payments/providers", headers={"x-platform-internal-token": PLATFORM_TOKEN}
    )
    assert allowed.status == 200
    known = {"stripe", "segpay", "square", "paypal", "mock"}
    assert {provider["key"] for provider in allowed.body["providers"]} == known
    wrong = deployed.call("GET", "/internal/payments/providers", headers={"x-platform-internal-token": "guess"})
    assert wrong.status == 401


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "from=yesterday", "to=2026-01-01", "colour=red", "cursor=abc"]
)
def test_a_wrong_query_is_named(deployed: Deployment, query: str) -> None:
    answer = deployed.call("GET", "/transactions", headers=deployed.as_user(), query=query)
    assert answer.status in (400, 422)
    assert query.split("=", maxsplit=1)[0] in str(answer.body)


def test_a_captured_signature_cannot_be_dressed_up_with_another_key(deployed: Deployment) -> None:
    path, raw = "/payments/checkout", json.dumps(a_checkout()).encode()
    signed, key = deployed.as_service("POST", path, raw), new_key()
    first = deployed.call("POST", path, raw=raw, headers={**signed, "idempotency-key": key})
    again = deployed.call("POST", path, raw=raw, headers={**signed, "idempotency-key": key})
    stolen = deployed.call("POST", path, raw=raw, headers={**signed, "idempotency-key": new_key()})
    bare = deployed.call("POST", path, raw=raw, headers=signed)
    assert (first.status, again.status, stolen.status, bare.status) == (201, 201, 403, 403)
    assert len(deployed.stored("payment")) == 1


def test_the_key_comes_back_with_an_error_too(engine: Engine) -> None:
    with deployment(engine, STRIPE_API_BASE="http://127.0.0.1:9") as made:
        key = new_key()
        answer = made.checkout(key, method="card")
        assert (answer.status, answer.headers["idempotency-key"]) == (502, key)
