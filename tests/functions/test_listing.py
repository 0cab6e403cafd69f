"""Lists: newest first, by page, and only what the viewer may see."""

from __future__ import annotations

from typing import Any

from tests.support.deployment import PLATFORM_TOKEN, Deployment

SERVICE = {"x-platform-internal-token": PLATFORM_TOKEN, "x-tenant-id": "demo"}


def _walk(deployed: Deployment, headers: dict[str, str], limit: int) -> list[list[str]]:
    pages: list[list[str]] = []
    cursor: str | None = ""
    while cursor is not None:
        query = f"limit={limit}" + (f"&cursor={cursor}" if cursor else "")
        body: dict[str, Any] = deployed.call("GET", "/transactions", headers=headers, query=query).body
        pages.append([transaction["id"] for transaction in body["transactions"]])
        cursor = body["nextCursor"]
    return pages


def test_a_user_walks_through_their_own_payments_newest_first(deployed: Deployment) -> None:
    mine = [deployed.checkout().body["id"] for _ in range(5)]
    deployed.checkout(user="user-2")
    assert _walk(deployed, deployed.as_user(), 2) == [mine[:2:-1], mine[2:0:-1], mine[:1]]


def test_admins_and_services_see_the_whole_tenant_and_no_other(deployed: Deployment) -> None:
    made = [deployed.checkout(user=f"user-{number}").body["id"] for number in range(4)]
    for headers in (deployed.as_user("boss", role="admin"), SERVICE):
        assert [one for page in _walk(deployed, headers, 3) for one in page] == made[::-1]
    elsewhere = {**SERVICE, "x-tenant-id": "tenant_123"}
    assert [one for page in _walk(deployed, elsewhere, 3) for one in page] == []


def test_a_cursor_of_another_list_is_refused(deployed: Deployment) -> None:
    for _ in range(3):
        deployed.checkout()
    cursor = deployed.call("GET", "/transactions", headers=deployed.as_user(), query="limit=1").body["nextCursor"]
    for headers in (deployed.as_user("user-2"), SERVICE):
        answer = deployed.call("GET", "/transactions", headers=headers, query=f"cursor={cursor}")
        assert (answer.status, answer.body["code"]) == (400, "CURSOR_INVALID")


def test_a_range_without_payments_is_empty(deployed: Deployment) -> None:
    deployed.checkout()
    query = "from=2025-01-01T00:00:00Z&to=2025-01-02T00:00:00Z"
    for headers in (deployed.as_user(), SERVICE):
        assert deployed.call("GET", "/transactions", headers=headers, query=query).body == {
            "transactions": [],
            "nextCursor": None,
        }
