"""The HTTP API of subscriptions: ordered, shown, changed and ended by people; and what product backends ask of them."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response

from tollgate.kernel.idempotency import parse_key
from tollgate.runtime.composition.subscription_api import compose
from tollgate.runtime.http import subscription_views as views
from tollgate.runtime.http import subscriptions
from tollgate.runtime.http.edge import Edge
from tollgate.runtime.http.errors import respond
from tollgate.runtime.http.idempotency import idempotent_response
from tollgate.runtime.http.schemas import parse
from tollgate.runtime.http.sources import require_own_source
from tollgate.runtime.http.urls import require_allowed
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.settings import Settings

api = compose(Settings.from_environment())
edge = Edge(api.clock, make_logger(), make_metrics(), api.authenticator)
routes = edge.routes
handler = edge.handle


@routes.post("/subscriptions")
def order_subscription() -> Response[str]:
    principal = edge.principal()
    viewer = principal.viewer(edge.header("x-tenant-id"))
    raw = edge.body()
    body, key = parse(subscriptions.OrderBody, raw), edge.header("idempotency-key")
    require_allowed(subscriptions.given_urls(body), api.tenants.return_origins(viewer.tenant))
    command = subscriptions.order_command(principal, viewer, raw, body, key, edge.trace())
    edge.echo("Idempotency-Key", command.key)
    return idempotent_response(edge, api.ordering.order(command), "SubscriptionOrdered")


@routes.get("/subscriptions")
def list_subscriptions() -> Response[str]:
    viewer = edge.viewer()
    wanted = subscriptions.page_wanted(routes.current_event.query_string_parameters or {})
    return respond(200, views.page(api.desk.list(viewer, limit=wanted.limit, cursor=wanted.cursor)))


@routes.get("/subscriptions/<subscription_id>")
def show_subscription(subscription_id: str) -> Response[str]:
    return respond(200, views.with_history(*api.desk.history(edge.viewer(), subscription_id)))


@routes.put("/subscriptions")
@routes.put("/subscriptions/<subscription_id>")
def change_subscription(subscription_id: str | None = None) -> Response[str]:
    viewer = edge.viewer()
    wish = subscriptions.change_command(viewer, subscription_id, parse(subscriptions.ChangeBody, edge.body()))
    return respond(200, views.subscription(api.desk.change(wish)))


@routes.post("/subscriptions/<subscription_id>/preview")
def preview_subscription(subscription_id: str) -> Response[str]:
    viewer = edge.viewer()
    wish = subscriptions.change_command(viewer, subscription_id, parse(subscriptions.ChangeBody, edge.body()))
    return respond(200, views.proration(wish, api.desk.preview(wish)))


@routes.post("/subscriptions/<subscription_id>/cancel")
def cancel_subscription(subscription_id: str) -> Response[str]:
    viewer = edge.viewer()
    body = parse(subscriptions.CancelBody, edge.body() if routes.current_event.body else {})
    ended = api.desk.end(viewer, subscription_id, now=body.when == "now", trace=edge.trace())
    return respond(200, views.subscription(ended))


@routes.post("/subscriptions/<subscription_id>/resume")
def resume_subscription(subscription_id: str) -> Response[str]:
    return respond(200, views.subscription(api.desk.keep(edge.viewer(), subscription_id, edge.trace())))


@routes.post("/subscriptions/<subscription_id>/pause")
def pause_subscription(subscription_id: str) -> Response[str]:
    return respond(200, views.subscription(api.desk.pause(edge.viewer(), subscription_id, edge.trace())))


@routes.post("/subscriptions/<subscription_id>/card")
def change_card(subscription_id: str) -> Response[str]:
    viewer, body = edge.viewer(), parse(subscriptions.CardBody, edge.body())
    if body.sources is not None:
        require_own_source(edge.principal(), body.sources)
        return respond(200, views.subscription(api.desk.take(viewer, subscription_id, body.sources, edge.trace())))
    success_url, cancel_url = subscriptions.page_urls(body)
    require_allowed(subscriptions.given_urls(body), api.tenants.return_origins(viewer.tenant))
    page = api.desk.card_page(viewer, subscription_id, success_url, cancel_url)
    return respond(201, views.card_page(page))


@routes.post("/subscriptions/<subscription_id>/pay")
def pay_subscription(subscription_id: str) -> Response[str]:
    viewer, key = edge.viewer(), parse_key(edge.header("idempotency-key"))
    edge.echo("Idempotency-Key", key)
    paid, before = api.desk.pay(viewer, subscription_id, key, edge.trace())
    return respond(200, views.subscription(paid), {"Idempotency-Replayed": "true"} if before else {})


@routes.get("/internal/payments/subscriptions")
def list_records() -> Response[str]:
    wanted = subscriptions.records_wanted(edge.service(), routes.current_event.query_string_parameters or {})
    return respond(200, views.records(api.desk.list(wanted.viewer, limit=wanted.limit, cursor=wanted.cursor)))


@routes.get("/internal/payments/purchases")
def list_purchases() -> Response[str]:
    wanted = subscriptions.purchases_wanted(
        edge.service(), routes.current_event.query_string_parameters or {}, api.clock.now()
    )
    found = api.payments.list(
        wanted.viewer, since=wanted.since, until=wanted.until, limit=wanted.limit, cursor=wanted.cursor
    )
    return respond(200, views.purchases(found))


@routes.get("/internal/payments/tenants/<tenant>/plan-status")
def show_plan_status(tenant: str) -> Response[str]:
    wanted = subscriptions.plan_status_wanted(
        edge.service(), tenant, routes.current_event.query_string_parameters or {}
    )
    return respond(200, views.plan_status(wanted, api.plans.of(wanted.viewer), api.clock.now()))
