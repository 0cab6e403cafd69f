"""What people, admins and the reconciler read, each counted by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench import stock, stock_of_plans
from bench.operations import Run, watched
from bench.shop import Shop
from tests.support.deployment import PLATFORM_TOKEN
from tests.support.requests import context

# A page of two takes one read unit of each shard, with ten payments as with more; one of twenty, and whatever selects,
# does not.
FEW, MANY = 10, 1000
PLAN_STATUS = f"/internal/payments/tenants/{stock.TENANT}/plan-status"


@dataclass(frozen=True, slots=True)
class Reading:
    """One question. With so many payments stored, it has all that it can ever look at at once: `full_from` as far as
    calls and units tell, `filled_from` to the last byte.
    """

    name: str
    ask: Callable[[Shop], object]
    full_from: int = FEW
    filled_from: int = FEW


def readings() -> Iterator[Reading]:
    """All of them, in the order in which they are asked."""
    last = stock.payment_id(0)
    yield Reading("payment_read", _asking("GET", f"/payments/checkout/{last}"))
    yield Reading("payment_with_history", _asking("GET", f"/transactions/{last}"))
    yield Reading("payment_refunds", _asking("GET", f"/transactions/{last}/refunds"))
    for name, query, full_from in (("page_of_two", "limit=2", FEW), ("page", "", MANY)):
        yield Reading(f"own_list_{name}", _asking("GET", "/transactions", query, role="user"), full_from, full_from)
        yield Reading(f"tenant_list_{name}", _asking("GET", "/transactions", query), full_from, MANY)
        yield Reading(f"admin_list_{name}", _asking("GET", "/admin/transactions", query), full_from, MANY)
    yield Reading("admin_list_selected", _asking("GET", "/admin/transactions", "status=confirmed"), MANY, MANY)
    yield Reading("admin_list_of_one_user", _asking("GET", "/admin/transactions", f"user={stock.OWNER}"), MANY, MANY)
    yield Reading("failed_payments_of_none", _asking("GET", "/admin/failed-payments"), MANY, MANY)
    yield Reading("statistics_of_a_day", _asking("GET", "/admin/stats"))
    yield Reading("trial_balance", _asking("GET", "/admin/ledger/trial-balance"), MANY, MANY)
    for name, account in (("venue", f"seller_pending:{stock.SELLER}"), ("platform", "platform_fees")):
        yield Reading(f"entries_of_{name}", _asking("GET", f"/admin/ledger/accounts/{account}/entries"), MANY, MANY)
    yield Reading("venue_balance", _asking("GET", f"/api/v1/venues/{stock.SELLER}/balance", "currency=USD"))
    yield Reading("gift_card_read", _asking("GET", f"/admin/gift-cards/{stock.card_id(0)}"))
    yield Reading("gift_card_history", _asking("GET", f"/admin/gift-cards/{stock.card_id(0)}/history"))
    yield Reading("credit_of_a_user", _asking("GET", "/credit", f"userId={stock.OWNER}"))
    last_plan = stock_of_plans.subscription_id(0)
    yield Reading("subscription_with_history", _asking("GET", f"/subscriptions/{last_plan}"))
    yield Reading("own_subscriptions", _asking("GET", "/subscriptions", role="user"), MANY, MANY)
    yield Reading("tenant_subscriptions", _asking("GET", "/subscriptions", "limit=2"), MANY, MANY)
    yield Reading("plan_status_of_a_user", _as_a_service(PLAN_STATUS, f"userId={stock.OWNER}"), MANY, MANY)
    yield Reading("reconciliation_overview", _asking("GET", "/admin/reconciliation"))
    yield Reading("reconcile_with_nothing_due", _reconcile)


def run(shop: Shop, done: Run) -> None:
    """Each is asked twice, and the second time counted: by then the instances have read their secrets."""
    for reading in readings():
        reading.ask(shop)
        with watched(done, shop, reading.name, 1):
            reading.ask(shop)


def _as_a_service(path: str, query: str) -> Callable[[Shop], object]:
    def ask(shop: Shop) -> None:
        who = {"x-platform-internal-token": PLATFORM_TOKEN}
        answer = shop.deployed.call("GET", path, headers=who, query=query, function=_function(path))
        assert answer.status == 200, (path, answer.body)

    return ask


def _asking(method: str, path: str, query: str = "", *, role: str = "admin") -> Callable[[Shop], object]:
    def ask(shop: Shop) -> None:
        who = shop.deployed.as_user(stock.OWNER if role == "user" else "boss", stock.TENANT, role)
        answer = shop.deployed.call(method, path, headers=who, query=query, function=_function(path))
        assert answer.status == 200, (path, answer.body)

    return ask


def _function(path: str) -> str:
    if path.startswith(("/admin/gift-cards", "/credit")):
        return "gift_card_api"
    if path.startswith(("/subscriptions", "/internal")):
        return "subscription_api"
    if path.startswith("/admin"):
        return "admin_api"
    return "venue_api" if path.startswith("/api/v1/venues") else "checkout_api"


def _reconcile(shop: Shop) -> None:
    told = shop.deployed.function("reconciler").handler({"source": "aws.events"}, context())
    assert told["complete"], told
    assert not any(told["found"].values()), told
