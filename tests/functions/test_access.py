"""Who may ask what: every operation that is written down, asked by everybody. Nothing of another tenant or user is
told, and a request that is refused changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from contract.openapi import OPERATIONS
from contract.operations import Operation
from tests.functions.asking import Asked, ask
from tests.functions.callers import CALLERS, Caller
from tests.functions.trading import Trade, traded
from tests.support.deployment import deployment
from tests.support.engine import Engine

# fmt: off
# In the order of CALLERS. Each tenant has a venue of the same name; theirs has no money.
#            nobody        the venue's        service  their         their service
#                 buyer    manager  other owner   admin     namesake      barred
#                     another   owner     admin       owner                   pretender
_EVERYONE = (200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200)
_KNOWN =    (401, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200)
_UNSIGNED = (400, 400, 400, 400, 400, 400, 400, 400, 400, 400, 400, 400, 400, 400)
_NOT_SO =   (405, 405, 405, 405, 405, 405, 405, 405, 405, 405, 405, 405, 405, 405)
_LIST =     (401, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 403, 403)
_BUY =      (401, 201, 201, 201, 201, 201, 201, 201, 201, 201, 201, 201, 403, 403)
_THEIRS =   (401, 200, 404, 404, 404, 404, 200, 200, 404, 404, 404, 404, 403, 403)
_REFUND =   (401, 403, 403, 403, 200, 404, 200, 200, 404, 404, 403, 404, 403, 403)
_SERVICES = (401, 403, 403, 403, 403, 403, 403, 200, 403, 403, 403, 200, 200, 403)
_OPEN_FOR = (401, 403, 403, 403, 403, 403, 403, 201, 403, 403, 403, 403, 403, 403)
_LIST_FOR = (401, 403, 403, 403, 403, 403, 403, 200, 403, 403, 403, 403, 403, 403)
_FIND =     (401, 403, 403, 403, 403, 403, 403, 200, 403, 403, 403, 404, 404, 403)
_SEE =      (401, 403, 403, 200, 200, 403, 200, 200, 200, 200, 403, 200, 403, 403)
_SEE_ONE =  (401, 403, 403, 200, 200, 403, 200, 200, 404, 404, 403, 404, 403, 403)
_PAY_OUT =  (401, 403, 403, 403, 200, 403, 200, 200, 422, 422, 403, 422, 403, 403)
_ADMINS =   (401, 403, 403, 403, 403, 403, 200, 200, 200, 403, 403, 200, 403, 403)
_START =    (401, 403, 403, 403, 403, 403, 202, 202, 202, 403, 403, 202, 403, 403)
_RETRY =    (401, 403, 403, 403, 403, 403, 201, 201, 404, 403, 403, 404, 403, 403)
_BY_CODE =  (401, 200, 200, 200, 200, 200, 200, 200, 404, 404, 404, 404, 403, 403)
_CREDIT =   (401, 200, 403, 403, 403, 403, 200, 200, 200, 403, 200, 200, 403, 403)
_OF_OURS =  (401, 403, 403, 403, 403, 403, 403, 200, 403, 403, 403, 200, 403, 403)
_OURS =     (401, 403, 403, 403, 403, 403, 403, 200, 403, 403, 403, 404, 403, 403)
_AGAIN =    (401, 403, 403, 403, 403, 403, 403, 202, 403, 403, 403, 404, 403, 403)
_SETTLE =   (401, 403, 403, 403, 403, 403, 200, 200, 404, 403, 403, 404, 403, 403)
_OWES_NOT = (401, 409, 404, 404, 404, 404, 409, 409, 404, 404, 404, 404, 403, 403)
_NO_PLAN =  (401, 422, 422, 422, 422, 422, 422, 422, 422, 422, 422, 422, 403, 403)
_OWNED =    (401, 403, 403, 403, 200, 403, 200, 200, 200, 200, 403, 200, 403, 403)
_SELL =     (401, 201, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 403, 403)
_RESOLD =   (401, 200, 200, 200, 200, 200, 200, 200, 404, 404, 404, 404, 403, 403)
# fmt: on

EXPECTED: dict[str, tuple[int, ...]] = {
    "POST /payments/checkout": _BUY,
    "POST /payments/charges": _BUY,
    "GET /payments/checkout/{id}": _THEIRS,
    "POST /payments/checkout/{id}/cancel": _THEIRS,
    "GET /transactions": _LIST,
    "GET /transactions/{id}": _THEIRS,
    "POST /transactions/{id}/refund": _REFUND,
    "POST /api/v1/payments/transaction/{id}/refund": _REFUND,
    "GET /transactions/{id}/refunds": _THEIRS,
    "GET /api/v1/payment-methods": _KNOWN,
    "GET /internal/payments/providers": _SERVICES,
    "POST /internal/payments/checkout-sessions": _OPEN_FOR,
    "GET /internal/payments/checkout-sessions/{id}": _FIND,
    "GET /internal/payments/pricing-items": _LIST_FOR,
    "GET /internal/payments/public/pricing-items": _LIST_FOR,
    "GET /internal/payments/pricing-items/{id}": _FIND,
    "POST /internal/payments/pricing-items": _OPEN_FOR,
    "PATCH /internal/payments/pricing-items/{id}": _FIND,
    "DELETE /internal/payments/pricing-items/{id}": _FIND,
    # Nobody here charges periods: what is there was ordered before, and is charged by us.
    "POST /subscriptions": _NO_PLAN,
    "GET /subscriptions": _LIST,
    "PUT /subscriptions": _THEIRS,
    "GET /subscriptions/{id}": _THEIRS,
    "PUT /subscriptions/{id}": _THEIRS,
    "POST /subscriptions/{id}/preview": _THEIRS,
    "POST /subscriptions/{id}/cancel": _THEIRS,
    "POST /subscriptions/{id}/resume": _THEIRS,
    "POST /subscriptions/{id}/pause": _THEIRS,
    "POST /subscriptions/{id}/pay": _OWES_NOT,
    "POST /subscriptions/{id}/card": _OWES_NOT,
    "GET /internal/payments/subscriptions": _LIST_FOR,
    "GET /internal/payments/purchases": _LIST_FOR,
    "GET /internal/payments/tenants/{consumerTenantId}/plan-status": _LIST_FOR,
    "GET /internal/payments/event-deliveries": _OF_OURS,
    "GET /internal/payments/event-deliveries/{id}": _OURS,
    "POST /internal/payments/event-deliveries/{id}/retry": _AGAIN,
    "GET /api/v1/venues/{id}/balance": _SEE,
    "POST /api/v1/venues/{id}/payout": _PAY_OUT,
    "GET /api/v1/venues/{id}/payouts": _SEE,
    "GET /api/v1/venues/{id}/payouts/{payout}": _SEE_ONE,
    "GET /api/v1/venues/{id}/account": _ADMINS,
    "PUT /api/v1/venues/{id}/account": _ADMINS,
    "POST /gift-cards/purchase": _BUY,
    "POST /gift-cards/redeem": _BY_CODE,
    "POST /gift-cards/{code}/use": _BY_CODE,
    "GET /gift-cards/{code}": _BY_CODE,
    "GET /gift-cards/{code}/balance": _BY_CODE,
    "GET /gift-cards/{code}/history": _BY_CODE,
    "GET /credit": _CREDIT,
    "POST /api/v1/group-payments/create": _BUY,
    "POST /api/v1/group-payments/{groupId}/contribute/{memberId}": _THEIRS,
    "POST /api/v1/group-payments/{groupId}/cover": _THEIRS,
    "GET /api/v1/group-payments/{groupId}/status": _THEIRS,
    "GET /api/v1/group-payments": _CREDIT,
    "POST /api/v1/group-payments/{groupId}/cancel": _THEIRS,
    "GET /admin/gift-cards/{id}": _SETTLE,
    "GET /admin/gift-cards/{id}/history": _SETTLE,
    "POST /admin/gift-cards/{id}/freeze": _SETTLE,
    "POST /admin/gift-cards/{id}/unfreeze": _SETTLE,
    "POST /api/v1/marketplace/listings": _SELL,
    "GET /api/v1/marketplace/listings": _LIST,
    "GET /api/v1/marketplace/listings/{id}": _RESOLD,
    "DELETE /api/v1/marketplace/listings/{id}": _THEIRS,
    "POST /api/v1/marketplace/purchase": _RESOLD,
    "GET /api/v1/marketplace/escrows/{id}": _THEIRS,
    "POST /api/v1/marketplace/escrows/{id}/dispute": _THEIRS,
    "POST /api/v1/marketplace/escrows/{id}/resolve": _SETTLE,
    "GET /api/v1/marketplace/venues/{id}/royalties": _SEE,
    "GET /api/v1/marketplace/venues/{id}/rules": _OWNED,
    "PUT /api/v1/marketplace/venues/{id}/rules": _OWNED,
    "GET /internal/marketplace/tickets/{id}": _OURS,
    "PUT /internal/marketplace/tickets/{id}": _OF_OURS,
    "POST /internal/transfers/{id}/confirm": _OURS,
    "GET /admin/transactions": _ADMINS,
    "GET /admin/failed-payments": _ADMINS,
    "POST /admin/retry-payment/{id}": _RETRY,
    "GET /admin/stats": _ADMINS,
    "GET /admin/reconciliation": _ADMINS,
    "POST /admin/reconciliation/run": _START,
    "POST /admin/reconciliation/{id}/settle": _SETTLE,
    "GET /admin/ledger/trial-balance": _ADMINS,
    "GET /admin/ledger/accounts/{account}/entries": _ADMINS,
    "GET /admin/routing/health": _ADMINS,
    "POST /admin/routing/simulate": _ADMINS,
    "GET /admin/routing/rules": _ADMINS,
    "PUT /admin/routing/rules": _ADMINS,
    "GET /health": _EVERYONE,
    "GET /health/ready": _EVERYONE,
    "GET /info": _EVERYONE,
    "POST /webhooks/{provider}": _UNSIGNED,
    "GET /webhooks/{provider}": _NOT_SO,
}


@pytest.fixture(scope="module")
def trade(engine: Engine) -> Iterator[Trade]:
    with deployment(engine, ENABLE_STRIPE="false") as deployed, traded(deployed) as made:
        yield made


def test_every_operation_says_who_may_ask() -> None:
    assert set(EXPECTED) == {each.route for each in OPERATIONS}
    assert {len(row) for row in EXPECTED.values()} == {len(CALLERS)}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.route)
def test_who_is_refused_learns_nothing_and_changes_nothing(trade: Trade, operation: Operation) -> None:
    asked = ask(operation, trade)
    _ask_them_and_see_that_nothing_changes(trade, asked, [each for each in _row(operation) if each[1] >= 400])


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.route)
def test_who_is_let_in_learns_what_is_theirs(trade: Trade, operation: Operation) -> None:
    let_in = [each for each in _row(operation) if each[1] < 400]
    if operation.method == "GET":
        _ask_them_and_see_that_nothing_changes(trade, ask(operation, trade), let_in)
        return
    for caller, status in let_in:
        _hold(ask(operation, trade), caller, status, trade)


def _ask_them_and_see_that_nothing_changes(trade: Trade, asked: Asked, callers: list[tuple[Caller, int]]) -> None:
    before = _stored(trade)
    for caller, status in callers:
        _hold(asked, caller, status, trade)
    assert _stored(trade) == before


def _row(operation: Operation) -> list[tuple[Caller, int]]:
    return list(zip(CALLERS, EXPECTED[operation.route], strict=True))


def _hold(asked: Asked, caller: Caller, status: int, trade: Trade) -> None:
    answer = asked.by(caller, trade)
    assert answer.status == status, f"{caller.name} was answered {answer.status}: {answer.body}"
    # An error repeats the path, which the caller has named.
    told = json.dumps({name: each for name, each in answer.body.items() if status < 400 or name != "path"})
    leaked = [each.text for each in trade.things if not caller.reads(each) and each.text in told]
    assert not leaked, f"{caller.name} learned {leaked} from {asked.operation.route}: {told}"


def _stored(trade: Trade) -> dict[str, list[Any]]:
    """All but the counters of those who tried a code that is not theirs."""
    kept = {
        table: [item for item in trade.deployed.items(table) if item["kind"]["S"] != "guesses"]
        for table in ("CORE_TABLE", "INBOX_TABLE")
    }
    return {table: sorted(items, key=str) for table, items in kept.items()}
