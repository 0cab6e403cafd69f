"""The HTTP API: checkouts, charges, transactions, payment methods, and the checkout sessions of product backends."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response

from tollgate.checkout.presentation import present, present_charge, present_session
from tollgate.kernel.errors import NotFound
from tollgate.runtime.composition.checkout_api import compose
from tollgate.runtime.http import queries, views
from tollgate.runtime.http.commands import (
    charge_command,
    checkout_command,
    checkout_session_command,
    refund_command,
)
from tollgate.runtime.http.edge import Edge
from tollgate.runtime.http.errors import respond
from tollgate.runtime.http.gift_cards import asker
from tollgate.runtime.http.idempotency import idempotent_response
from tollgate.runtime.http.refunds import refunder
from tollgate.runtime.http.routing import buyers_tenant
from tollgate.runtime.http.schemas import ChargeBody, CheckoutBody, CheckoutSessionBody, RefundBody, parse
from tollgate.runtime.http.tenders import with_tenders
from tollgate.runtime.http.urls import require_allowed
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.settings import Settings

api = compose(Settings.from_environment())
edge = Edge(api.clock, make_logger(), make_metrics(), api.authenticator)
routes = edge.routes
handler = edge.handle


@routes.post("/payments/checkout")
def create_checkout() -> Response[str]:
    principal = edge.principal()
    viewer = principal.viewer(edge.header("x-tenant-id"))
    raw = edge.body()
    body = parse(CheckoutBody, raw)
    urls = {"successUrl": body.success_url, "cancelUrl": body.cancel_url}
    require_allowed(urls, api.tenants.return_origins(viewer.tenant))
    command = checkout_command(principal, viewer, raw, body, edge.header("idempotency-key"), edge.trace())
    who = asker(principal, edge.header("x-tenant-id"), edge.source_ip(), body.user_id)
    command = with_tenders(command, body.tenders, api.codes, who)
    edge.echo("Idempotency-Key", command.key)
    return idempotent_response(edge, api.opening.create(command, present))


@routes.post("/payments/charges")
def create_charge() -> Response[str]:
    principal = edge.principal()
    viewer = principal.viewer(edge.header("x-tenant-id"))
    raw = edge.body()
    body = parse(ChargeBody, raw)
    if body.return_url is not None:
        require_allowed({"returnUrl": body.return_url}, api.tenants.return_origins(viewer.tenant))
    command = charge_command(principal, viewer, raw, body, edge.header("idempotency-key"), edge.trace())
    who = asker(principal, edge.header("x-tenant-id"), edge.source_ip(), body.user_id)
    command = with_tenders(command, body.tenders, api.codes, who)
    edge.echo("Idempotency-Key", command.key)
    return idempotent_response(edge, api.opening.create(command, present_charge), "ChargeCreated")


@routes.get("/payments/checkout/<payment_id>")
def get_checkout(payment_id: str) -> Response[str]:
    return respond(200, present(api.desk.show(edge.viewer(), payment_id)))


@routes.post("/payments/checkout/<payment_id>/cancel")
def cancel_checkout(payment_id: str) -> Response[str]:
    return respond(200, present(api.desk.cancel(edge.viewer(), payment_id)))


@routes.get("/transactions")
def list_transactions() -> Response[str]:
    viewer = edge.viewer()
    query = queries.list_query(routes.current_event.query_string_parameters or {}, viewer, api.clock.now())
    found = api.payments.list(viewer, since=query.since, until=query.until, limit=query.limit, cursor=query.cursor)
    return respond(200, views.page(found))


@routes.get("/transactions/<payment_id>")
def get_transaction(payment_id: str) -> Response[str]:
    payment, history = api.desk.history(edge.viewer(), payment_id)
    return respond(200, views.transaction_with_history(payment, history))


@routes.post("/transactions/<payment_id>/refund")
@routes.post("/api/v1/payments/transaction/<payment_id>/refund")
def refund_transaction(payment_id: str) -> Response[str]:
    principal = edge.principal()
    allowed = refunder(principal, edge.header("x-tenant-id"))
    raw = edge.body() if routes.current_event.body else {}
    body, key = parse(RefundBody, raw), edge.header("idempotency-key")
    command = refund_command(allowed, principal, payment_id, raw, body, key, edge.trace())
    return idempotent_response(edge, api.refunding.create(command), "RefundCreated")


@routes.get("/transactions/<payment_id>/refunds")
def list_refunds(payment_id: str) -> Response[str]:
    return respond(200, views.refunds(api.desk.get(edge.viewer(), payment_id)))


@routes.get("/api/v1/payment-methods")
def list_payment_methods() -> Response[str]:
    tenant = buyers_tenant(edge.principal(), edge.header("x-tenant-id"))
    return respond(200, views.methods(api.router.methods(tenant)))


@routes.get("/internal/payments/providers")
def list_providers() -> Response[str]:
    edge.service()
    return respond(200, views.providers(api.router.providers()))


@routes.post("/internal/payments/checkout-sessions")
def create_checkout_session() -> Response[str]:
    service = edge.service()
    raw = edge.body()
    body = parse(CheckoutSessionBody, raw)
    tenant = service.viewer(body.consumer_tenant_id).tenant
    require_allowed({"successUrl": body.success_url, "cancelUrl": body.cancel_url}, api.tenants.return_origins(tenant))
    command = checkout_session_command(service, tenant, raw, body, edge.header("idempotency-key"), edge.trace())
    edge.echo("Idempotency-Key", command.key)
    return idempotent_response(edge, api.opening.create(command, present_session))


@routes.get("/internal/payments/checkout-sessions/<reference>")
def get_checkout_session(reference: str) -> Response[str]:
    service = edge.service()
    payment = api.desk.find(reference)
    if payment is None or not service.acts_for(payment.tenant):
        raise NotFound("checkout session")
    return respond(200, present_session(payment))
