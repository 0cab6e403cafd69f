"""The HTTP API of venues: what they have earned, and its way to their bank accounts."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response

from tollgate.payouts.answers import present
from tollgate.payouts.model import Seller
from tollgate.runtime.composition.venue_api import compose
from tollgate.runtime.http import venue
from tollgate.runtime.http.edge import Edge
from tollgate.runtime.http.errors import respond
from tollgate.runtime.http.idempotency import idempotent_response
from tollgate.runtime.http.schemas import parse
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.settings import Settings

api = compose(Settings.from_environment())
edge = Edge(api.clock, make_logger(), make_metrics(), api.authenticator)
routes = edge.routes
handler = edge.handle


@routes.get("/api/v1/venues/<venue_id>/balance")
def show_balance(venue_id: str) -> Response[str]:
    asked = venue.seen_venue(edge.principal(), edge.header("x-tenant-id"), venue_id)
    currency = venue.balance_currency(routes.current_event.query_string_parameters or {})
    return respond(200, venue.balance(api.desk.balance(asked.tenant, asked.id, currency)))


@routes.post("/api/v1/venues/<venue_id>/payout")
def create_payout(venue_id: str) -> Response[str]:
    principal = edge.principal()
    asked = venue.paid_venue(principal, edge.header("x-tenant-id"), venue_id)
    raw = edge.body()
    body, key = parse(venue.PayoutBody, raw), edge.header("idempotency-key")
    command = venue.payout_command(asked, principal, raw, body, key, edge.trace())
    return idempotent_response(edge, api.paying_out.create(command), "PayoutCreated")


@routes.get("/api/v1/venues/<venue_id>/payouts")
def list_payouts(venue_id: str) -> Response[str]:
    asked = venue.seen_venue(edge.principal(), edge.header("x-tenant-id"), venue_id)
    limit, cursor = venue.page_wanted(routes.current_event.query_string_parameters or {})
    return respond(200, venue.payouts(api.desk.payouts(asked.tenant, asked.id, limit=limit, cursor=cursor)))


@routes.get("/api/v1/venues/<venue_id>/payouts/<payout_id>")
def show_payout(venue_id: str, payout_id: str) -> Response[str]:
    asked = venue.seen_venue(edge.principal(), edge.header("x-tenant-id"), venue_id)
    return respond(200, {"payout": present(api.desk.payout(asked.tenant, asked.id, payout_id))})


@routes.get("/api/v1/venues/<venue_id>/account")
def show_account(venue_id: str) -> Response[str]:
    asked = venue.connected_venue(edge.principal(), edge.header("x-tenant-id"), venue_id)
    return respond(200, venue.account(api.desk.account(asked.tenant, asked.id)))


@routes.put("/api/v1/venues/<venue_id>/account")
def connect_account(venue_id: str) -> Response[str]:
    asked = venue.connected_venue(edge.principal(), edge.header("x-tenant-id"), venue_id)
    body = parse(venue.AccountBody, edge.body())
    seller = Seller(asked.tenant, asked.id, body.stripe_account, body.risk)
    api.desk.connect(seller)
    return respond(200, venue.account(seller))
