"""The HTTP API of the catalog: what is sold at which price, for product backends."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response

from tollgate.runtime.composition.catalog_api import compose
from tollgate.runtime.http import catalog
from tollgate.runtime.http.edge import Edge
from tollgate.runtime.http.errors import respond
from tollgate.runtime.http.schemas import parse
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.settings import Settings

api = compose(Settings.from_environment())
edge = Edge(api.clock, make_logger(), make_metrics(), api.authenticator)
routes = edge.routes
handler = edge.handle


@routes.get("/internal/payments/pricing-items")
def list_pricing_items() -> Response[str]:
    wanted = catalog.items_wanted(edge.service(), routes.current_event.query_string_parameters or {})
    found = api.desk.list(wanted.tenant, wanted.selection, limit=wanted.limit, cursor=wanted.cursor)
    return respond(200, catalog.page(found))


@routes.get("/internal/payments/public/pricing-items")
def list_public_pricing_items() -> Response[str]:
    wanted = catalog.public_items_wanted(edge.service(), routes.current_event.query_string_parameters or {})
    found = api.desk.list(wanted.tenant, wanted.selection, limit=wanted.limit, cursor=wanted.cursor)
    return respond(200, catalog.public_page(found))


@routes.get("/internal/payments/pricing-items/<item_id>")
def show_pricing_item(item_id: str) -> Response[str]:
    return respond(200, catalog.pricing_item(api.desk.find(catalog.seen_item(edge.service(), item_id))))


@routes.post("/internal/payments/pricing-items")
def create_pricing_item() -> Response[str]:
    service = edge.service()
    body = parse(catalog.PricingItemBody, edge.body())
    wanted = body.item(catalog.sellers(service, body.consumer_tenant_id))
    made = api.desk.create(wanted, catalog.asked_by(service, edge.trace()))
    return respond(201 if made.is_new else 200, catalog.pricing_item(made.item))


@routes.patch("/internal/payments/pricing-items/<item_id>")
def change_pricing_item(item_id: str) -> Response[str]:
    service = edge.service()
    key = catalog.own_item(service, item_id)
    body = parse(catalog.PricingItemChangeBody, catalog.changeable(edge.body()))
    asked = catalog.asked_by(service, edge.trace())
    return respond(200, catalog.pricing_item(api.desk.change(key, body.changes(), asked, version=body.version)))


@routes.delete("/internal/payments/pricing-items/<item_id>")
def withdraw_pricing_item(item_id: str) -> Response[str]:
    service = edge.service()
    key = catalog.own_item(service, item_id)
    return respond(200, catalog.pricing_item(api.desk.withdraw(key, catalog.asked_by(service, edge.trace()))))
