"""What admins see of their tenant: every payment, those that failed, and nothing of anyone else."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.support.deployment import PLATFORM_TOKEN, Answer, Deployment
from tests.support.requests import a_mock_event

SERVICE = {"x-platform-internal-token": PLATFORM_TOKEN, "x-tenant-id": "demo"}
LISTS = ["/admin/transactions", "/admin/failed-payments"]


def admin(
    deployed: Deployment,
    path: str = "/admin/transactions",
    query: str = "",
    *,
    tenant: str = "demo",
    role: str = "admin",
) -> Answer:
    headers = deployed.as_user("boss", tenant, role)
    return deployed.call("GET", path, headers=headers, query=query, function="admin_api")


def ids(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.body
    return [each["id"] for each in answer.body["transactions"]]


def walk(deployed: Deployment, path: str, query: str) -> list[str]:
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = admin(deployed, path, query + (f"&cursor={cursor}" if cursor else ""))
        found += ids(answer)
        cursor = answer.body["nextCursor"]
    return found


def ended(deployed: Deployment, event: str, **fields: Any) -> dict[str, Any]:
    """A checkout of which the provider said this."""
    checkout: dict[str, Any] = deployed.checkout(**fields).body
    deployed.tell(a_mock_event(checkout, event, **({"reason": "card_declined"} if event == "declined" else {})))
    deployed.apply_inbox()
    return checkout


def test_an_admin_sees_all_payments_of_the_tenant_newest_first(deployed: Deployment) -> None:
    made = [deployed.checkout(user=f"user-{number}").body["id"] for number in range(5)]
    assert walk(deployed, "/admin/transactions", "limit=2") == made[::-1]
    (shown, *_) = admin(deployed).body["transactions"]
    assert (shown["userId"], shown["status"], shown["retryOf"]) == ("user-4", "pending", None)


def test_filters_leave_what_they_say(deployed: Deployment) -> None:
    paid, failed = ended(deployed, "captured")["id"], ended(deployed, "failed", user="user-2")["id"]
    still_open = deployed.checkout().body["id"]
    for query, expected in (
        ("status=confirmed", [paid]),
        ("status=failed,pending", [still_open, failed]),
        ("status=failed%2Cpending".replace("%2C", ","), [still_open, failed]),
        ("status=cancelled", []),
        ("provider=mock", [still_open, failed, paid]),
        ("provider=stripe", []),
        ("user=user-2", [failed]),
        ("user=user-1&status=confirmed&provider=mock", [paid]),
        ("user=user-2&status=confirmed", []),
        ("from=2020-01-01T00:00:00Z&to=2020-02-01T00:00:00Z", []),
    ):
        assert walk(deployed, "/admin/transactions", query) == expected, query


def test_failed_payments_are_failures_and_declined_tries_of_what_is_open(deployed: Deployment) -> None:
    failed, declined = ended(deployed, "failed")["id"], ended(deployed, "declined")["id"]
    ended(deployed, "captured")
    deployed.checkout()
    answer = admin(deployed, "/admin/failed-payments")
    assert ids(answer) == [declined, failed]
    first = answer.body["transactions"][0]
    assert (first["status"], first["reason"]) == ("pending", "card_declined")
    assert first["updatedAt"] > first["createdAt"]
    assert walk(deployed, "/admin/failed-payments", "limit=1&provider=mock") == [declined, failed]
    assert walk(deployed, "/admin/failed-payments", "user=user-2") == []


def test_a_declined_try_that_was_paid_at_last_is_no_failure(deployed: Deployment) -> None:
    checkout = ended(deployed, "declined")
    deployed.tell(a_mock_event(checkout, "captured"))
    deployed.apply_inbox()
    assert ids(admin(deployed, "/admin/failed-payments")) == []


@pytest.mark.parametrize("path", LISTS)
def test_others_are_refused_and_other_tenants_are_not_there(deployed: Deployment, path: str) -> None:
    made = ended(deployed, "failed")["id"]
    for role in ("user", "venue_manager", "venue_owner"):
        assert admin(deployed, path, role=role).status == 403
    assert ids(admin(deployed, path, tenant="other")) == []
    assert ids(admin(deployed, path)) == [made]
    signed = deployed.as_service("GET", path)
    for headers, expected in (
        ({}, 401),
        ({"authorization": "Bearer x"}, 401),
        ({"x-platform-internal-token": PLATFORM_TOKEN}, 403),
        (SERVICE, 200),
        (signed, 200),
        (deployed.as_service("GET", path, tenant="not-on-its-list"), 403),
        ({**deployed.as_user("boss", role="admin"), "x-tenant-id": "other"}, 403),
    ):
        assert deployed.call("GET", path, headers=headers, function="admin_api").status == expected


def test_a_cursor_leads_on_in_the_list_that_gave_it_only(deployed: Deployment) -> None:
    for _ in range(3):
        ended(deployed, "failed")
    query = "status=failed&limit=1"
    cursor = admin(deployed, query=query).body["nextCursor"]
    for other, path in (
        ("limit=1", "/admin/transactions"),
        ("status=pending&limit=1", "/admin/transactions"),
        ("status=failed&user=user-1", "/admin/transactions"),
        ("status=failed&from=2020-01-01T00:00:00Z", "/admin/transactions"),
        ("limit=1", "/admin/failed-payments"),
    ):
        answer = admin(deployed, path, f"{other}&cursor={cursor}")
        assert (answer.status, answer.body["code"]) == (400, "CURSOR_INVALID"), other
    assert admin(deployed, query=f"{query}&cursor={cursor}", tenant="other").status == 400
    assert admin(deployed, query=f"status=failed&limit=2&cursor={cursor}").status == 200
    plain = deployed.call("GET", "/transactions", headers=SERVICE, query=f"cursor={cursor}")
    assert plain.status == 400


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("cursor", ["x", ".", "a.b", "é", "%00", "." * 500, "W10.W10"])
def test_what_no_list_gave_is_no_cursor(deployed: Deployment, path: str, cursor: str) -> None:
    answer = admin(deployed, path, f"cursor={cursor}")
    assert (answer.status, answer.body["code"]) == (400, "CURSOR_INVALID")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=paid", "status"),
        ("status=", "status"),
        ("status=failed,", "status"),
        ("status=FAILED", "status"),
        ("provider=", "provider"),
        ("provider=" + quote("a b"), "provider"),
        ("provider=" + "a" * 65, "provider"),
        ("user=", "user"),
        ("user=" + "u" * 129, "user"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("from=yesterday", "from"),
        ("to=2026-01-01", "to"),
        ("sort=asc", "sort"),
    ],
)
def test_a_wrong_filter_is_named(deployed: Deployment, query: str, field: str) -> None:
    answer = admin(deployed, query=query)
    assert (answer.status, [each["field"] for each in answer.body["errors"]]) == (422, [field])


def test_failed_payments_have_no_status_to_choose(deployed: Deployment) -> None:
    assert admin(deployed, "/admin/failed-payments", "status=failed").status == 422


def test_a_user_is_found_by_any_name_it_may_have(deployed: Deployment) -> None:
    for user in ("a#b", "demo#x", "user 1"):
        made = deployed.checkout(user=user).body["id"]
        headers = deployed.as_user("boss", role="admin")
        found = deployed.call("GET", "/admin/transactions", headers=headers, query=f"user={user}", function="admin_api")
        assert ids(found) == [made]


@pytest.mark.parametrize("path", ["/admin", "/admin/retry-payment", "/admin/transactions/x"])
def test_there_is_nothing_else(deployed: Deployment, path: str) -> None:
    assert admin(deployed, path).status == 404
