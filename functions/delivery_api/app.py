"""The HTTP API of deliveries: what became of events at their consumers, and sending one again."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response

from tollgate.runtime.composition.delivery_api import compose
from tollgate.runtime.http import deliveries
from tollgate.runtime.http.admin import scope
from tollgate.runtime.http.edge import Edge
from tollgate.runtime.http.errors import respond
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.settings import Settings

api = compose(Settings.from_environment())
edge = Edge(api.clock, make_logger(), make_metrics(), api.authenticator)
routes = edge.routes
handler = edge.handle


@routes.get("/internal/payments/event-deliveries")
def list_deliveries() -> Response[str]:
    tenant = scope(edge.service(), edge.header("x-tenant-id"))
    wanted, query = deliveries.wanted(routes.current_event.query_string_parameters or {}, tenant, api.clock.now())
    found = api.desk.list(tenant, wanted, since=query.since, until=query.until, limit=query.limit, cursor=query.cursor)
    return respond(200, deliveries.page(found))


@routes.get("/internal/payments/event-deliveries/<delivery_id>")
def show_delivery(delivery_id: str) -> Response[str]:
    tenant = scope(edge.service(), edge.header("x-tenant-id"))
    return respond(200, deliveries.delivery(api.desk.show(tenant, deliveries.named(delivery_id))))


@routes.post("/internal/payments/event-deliveries/<delivery_id>/retry")
def retry_delivery(delivery_id: str) -> Response[str]:
    tenant = scope(edge.service(), edge.header("x-tenant-id"))
    return respond(202, deliveries.queued(api.desk.retry(tenant, deliveries.named(delivery_id))))
