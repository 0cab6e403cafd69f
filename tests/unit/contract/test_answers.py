"""An answer that is not written down does not go unnoticed."""

from __future__ import annotations

from typing import Any

import pytest

from contract.openapi import OPERATIONS, document
from contract.operations import Who
from contract.refusals import codes
from tests.support.promises import hold_answer, route_of

JSON = {"Content-Type": "application/json"}
ERROR = {
    "error": "no",
    "code": "NOT_FOUND",
    "timestamp": "2026-01-31T00:00:00.000Z",
    "path": "/transactions/pay_1/refunds",
}
REFUNDS: dict[str, Any] = {"refunds": [], "refundable": 0, "currency": "USD"}
PATH = "/transactions/pay_1/refunds"


def test_an_answer_that_is_written_down_is_taken() -> None:
    hold_answer("GET", PATH, 200, JSON, REFUNDS)
    hold_answer("GET", PATH, 404, JSON, ERROR)
    hold_answer("GET", "/nowhere", 404, JSON, ERROR)


def test_too_many_requests_are_refused_by_api_gateway_or_by_the_function_that_was_guessed_at() -> None:
    for refusal in ({"message": "Too Many Requests"}, ERROR | {"code": "TOO_MANY_ATTEMPTS"}):
        hold_answer("GET", "/gift-cards/ABCD/balance", 429, JSON, refusal)


@pytest.mark.parametrize(
    ("path", "status", "headers", "body"),
    [
        (PATH, 201, JSON, REFUNDS),
        (PATH, 200, {"Content-Type": "text/html"}, REFUNDS),
        (PATH, 200, {}, REFUNDS),
        (PATH, 200, JSON, REFUNDS | {"colour": "red"}),
        (PATH, 200, JSON, REFUNDS | {"currency": "usd"}),
        (PATH, 200, JSON, REFUNDS | {"refundable": None}),
        (PATH, 200, JSON, REFUNDS | {"refunds": [{}]}),
        (PATH, 404, JSON, ERROR | {"code": "PAYOUT_FAILED"}),
        (PATH, 429, JSON, ERROR | {"code": "TOO_MANY_ATTEMPTS"}),
        (PATH, 404, JSON, ERROR | {"errors": [{"field": "a"}]}),
        ("/nowhere", 200, JSON, REFUNDS),
    ],
)
def test_an_answer_that_is_not_written_down_is_found(
    path: str, status: int, headers: dict[str, str], body: dict[str, Any]
) -> None:
    with pytest.raises(AssertionError):
        hold_answer("GET", path, status, headers, body)


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("POST", "/admin/reconciliation/run", "/admin/reconciliation/run"),
        ("GET", "/payments/checkout/pay_1", "/payments/checkout/{id}"),
        ("POST", "/payments/checkout", "/payments/checkout"),
        ("GET", "/payments/checkout", None),
        ("GET", "/payments/checkout/a/b", None),
    ],
)
def test_an_address_leads_to_its_route(method: str, path: str, route: str | None) -> None:
    assert route_of(method, path) == ((method, route) if route else None)


def test_whoever_must_prove_who_they_are_may_be_told_that_they_did_not() -> None:
    asked = [each for each in OPERATIONS if each.who in (Who.KNOWN, Who.SERVICES)]
    assert all("AUTH_REQUIRED" in codes(each)[401] and "FORBIDDEN" in codes(each)[403] for each in asked)
    assert all(document()["paths"][each.address][each.method.lower()]["security"] for each in asked)


def test_no_code_that_only_we_should_see_is_written_down() -> None:
    told = {code for each in OPERATIONS for listed in codes(each).values() for code in listed}
    assert not told & {"LEDGER_UNBALANCED", "PAYMENT_EXISTS", "PAYMENT_EXPECTED", "REFERENCE_TAKEN", "PAYOUT_EXISTS"}
