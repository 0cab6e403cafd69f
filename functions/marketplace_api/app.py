"""The HTTP API of the marketplace: tickets that are resold, what is held for them, and what that brings to venues."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response

from tollgate.runtime.composition.marketplace_api import compose
from tollgate.runtime.http import marketplace, marketplace_queries
from tollgate.runtime.http import marketplace_views as views
from tollgate.runtime.http.admin import administrator
from tollgate.runtime.http.edge import Edge
from tollgate.runtime.http.errors import respond
from tollgate.runtime.http.idempotency import idempotent_response
from tollgate.runtime.http.schemas import parse
from tollgate.runtime.http.urls import require_allowed
from tollgate.runtime.http.venue import paid_venue, seen_venue
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.settings import Settings

api = compose(Settings.from_environment())
edge = Edge(api.clock, make_logger(), make_metrics(), api.authenticator)
routes = edge.routes
handler = edge.handle


@routes.post("/api/v1/marketplace/listings")
def create_listing() -> Response[str]:
    principal = edge.principal()
    viewer = principal.viewer(edge.header("x-tenant-id"))
    raw = edge.body()
    body, key = parse(marketplace.ListingBody, raw), edge.header("idempotency-key")
    command = marketplace.listing_command(principal, viewer, raw, body, key, edge.trace())
    edge.echo("Idempotency-Key", command.key)
    listed = api.listings.create(command)
    edge.count("IdempotentReplay" if listed.again else "ListingCreated")
    return respond(201, views.listed(listed), {"Idempotency-Replayed": "true"} if listed.again else {})


@routes.get("/api/v1/marketplace/listings")
def list_listings() -> Response[str]:
    parameters = routes.current_event.query_string_parameters or {}
    wanted = marketplace_queries.listings_wanted(edge.principal(), edge.header("x-tenant-id"), parameters)
    return respond(200, views.page(api.listings.list(wanted.whose, limit=wanted.limit, cursor=wanted.cursor)))


@routes.get("/api/v1/marketplace/listings/<listing_id>")
def show_listing(listing_id: str) -> Response[str]:
    return respond(200, views.shown(api.listings.show(edge.viewer().tenant, listing_id)))


@routes.delete("/api/v1/marketplace/listings/<listing_id>")
def cancel_listing(listing_id: str) -> Response[str]:
    viewer = edge.viewer()
    return respond(200, views.shown(api.listings.cancel(viewer.tenant, viewer.user, listing_id, edge.trace())))


@routes.post("/api/v1/marketplace/purchase")
def buy_listing() -> Response[str]:
    principal = edge.principal()
    viewer = principal.viewer(edge.header("x-tenant-id"))
    raw = edge.body()
    body = parse(marketplace.ResaleBody, raw)
    if body.return_url is not None:
        require_allowed({"returnUrl": body.return_url}, api.tenants.return_origins(viewer.tenant))
    wish = marketplace.purchase_command(principal, viewer, raw, body, edge.header("idempotency-key"), edge.trace())
    edge.echo("Idempotency-Key", wish.key)
    answer = api.purchasing.buy(wish)
    bought = views.purchased(answer, api.purchasing.escrow(wish)) if answer.status < 400 else answer
    return idempotent_response(edge, bought, "ListingBought")


@routes.get("/api/v1/marketplace/escrows/<escrow_id>")
def show_escrow(escrow_id: str) -> Response[str]:
    viewer = edge.viewer()
    return respond(200, views.escrow(api.escrows.show(viewer, escrow_id), viewer))


@routes.post("/api/v1/marketplace/escrows/<escrow_id>/dispute")
def dispute_escrow(escrow_id: str) -> Response[str]:
    viewer = edge.viewer()
    body = parse(marketplace.ComplaintBody, edge.body())
    return respond(200, views.escrow(api.escrows.dispute(viewer, escrow_id, body.reason, edge.trace()), viewer))


@routes.post("/api/v1/marketplace/escrows/<escrow_id>/resolve")
def resolve_escrow(escrow_id: str) -> Response[str]:
    viewer = administrator(edge.principal(), edge.header("x-tenant-id"))
    decision = marketplace.decision_of(parse(marketplace.DecisionBody, edge.body()))
    resolved = api.escrows.resolve(viewer.tenant, escrow_id, decision, edge.trace())
    return respond(200, views.escrow(resolved, viewer))


@routes.get("/api/v1/marketplace/venues/<venue_id>/royalties")
def report_royalties(venue_id: str) -> Response[str]:
    venue = seen_venue(edge.principal(), edge.header("x-tenant-id"), venue_id)
    parameters = routes.current_event.query_string_parameters or {}
    wanted = marketplace_queries.royalties_wanted(parameters, api.clock.now())
    report = api.royalties.report(venue.tenant, venue.id, wanted.currency, wanted.first, wanted.last)
    return respond(200, views.royalties(report))


@routes.get("/api/v1/marketplace/venues/<venue_id>/rules")
def show_rules(venue_id: str) -> Response[str]:
    venue = paid_venue(edge.principal(), edge.header("x-tenant-id"), venue_id)
    return respond(200, views.rules(api.listings.rules(venue.tenant, venue.id)))


@routes.put("/api/v1/marketplace/venues/<venue_id>/rules")
def set_rules(venue_id: str) -> Response[str]:
    venue = paid_venue(edge.principal(), edge.header("x-tenant-id"), venue_id)
    body = parse(marketplace.ResaleRulesBody, edge.body())
    return respond(200, views.rules(api.listings.set_rules(marketplace.rules_command(venue, body))))


@routes.get("/internal/marketplace/tickets/<ticket_id>")
def read_ticket(ticket_id: str) -> Response[str]:
    viewer = edge.service().viewer(edge.header("x-tenant-id"))
    return respond(200, views.ticket(api.listings.ticket(viewer.tenant, marketplace.known_ticket(ticket_id))))


@routes.put("/internal/marketplace/tickets/<ticket_id>")
def register_ticket(ticket_id: str) -> Response[str]:
    viewer = edge.service().viewer(edge.header("x-tenant-id"))
    body = parse(marketplace.TicketBody, edge.body())
    return respond(200, views.ticket(api.listings.register(marketplace.ticket_command(viewer, ticket_id, body))))


@routes.post("/internal/transfers/<escrow_id>/confirm")
def confirm_transfer(escrow_id: str) -> Response[str]:
    viewer = edge.service().viewer(edge.header("x-tenant-id"))
    return respond(200, views.escrow(api.escrows.confirm(viewer.tenant, escrow_id, edge.trace()), viewer))
