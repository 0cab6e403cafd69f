"""The HTTP API of gift cards: bought, looked up, spent and redeemed by their code, and stopped by their id."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response

from tollgate.runtime.composition.gift_card_api import compose
from tollgate.runtime.http import gift_card_views as views
from tollgate.runtime.http import gift_cards
from tollgate.runtime.http.admin import administrator
from tollgate.runtime.http.commands import caller_of
from tollgate.runtime.http.edge import Edge
from tollgate.runtime.http.errors import respond
from tollgate.runtime.http.idempotency import idempotent_response
from tollgate.runtime.http.schemas import parse
from tollgate.runtime.http.urls import require_allowed
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.settings import Settings

api = compose(Settings.from_environment())
edge = Edge(api.clock, make_logger(), make_metrics(), api.authenticator, secrets_below=[gift_cards.SECRETS_BELOW])
routes = edge.routes
handler = edge.handle


@routes.post("/gift-cards/purchase")
def buy_gift_card() -> Response[str]:
    principal = edge.principal()
    viewer = principal.viewer(edge.header("x-tenant-id"))
    raw = edge.body()
    body, key = parse(gift_cards.PurchaseBody, raw), edge.header("idempotency-key")
    urls = {"successUrl": body.success_url, "cancelUrl": body.cancel_url}
    require_allowed(urls, api.tenants.return_origins(viewer.tenant))
    command = gift_cards.purchase_command(principal, viewer, raw, body, key, edge.trace())
    edge.echo("Idempotency-Key", command.key)
    return idempotent_response(edge, api.purchase.buy(command), "GiftCardOrdered")


@routes.post("/gift-cards/redeem")
def redeem_gift_card() -> Response[str]:
    principal = edge.principal()
    raw = edge.body()
    body, key = parse(gift_cards.RedeemBody, raw), edge.header("idempotency-key")
    who = gift_cards.asker(principal, edge.header("x-tenant-id"), edge.source_ip(), body.user_id)
    command = gift_cards.redeem_command(who, raw, body, key, edge.trace())
    edge.echo("Idempotency-Key", command.key)
    return idempotent_response(edge, api.spending.redeem(command), "GiftCardRedeemed")


@routes.post("/gift-cards/<code>/use")
def use_gift_card(code: str) -> Response[str]:
    principal = edge.principal()
    raw = edge.body()
    body, key = parse(gift_cards.UseBody, raw), edge.header("idempotency-key")
    who = gift_cards.asker(principal, edge.header("x-tenant-id"), edge.source_ip(), body.user_id)
    command = gift_cards.use_command(who, code, raw, body, key, edge.trace())
    edge.echo("Idempotency-Key", command.key)
    return idempotent_response(edge, api.spending.use(command), "GiftCardUsed")


@routes.get("/gift-cards/<code>")
def show_gift_card(code: str) -> Response[str]:
    named = gift_cards.named_user(routes.current_event.query_string_parameters or {})
    who = gift_cards.asker(edge.perhaps(), edge.header("x-tenant-id"), edge.source_ip(), named)
    return respond(200, views.details(api.desk.by_code(who, code), api.clock.now()))


@routes.get("/gift-cards/<code>/balance")
def show_gift_card_balance(code: str) -> Response[str]:
    named = gift_cards.named_user(routes.current_event.query_string_parameters or {})
    who = gift_cards.asker(edge.perhaps(), edge.header("x-tenant-id"), edge.source_ip(), named)
    return respond(200, views.balance(api.desk.by_code(who, code), api.clock.now()))


@routes.get("/gift-cards/<code>/history")
def list_gift_card_history(code: str) -> Response[str]:
    principal = edge.principal()
    wanted = gift_cards.page_wanted(routes.current_event.query_string_parameters or {}, also={"userId"})
    who = gift_cards.asker(principal, edge.header("x-tenant-id"), edge.source_ip(), wanted.user)
    card = api.desk.by_code(who, code)
    return respond(200, views.history(api.desk.history(card.tenant, card.id, limit=wanted.limit, cursor=wanted.cursor)))


@routes.get("/credit")
def show_credit() -> Response[str]:
    parameters = routes.current_event.query_string_parameters or {}
    wanted = gift_cards.credit_wanted(edge.principal(), edge.header("x-tenant-id"), parameters)
    return respond(200, views.credit(wanted, api.desk.credit(wanted.tenant, wanted.user, wanted.currency)))


@routes.get("/admin/gift-cards/<card_id>")
def read_gift_card(card_id: str) -> Response[str]:
    viewer = administrator(edge.principal(), edge.header("x-tenant-id"))
    return respond(200, views.administered(api.desk.card(viewer.tenant, card_id), api.clock.now()))


@routes.get("/admin/gift-cards/<card_id>/history")
def read_gift_card_history(card_id: str) -> Response[str]:
    viewer = administrator(edge.principal(), edge.header("x-tenant-id"))
    wanted = gift_cards.page_wanted(routes.current_event.query_string_parameters or {})
    found = api.desk.history(viewer.tenant, card_id, limit=wanted.limit, cursor=wanted.cursor)
    return respond(200, views.administered_history(found))


@routes.post("/admin/gift-cards/<card_id>/freeze")
def freeze_gift_card(card_id: str) -> Response[str]:
    principal = edge.principal()
    viewer = administrator(principal, edge.header("x-tenant-id"))
    body = parse(gift_cards.StopBody, edge.body())
    stopped = api.desk.freeze(viewer.tenant, card_id, caller_of(principal), body.reason)
    return respond(200, views.administered(stopped, api.clock.now()))


@routes.post("/admin/gift-cards/<card_id>/unfreeze")
def unfreeze_gift_card(card_id: str) -> Response[str]:
    principal = edge.principal()
    viewer = administrator(principal, edge.header("x-tenant-id"))
    body = parse(gift_cards.StopBody, edge.body())
    freed = api.desk.unfreeze(viewer.tenant, card_id, caller_of(principal), body.reason)
    return respond(200, views.administered(freed, api.clock.now()))
