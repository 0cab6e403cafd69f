"""A subscription that Tollgate charges, renewed by the schedule that is deployed, on the movable clock."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.e2e.client import Client, a_key
from tests.local.laptop import Laptop, eventually

pytestmark = pytest.mark.e2e

PAGES = {"successUrl": "http://localhost:3000/thanks", "cancelUrl": "http://localhost:3000/plans"}


def test_the_schedule_renews_what_is_due_and_ends_what_was_to_end(moved_stack: Laptop) -> None:
    member = Client(moved_stack)
    ordered = moved_stack.post(
        "/subscriptions",
        {"pricingItemCode": "gold_month", "method": "mock", **PAGES},
        headers={**member.headers(), "idempotency-key": a_key()},
    ).json()
    moved_stack.post(ordered["checkoutUrl"].removeprefix(moved_stack.url), {"outcome": "captured"})
    path = f"/subscriptions/{ordered['id']}"

    def said() -> list[str]:
        shown: dict[str, Any] = moved_stack.get(path, headers=member.headers()).json()
        return [each["type"].rpartition(".")[2] for each in reversed(shown["history"])]

    assert eventually(lambda: said() == ["created", "activated"], 30), said()
    for renewals in (1, 2):
        moved_stack.post("/local/clock", {"advance": "31d"})
        assert eventually(partial(_all_renewed, said, renewals), 30), said()
    assert moved_stack.post(f"{path}/cancel", {}, headers=member.headers()).status_code == 200
    moved_stack.post("/local/clock", {"advance": "31d"})
    assert eventually(lambda: said()[-2:] == ["cancelled", "ended"], 30), said()
    paid = moved_stack.get("/transactions", headers=member.headers()).json()["transactions"]
    # The reconciler settles meanwhile what the provider has paid out.
    assert [each["amount"] for each in paid] == [3_999] * 3
    assert {each["status"] for each in paid} <= {"confirmed", "settled"}


def _all_renewed(said: Callable[[], list[str]], renewals: int) -> bool:
    return said()[2:] == ["renewed"] * renewals
