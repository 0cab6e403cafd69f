"""An admin has a failed payment tried again: one page at a time, whatever is repeated or happens at once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest

from tests.functions.test_admin import ended
from tests.support.deployment import PLATFORM_TOKEN, Answer, Deployment
from tests.support.requests import ORIGIN, a_mock_event, context, http_event, new_key

URLS = {"successUrl": f"{ORIGIN}/thanks", "cancelUrl": f"{ORIGIN}/cart"}


def retry(
    deployed: Deployment,
    payment: str,
    body: dict[str, Any] | None = None,
    *,
    key: str | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    sent = {"idempotency-key": key or new_key(), **(headers or deployed.as_user("boss", role="admin"))}
    path = f"/admin/retry-payment/{payment}"
    return deployed.call("POST", path, URLS if body is None else body, headers=sent, function="admin_api")


def test_a_failed_payment_gets_a_new_page_for_the_same(deployed: Deployment) -> None:
    failed = ended(deployed, "failed", reference="order-1")
    answer = retry(deployed, failed["id"])
    assert (answer.status, answer.body["retryOf"]) == (201, failed["id"])
    assert answer.body["checkoutUrl"] != failed["checkoutUrl"]
    assert (answer.body["amount"], answer.body["currency"]) == (failed["amount"], failed["currency"])
    shown = deployed.call("GET", f"/transactions/{answer.body['id']}", headers=deployed.as_user())
    assert shown.status == 200, "it is the buyer's, not the admin's"
    assert shown.body["transaction"]["retryOf"] == failed["id"]
    assert shown.body["transaction"]["reference"] == "order-1"
    assert shown.body["history"][0]["data"]["retry_of"] == failed["id"]


def test_the_receipt_of_the_new_payment_goes_where_that_of_the_first_would_have_gone(deployed: Deployment) -> None:
    failed = ended(deployed, "failed", customerEmail="zoe@mail.example")
    made = retry(deployed, failed["id"]).body
    stored = {item["pk"]["S"].rpartition("#")[2]: item["email"]["S"] for item in deployed.stored("payment")}
    assert stored == {failed["id"]: "zoe@mail.example", made["id"]: "zoe@mail.example"}


def test_the_new_page_can_be_paid(deployed: Deployment) -> None:
    failed = ended(deployed, "failed")
    made = retry(deployed, failed["id"]).body
    deployed.tell(a_mock_event(made, "captured"))
    deployed.apply_inbox()
    again = retry(deployed, failed["id"])
    assert (again.status, again.body["id"], again.body["status"]) == (200, made["id"], "confirmed")


def test_a_page_that_is_still_open_is_shown_again_and_no_body_is_needed(deployed: Deployment) -> None:
    declined = ended(deployed, "declined")
    for body in ({}, URLS):
        answer = retry(deployed, declined["id"], body)
        assert (answer.status, answer.body["checkoutUrl"]) == (200, declined["checkoutUrl"])
    headers = {"idempotency-key": new_key(), **deployed.as_user("boss", role="admin")}
    path = f"/admin/retry-payment/{declined['id']}"
    assert deployed.call("POST", path, headers=headers, function="admin_api", raw=b"").status == 200
    assert len(deployed.stored("payment")) == 1


def test_what_was_paid_is_not_retried(deployed: Deployment) -> None:
    paid, late = ended(deployed, "captured"), ended(deployed, "failed")
    deployed.tell(a_mock_event(late, "captured"))
    deployed.apply_inbox()
    for payment in (paid["id"], late["id"]):
        answer = retry(deployed, payment)
        assert (answer.status, answer.body["code"]) == (409, "INVALID_STATE")
    assert len(deployed.stored("payment")) == 2


def test_a_missing_address_is_named_and_one_elsewhere_refused(deployed: Deployment) -> None:
    failed = ended(deployed, "failed")["id"]
    for body, fields in (
        ({}, ["successUrl", "cancelUrl"]),
        ({"successUrl": URLS["successUrl"]}, ["cancelUrl"]),
        (URLS | {"cancelUrl": "https://evil.example/"}, ["cancelUrl"]),
        (URLS | {"amount": 1}, ["amount"]),
        (URLS | {"provider": "gold"}, ["provider"]),
        (URLS | {"successUrl": 7}, ["successUrl"]),
    ):
        answer = retry(deployed, failed, body)
        assert (answer.status, [each["field"] for each in answer.body["errors"]]) == (422, fields)
    assert retry(deployed, failed).status == 201, "nothing that was refused is in the way"


def test_a_price_that_changed_is_told(deployed: Deployment) -> None:
    failed = ended(deployed, "failed")["id"]
    table = deployed.client("dynamodb")
    (item,) = [each for each in deployed.stored("pricing_item") if each["code"]["S"] == "concert_ticket"]
    raised = {**item, "amount": {"N": str(int(item["amount"]["N"]) + 1)}}
    table.put_item(TableName=deployed.environment["CORE_TABLE"], Item=raised)
    deployed.modules.clear()  # instances remember prices for a minute
    answer = retry(deployed, failed)
    assert (answer.status, answer.body["code"]) == (422, "AMOUNT_MISMATCH")


@pytest.mark.parametrize("key", ["", "abc", "8c5e3a0e-6f0c-1b5e-9a53-0f4f2f1c7a11"])
def test_a_key_is_needed(deployed: Deployment, key: str) -> None:
    failed = ended(deployed, "failed")["id"]
    headers = {"idempotency-key": key, **deployed.as_user("boss", role="admin")}
    path = f"/admin/retry-payment/{failed}"
    answer = deployed.call("POST", path, URLS, headers=headers, function="admin_api")
    assert (answer.status, answer.body["code"][:15]) == (400, "IDEMPOTENCY_KEY")


def test_the_same_request_is_answered_as_before(deployed: Deployment) -> None:
    failed, key = ended(deployed, "failed")["id"], new_key()
    first, second = retry(deployed, failed, key=key), retry(deployed, failed, key=key)
    assert (second.status, second.body) == (201, first.body)
    assert second.headers["idempotency-replayed"] == "true"
    assert second.headers["idempotency-key"] == key
    other = retry(deployed, failed, {**URLS, "provider": "mock"}, key=key)
    assert (other.status, other.body["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_of_twenty_retries_at_once_one_makes_a_page(deployed: Deployment) -> None:
    """Each under a key of its own. Those who come while it is being made are told to come again."""
    failed = ended(deployed, "failed")["id"]
    instances = [deployed.fresh("admin_api") for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda instance: retry_alone(deployed, instance, failed), instances))
    assert set(answers) <= {200, 201, 409}
    assert answers.count(201) == 1
    made = [item for item in deployed.stored("payment") if "retry_of" in item]
    assert len(made) == 1
    final = retry(deployed, failed)
    assert (final.status, final.body["id"]) == (200, made[0]["pk"]["S"].rpartition("#")[2])


def retry_alone(deployed: Deployment, function: ModuleType, payment: str) -> int:
    """By an instance of its own, as Lambda does: it serves one request at a time."""
    headers = {
        "content-type": "application/json",
        "idempotency-key": new_key(),
        **deployed.as_user("boss", role="admin"),
    }
    request = http_event("POST", f"/admin/retry-payment/{payment}", headers, "", json.dumps(URLS).encode())
    return int(function.handler(request, context())["statusCode"])


def test_only_admins_and_services_retry_and_only_what_is_their_tenants(deployed: Deployment) -> None:
    failed = ended(deployed, "failed")["id"]
    for role in ("user", "venue_manager", "venue_owner"):
        assert retry(deployed, failed, headers=deployed.as_user("user-1", role=role)).status == 403
    assert retry(deployed, failed, {}, headers=deployed.as_user("boss", "other", "admin")).status == 404
    platform = {"x-platform-internal-token": PLATFORM_TOKEN}
    assert retry(deployed, failed, headers=platform).status == 403
    assert retry(deployed, failed, {}, headers={**platform, "x-tenant-id": "tenant_123"}).status == 404
    assert retry(deployed, failed, headers={**platform, "x-tenant-id": "demo"}).status == 201


@pytest.mark.parametrize("payment", ["x", "pay_", "pay_00000000000000000000000000", "PAYMENT", "pay_" + "z" * 300])
def test_what_is_no_payment_is_not_there(deployed: Deployment, payment: str) -> None:
    assert retry(deployed, payment).status == 404


@pytest.mark.parametrize("raw", [b"[]", b"7", b"{", b"\xff"])
def test_a_body_that_is_none_is_refused(deployed: Deployment, raw: bytes) -> None:
    failed = ended(deployed, "failed")["id"]
    headers = {"idempotency-key": new_key(), **deployed.as_user("boss", role="admin")}
    path = f"/admin/retry-payment/{failed}"
    answer = deployed.call("POST", path, headers=headers, raw=raw, function="admin_api")
    assert (answer.status, answer.body["code"]) == (400, "INVALID_JSON")


def test_a_retry_stays_below_a_kilobyte(deployed: Deployment) -> None:
    failed = ended(deployed, "failed")
    made = retry(deployed, failed["id"]).body["id"]
    for kind in ("payment", "event"):
        for item in deployed.stored(kind):
            if item["pk"]["S"].endswith(made):
                size = sum(len(name) + len(next(iter(value.values()))) for name, value in item.items() if "S" in value)
                assert size < 1024
