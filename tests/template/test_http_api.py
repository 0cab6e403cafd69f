"""The public HTTP API: its routes, their throttles, and what its log leaves out."""

from __future__ import annotations

import json
from typing import Any

from tests.template.translation import properties, readable

CHECKOUT_ROUTES = {
    "POST /payments/checkout",
    "POST /payments/charges",
    "GET /payments/checkout/{id}",
    "POST /payments/checkout/{id}/cancel",
    "GET /transactions",
    "GET /transactions/{id}",
    "POST /transactions/{id}/refund",
    "POST /api/v1/payments/transaction/{id}/refund",
    "GET /transactions/{id}/refunds",
    "GET /api/v1/payment-methods",
    "GET /internal/payments/providers",
    "POST /internal/payments/checkout-sessions",
    "GET /internal/payments/checkout-sessions/{id}",
}
ADMIN_ROUTES = {
    "GET /admin/transactions",
    "GET /admin/failed-payments",
    "POST /admin/retry-payment/{id}",
    "GET /admin/stats",
    "GET /admin/reconciliation",
    "POST /admin/reconciliation/run",
    "POST /admin/reconciliation/{id}/settle",
    "GET /admin/ledger/trial-balance",
    "GET /admin/ledger/accounts/{account}/entries",
    "GET /admin/routing/health",
    "POST /admin/routing/simulate",
    "GET /admin/routing/rules",
    "PUT /admin/routing/rules",
}
VENUE_ROUTES = {
    "GET /api/v1/venues/{id}/balance",
    "POST /api/v1/venues/{id}/payout",
    "GET /api/v1/venues/{id}/payouts",
    "GET /api/v1/venues/{id}/payouts/{payout}",
    "GET /api/v1/venues/{id}/account",
    "PUT /api/v1/venues/{id}/account",
}
GIFT_CARD_ROUTES = {
    "POST /gift-cards/purchase",
    "POST /gift-cards/redeem",
    "POST /gift-cards/{code}/use",
    "GET /gift-cards/{code}",
    "GET /gift-cards/{code}/balance",
    "GET /gift-cards/{code}/history",
    "GET /credit",
    "GET /admin/gift-cards/{id}",
    "GET /admin/gift-cards/{id}/history",
    "POST /admin/gift-cards/{id}/freeze",
    "POST /admin/gift-cards/{id}/unfreeze",
}
GROUP_ROUTES = {
    "POST /api/v1/group-payments/create",
    "POST /api/v1/group-payments/{groupId}/contribute/{memberId}",
    "POST /api/v1/group-payments/{groupId}/cover",
    "GET /api/v1/group-payments/{groupId}/status",
    "GET /api/v1/group-payments",
    "POST /api/v1/group-payments/{groupId}/cancel",
}
SUBSCRIPTION_ROUTES = {
    "POST /subscriptions",
    "GET /subscriptions",
    "PUT /subscriptions",
    "GET /subscriptions/{id}",
    "PUT /subscriptions/{id}",
    "POST /subscriptions/{id}/preview",
    "POST /subscriptions/{id}/cancel",
    "POST /subscriptions/{id}/resume",
    "POST /subscriptions/{id}/pause",
    "POST /subscriptions/{id}/card",
    "POST /subscriptions/{id}/pay",
    "GET /internal/payments/subscriptions",
    "GET /internal/payments/purchases",
    "GET /internal/payments/tenants/{consumerTenantId}/plan-status",
}
MARKETPLACE_ROUTES = {
    "POST /api/v1/marketplace/listings",
    "GET /api/v1/marketplace/listings",
    "GET /api/v1/marketplace/listings/{id}",
    "DELETE /api/v1/marketplace/listings/{id}",
    "POST /api/v1/marketplace/purchase",
    "GET /api/v1/marketplace/escrows/{id}",
    "POST /api/v1/marketplace/escrows/{id}/dispute",
    "POST /api/v1/marketplace/escrows/{id}/resolve",
    "GET /api/v1/marketplace/venues/{id}/royalties",
    "GET /api/v1/marketplace/venues/{id}/rules",
    "PUT /api/v1/marketplace/venues/{id}/rules",
    "GET /internal/marketplace/tickets/{id}",
    "PUT /internal/marketplace/tickets/{id}",
    "POST /internal/transfers/{id}/confirm",
}
CATALOG_ROUTES = {
    "GET /internal/payments/pricing-items",
    "GET /internal/payments/public/pricing-items",
    "GET /internal/payments/pricing-items/{id}",
    "POST /internal/payments/pricing-items",
    "PATCH /internal/payments/pricing-items/{id}",
    "DELETE /internal/payments/pricing-items/{id}",
}
DELIVERY_ROUTES = {
    "GET /internal/payments/event-deliveries",
    "GET /internal/payments/event-deliveries/{id}",
    "POST /internal/payments/event-deliveries/{id}/retry",
}
HEALTH_ROUTES = {"GET /health", "GET /health/ready", "GET /info"}
MONEY_ROUTES = CHECKOUT_ROUTES | ADMIN_ROUTES | VENUE_ROUTES | GIFT_CARD_ROUTES | CATALOG_ROUTES | SUBSCRIPTION_ROUTES
MONEY_ROUTES |= DELIVERY_ROUTES | GROUP_ROUTES | MARKETPLACE_ROUTES
HTTP_API_GIVES_UP_MS = 30_000


def test_every_route_reaches_its_function() -> None:
    integrations = _integrations()
    assert {route for route, uri in integrations.items() if "CheckoutApiFunction" in uri} == CHECKOUT_ROUTES
    assert {route for route, uri in integrations.items() if "HealthFunction" in uri} == HEALTH_ROUTES
    assert {route for route, uri in integrations.items() if "AdminApiFunction" in uri} == ADMIN_ROUTES
    assert {route for route, uri in integrations.items() if "VenueApiFunction" in uri} == VENUE_ROUTES
    assert {route for route, uri in integrations.items() if "GiftCardApiFunction" in uri} == GIFT_CARD_ROUTES
    assert {route for route, uri in integrations.items() if "GroupPaymentApiFunction" in uri} == GROUP_ROUTES
    assert {route for route, uri in integrations.items() if "SubscriptionApiFunction" in uri} == SUBSCRIPTION_ROUTES
    assert {route for route, uri in integrations.items() if "CatalogApiFunction" in uri} == CATALOG_ROUTES
    assert {route for route, uri in integrations.items() if "MarketplaceApiFunction" in uri} == MARKETPLACE_ROUTES
    assert {route for route, uri in integrations.items() if "DeliveryApiFunction" in uri} == DELIVERY_ROUTES
    assert set(integrations) == MONEY_ROUTES | HEALTH_ROUTES


def test_every_route_has_a_throttle_of_its_own() -> None:
    throttles = _stage()["RouteSettings"]
    assert set(throttles) == MONEY_ROUTES | HEALTH_ROUTES
    for limits in throttles.values():
        assert 0 < limits["ThrottlingRateLimit"] <= limits["ThrottlingBurstLimit"]


def test_a_route_without_a_throttle_would_get_the_default_one() -> None:
    assert _stage()["DefaultRouteSettings"]["ThrottlingRateLimit"] > 0


def test_the_function_ends_before_the_api_gives_up() -> None:
    waits = [
        operation["x-amazon-apigateway-integration"]["timeoutInMillis"]
        for route, operation in _operations().items()
        if route in MONEY_ROUTES
    ]
    functions = (
        "CheckoutApiFunction",
        "AdminApiFunction",
        "VenueApiFunction",
        "GiftCardApiFunction",
        "GroupPaymentApiFunction",
        "CatalogApiFunction",
    )
    for function in functions:
        function_ms = properties(function)["Timeout"] * 1000
        assert all(function_ms < wait < HTTP_API_GIVES_UP_MS for wait in waits)


def test_the_access_log_is_json_and_names_the_route_only() -> None:
    logged = set(json.loads(_stage()["AccessLogSettings"]["Format"]).values())
    assert all(value.startswith("$context.") for value in logged)
    assert "$context.routeKey" in logged
    revealing = {"path", "queryString", "querystring", "header", "authorizer", "userAgent", "resourcePath"}
    assert not [value for value in logged if any(word in value for word in revealing)]


def test_the_access_log_cannot_hold_a_gift_cards_code() -> None:
    """It stands in the address, of which only the route's key is logged; the rest here was looked at."""
    logged = set(json.loads(_stage()["AccessLogSettings"]["Format"]).values())
    assert any("{code}" in route for route in GIFT_CARD_ROUTES)
    assert {value.removeprefix("$context.") for value in logged} == {
        "requestId",
        "requestTimeEpoch",
        "routeKey",
        "status",
        "identity.sourceIp",
        "protocol",
        "responseLength",
        "responseLatency",
        "integrationLatency",
        "integration.status",
        "error.message",
    }


def test_browsers_of_other_origins_are_not_let_in() -> None:
    assert "CorsConfiguration" not in properties("HttpApi")
    assert "x-amazon-apigateway-cors" not in properties("HttpApi")["Body"]


def _stage() -> dict[str, Any]:
    return properties("HttpApiApiGatewayDefaultStage")


def _operations() -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in properties("HttpApi")["Body"]["paths"].items()
        for method, operation in methods.items()
    }


def _integrations() -> dict[str, str]:
    return {
        route: readable(operation["x-amazon-apigateway-integration"]["uri"])
        for route, operation in _operations().items()
    }
