"""A request to each operation that is written down, for things of the tenant `demo`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from contract.operations import Key, Operation
from tests.functions.callers import Caller
from tests.functions.grouping import a_group
from tests.functions.paying_out import VENUE
from tests.functions.trading import ACCOUNTS, BUYER, DEMO, Trade
from tests.functions.trading_tickets import Tickets
from tests.support.addresses import function_at
from tests.support.deployment import Answer
from tests.support.requests import a_checkout, new_key
from tollgate.runtime.http.gift_cards import RedeemBody
from tollgate.runtime.http.marketplace import ListingBody, ResaleBody
from tollgate.runtime.http.subscriptions import ChangeBody

_WORDS = ("preview", "cancel", "resume", "pause", "pay", "card")
# What stands in a path, made anew: whoever is let in may use it up.
_IDS: dict[str, Callable[[Trade], str]] = {
    "/payments/checkout/{id}": lambda trade: str(trade.opened()["id"]),
    "/payments/checkout/{id}/cancel": lambda trade: str(trade.opened()["id"]),
    "/transactions/{id}": lambda trade: str(trade.told("captured")["id"]),
    "/transactions/{id}/refund": lambda trade: str(trade.told("captured")["id"]),
    "/transactions/{id}/refunds": lambda trade: str(trade.told("captured")["id"]),
    "/api/v1/payments/transaction/{id}/refund": lambda trade: str(trade.told("captured")["id"]),
    "/admin/retry-payment/{id}": lambda trade: str(trade.told("failed")["id"]),
    "/admin/reconciliation/{id}/settle": Trade.finding,
    "/admin/gift-cards/{id}": lambda trade: trade.card().id,
    "/admin/gift-cards/{id}/history": lambda trade: trade.card().id,
    "/admin/gift-cards/{id}/freeze": lambda trade: trade.card().id,
    "/admin/gift-cards/{id}/unfreeze": lambda trade: trade.card().id,
    "/internal/payments/pricing-items/{id}": Trade.priced,
    "/internal/payments/event-deliveries/{id}": Trade.delivery,
    "/internal/payments/event-deliveries/{id}/retry": Trade.delivery,
    "/subscriptions/{id}": lambda trade: trade.subscription().id,
    **{f"/subscriptions/{{id}}/{word}": lambda trade: trade.subscription().id for word in _WORDS},
    "/api/v1/marketplace/listings/{id}": lambda trade: Tickets(trade).listing(),
    "/api/v1/marketplace/escrows/{id}": lambda trade: Tickets(trade).escrow(),
    "/api/v1/marketplace/escrows/{id}/dispute": lambda trade: Tickets(trade).escrow(),
    "/api/v1/marketplace/escrows/{id}/resolve": lambda trade: Tickets(trade).escrow(disputed=True),
    "/internal/marketplace/tickets/{id}": lambda trade: Tickets(trade).ticket(),
    "/internal/transfers/{id}/confirm": lambda trade: Tickets(trade).escrow(),
    "/internal/payments/checkout-sessions/{id}": lambda trade: str(trade.opened()["providerCheckoutSessionId"]),
}
_QUERIES = {
    "/admin/transactions": f"user={BUYER}&status=confirmed,failed,pending",
    "/admin/failed-payments": "",
    "/credit": f"userId={BUYER}",
    "/api/v1/group-payments": f"userId={BUYER}",
    "/api/v1/marketplace/listings": f"venueId={VENUE}",
    "/internal/payments/pricing-items": f"consumerTenantId={DEMO}",
    "/internal/payments/public/pricing-items": f"consumerTenantId={DEMO}",
    "/internal/payments/subscriptions": f"consumerTenantId={DEMO}",
    "/internal/payments/purchases": f"consumerTenantId={DEMO}",
}


@dataclass(frozen=True)
class Asked:
    """One request, but for who makes it."""

    operation: Operation
    path: str

    def by(self, caller: Caller, trade: Trade) -> Answer:
        headers = {**caller.headers, **({"idempotency-key": new_key()} if self.operation.key is not Key.NONE else {})}
        function = function_at(self.operation.method, self.path)
        assert function is not None
        body = body_for(self.operation, trade, caller.tenant or DEMO)
        if self.operation.body is RedeemBody and body and not caller.user:
            body["userId"] = "a-service's-user"
        return trade.deployed.call(
            self.operation.method,
            self.path,
            body,
            headers=headers,
            query=_QUERIES.get(self.operation.address, "") if self.operation.query else "",
            function=function,
        )


def ask(operation: Operation, trade: Trade) -> Asked:
    """For things that are made for it."""
    path = operation.address.replace("{provider}", "mock").replace("{account}", f"seller_available:{VENUE}")
    path = path.replace("{consumerTenantId}", DEMO)
    if path in _IDS:
        return Asked(operation, path.replace("{id}", _IDS[path](trade)))
    if "{code}" in path or operation.body is RedeemBody:
        path = path.replace("{code}", trade.card().code)
    if operation.body is ChangeBody:
        trade.subscription()
    if "{groupId}" in path:
        path = path.replace("{groupId}", trade.group()).replace("{memberId}", trade.members[0])
    if operation.body is ListingBody:
        trade.wanted = Tickets(trade).ticket()
    if operation.body is ResaleBody:
        trade.wanted = Tickets(trade).listing("seller-1")
    if "{payout}" in path:
        path = path.replace("{payout}", trade.payout())
    return Asked(operation, path.replace("{id}", VENUE))


def body_for(operation: Operation, trade: Trade, tenant: str) -> dict[str, Any] | None:
    """A body that is accepted, from somebody of that tenant."""
    bodies: Mapping[str, Callable[[], dict[str, Any]]] = {
        "CheckoutBody": lambda: a_checkout(**trade.addresses(tenant)),
        "ChargeBody": lambda: {
            "items": [{"code": "concert_ticket", "quantity": 2}],
            "method": "mock",
            "sources": {"mock": "ok"},
        },
        "CheckoutSessionBody": lambda: {
            "pricingItemCode": "concert_ticket",
            "consumerKey": "tickets",
            "consumerTenantId": DEMO,
            "method": "mock",
            **trade.addresses(DEMO),
        },
        "RefundBody": dict,
        "RetryBody": lambda: trade.addresses(tenant),
        "PayoutBody": lambda: {"amount": 10_000},
        "AccountBody": lambda: {"stripeAccount": ACCOUNTS[tenant]},
        "RedeemBody": lambda: {"code": trade.cards[-1].code},
        "UseBody": lambda: {"amount": 100},
        "PurchaseBody": lambda: {
            "amount": 5_000,
            "recipientEmail": "friend@example.com",
            "method": "mock",
            **trade.addresses(tenant),
        },
        "RulesBody": lambda: {"disabled": [], "order": ["mock", "stripe"]},
        "SimulateBody": lambda: {"method": "mock", "currency": "USD", "amount": 10_000},
        "PricingItemBody": lambda: {
            "consumerTenantId": DEMO,
            "code": f"code_{new_key()}",
            "name": "A plan",
            "amount": 3_999,
            "currency": "USD",
            "interval": "month",
        },
        "OrderBody": lambda: {"pricingItemCode": "gold_month", **trade.addresses(tenant)},
        "ChangeBody": lambda: {
            "pricingItemCode": trade.subscriptions[-1].terms.code,
            **({} if "{id}" in operation.address else {"subscriptionId": trade.subscriptions[-1].id}),
        },
        "CancelBody": dict,
        "CardBody": lambda: trade.addresses(tenant),
        "PricingItemChangeBody": lambda: {"amount": 200},
        "CreateGroupBody": a_group,
        "ContributeBody": lambda: {"method": "mock", "sources": {"mock": "ok"}},
        "ListingBody": lambda: {"ticketId": trade.wanted, "price": 15_000, "venueId": VENUE},
        "ResaleBody": lambda: {"listingId": trade.wanted, "sources": {"mock": "ok"}, "method": "mock"},
        "ComplaintBody": lambda: {"reason": "never came"},
        "DecisionBody": lambda: {"decision": "release"},
        "ResaleRulesBody": dict,
        "TicketBody": lambda: {
            "ownerId": BUYER,
            "venueId": VENUE,
            "eventId": "evt_1",
            "faceValue": 10_000,
            "currency": "USD",
        },
        "StopBody": lambda: {"reason": "reported stolen"},
    }
    return bodies[operation.body.__name__]() if operation.body else None
