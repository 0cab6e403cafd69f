"""Whatever bytes, headers and texts reach a function, it refuses what it cannot read, and stores nothing of it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.deployment import MOCK_SECRET, WEBHOOK_SECRET, Deployment
from tests.support.promises import hold_answer
from tests.support.requests import a_checkout, context, http_event, new_key, signature_header

CHECKOUT = "/payments/checkout"
# The same ones in every run; one deployment serves them all.
SETTINGS = settings(
    max_examples=40, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
LONE_SURROGATE = "\ud800"
# As JSON may carry it: half of a pair, too.
TEXT = st.text(st.characters(codec=None), max_size=12)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))
HEADER = st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=40)


def _answer(deployed: Deployment, event: dict[str, Any], function: str = "checkout_api") -> tuple[int, Any]:
    """As the Lambda runtime sends it: as JSON, in UTF-8."""
    answer = json.loads(json.dumps(deployed.function(function).handler(event, context())))
    answer["body"].encode()
    body = json.loads(answer["body"])
    http = event["requestContext"]["http"]
    hold_answer(http["method"], http["path"], answer["statusCode"], {"content-type": "application/json"}, body)
    return int(answer["statusCode"]), body


def _event(deployed: Deployment, body: bytes, **headers: str) -> dict[str, Any]:
    sent = {"content-type": "application/json", "idempotency-key": new_key(), **deployed.as_user(), **headers}
    return http_event("POST", CHECKOUT, sent, "", body)


def _nothing_stored(deployed: Deployment) -> bool:
    return not deployed.stored("payment") and not deployed.stored("idempotency")


def test_any_bytes_are_refused_as_a_body(deployed: Deployment) -> None:
    @SETTINGS
    @given(st.binary(max_size=200), st.booleans(), HEADER | st.just("application/json"))
    @example(b"\xff", False, "application/json")
    @example(b"9" * 5_000, True, "application/json")
    def hold(body: bytes, encoded: bool, kind: str) -> None:
        event = _event(deployed, body, **{"content-type": kind})
        if not encoded:
            event |= {"body": body.decode("latin-1")}
        status, _ = _answer(deployed, event)
        assert status in (400, 413, 415, 422)

    hold()
    assert _nothing_stored(deployed)


@pytest.mark.parametrize("field", [*a_checkout(), "reference", "userId", "customerEmail", "unheardOf"])
def test_any_value_of_a_field_is_taken_or_refused(deployed: Deployment, field: str) -> None:
    @SETTINGS
    @given(VALUES)
    @example(LONE_SURROGATE)
    @example({LONE_SURROGATE: 1})
    @example(10**400)
    def hold(value: Any) -> None:
        body = json.dumps(a_checkout() | {field: value}).encode()
        status, _ = _answer(deployed, _event(deployed, body))
        assert status in (201, 403, 422)

    hold()


def test_any_names_of_fields_are_refused(deployed: Deployment) -> None:
    @SETTINGS
    @given(st.dictionaries(TEXT, SCALARS, min_size=1, max_size=3))
    @example({LONE_SURROGATE: 1})
    def hold(fields: dict[str, Any]) -> None:
        status, _ = _answer(deployed, _event(deployed, json.dumps(a_checkout() | fields).encode()))
        assert status == 422

    hold()
    assert _nothing_stored(deployed)


@pytest.mark.parametrize(
    "header",
    [
        "authorization",
        "idempotency-key",
        "x-tenant-id",
        "x-platform-internal-token",
        "x-internal-signature",
        "x-internal-timestamp",
        "x-amzn-trace-id",
    ],
)
def test_any_header_is_taken_or_refused(deployed: Deployment, header: str) -> None:
    @SETTINGS
    @given(HEADER | HEADER.map(lambda text: f"Bearer {text}"))
    @example("Bearer " + base64.urlsafe_b64encode(b'{"alg":"none"}').decode() + "..")
    def hold(value: str) -> None:
        headers = {header: value} | ({"authorization": ""} if header.startswith("x-internal") else {})
        status, _ = _answer(deployed, _event(deployed, json.dumps(a_checkout()).encode(), **headers))
        assert status in (201, 400, 401, 403)

    hold()


def test_any_text_is_taken_or_refused_as_a_gift_cards_code(deployed: Deployment) -> None:
    function = "gift_card_api"

    @SETTINGS
    @given(TEXT.filter(lambda text: "/" not in text and text), VALUES, HEADER | st.just("demo"))
    @example("%2e%2e", "ABCD-EFGH-JKMN", "demo")
    @example("\N{FULLWIDTH LATIN CAPITAL LETTER A}" * 12, {"code": 1}, "*")
    @example(LONE_SURROGATE, LONE_SURROGATE, LONE_SURROGATE)
    def hold(text: str, value: Any, tenant: str) -> None:
        looked = http_event("GET", f"/gift-cards/{text}/balance", {"x-tenant-id": tenant}, "", b"")
        assert _answer(deployed, looked, function)[0] in (401, 404, 422)
        sent = {"content-type": "application/json", "idempotency-key": new_key(), **deployed.as_user()}
        redeemed = http_event("POST", "/gift-cards/redeem", sent, "", json.dumps({"code": value}).encode())
        assert _answer(deployed, redeemed, function)[0] == 422

    hold()


@pytest.mark.parametrize(("provider", "secret"), [("mock", MOCK_SECRET), ("stripe", WEBHOOK_SECRET)])
def test_anything_that_a_provider_signs_is_stored_or_refused(deployed: Deployment, provider: str, secret: str) -> None:
    @SETTINGS
    @given(VALUES | st.fixed_dictionaries({"id": TEXT, "type": TEXT, "object": st.just("event"), "data": VALUES}))
    @example({"id": "evt_1", "type": "captured", "at": LONE_SURROGATE})
    @example({"id": "evt_2", "type": "checkout.session.completed", "object": "event", "data": {"object": []}})
    def hold(value: Any) -> None:
        payload = json.dumps(value).encode()
        sent = {f"{provider}-signature": signature_header(payload, secret)}
        event = http_event("POST", f"/webhooks/{provider}", sent, "", payload)
        status, _ = _answer(deployed, event, "provider_webhook")
        assert status in (200, 400)

    hold()
    assert deployed.apply_inbox() == {"batchItemFailures": []}


@pytest.mark.parametrize("provider", ["mock", "stripe"])
def test_any_signature_but_the_right_one_is_refused(deployed: Deployment, provider: str) -> None:
    @SETTINGS
    @given(HEADER | st.just("t=1,v1=") | HEADER.map(lambda text: f"t={text},v1={text}"))
    def hold(value: str) -> None:
        event = http_event("POST", f"/webhooks/{provider}", {f"{provider}-signature": value}, "", b"{}")
        assert _answer(deployed, event, "provider_webhook")[0] == 400

    hold()
    assert not deployed.items("INBOX_TABLE")
