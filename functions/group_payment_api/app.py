"""The HTTP API of group payments: made and called off by who organizes them, paid by their members, one by one."""

from __future__ import annotations

import json

from aws_lambda_powertools.event_handler import Response

from tollgate.group_payments.contributing import Contribute
from tollgate.runtime.composition.group_payment_api import compose
from tollgate.runtime.http import group_payment_views as views
from tollgate.runtime.http import group_payments
from tollgate.runtime.http.edge import Edge
from tollgate.runtime.http.errors import respond
from tollgate.runtime.http.idempotency import idempotent_response, replayed
from tollgate.runtime.http.schemas import parse
from tollgate.runtime.http.urls import require_allowed
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.settings import Settings

api = compose(Settings.from_environment())
edge = Edge(api.clock, make_logger(), make_metrics(), api.authenticator)
routes = edge.routes
handler = edge.handle


@routes.post("/api/v1/group-payments/create")
def create_group_payment() -> Response[str]:
    principal = edge.principal()
    viewer = principal.viewer(edge.header("x-tenant-id"))
    raw = edge.body()
    body, key = parse(group_payments.CreateGroupBody, raw), edge.header("idempotency-key")
    command = group_payments.create_group_command(principal, viewer, raw, body, key, edge.trace())
    edge.echo("Idempotency-Key", command.key)
    api.links.require()
    seen, again = api.creation.create(command)
    edge.count("IdempotentReplay" if again else "GroupPaymentCreated")
    return respond(201, views.created(seen, api.links), replayed(again))


@routes.post("/api/v1/group-payments/<group_id>/contribute/<member_id>")
def contribute_to_group(group_id: str, member_id: str) -> Response[str]:
    who, raw = _asker(group_id), edge.body()
    body, key = parse(group_payments.ContributeBody, raw), edge.header("idempotency-key")
    command = group_payments.contribute_command(who, group_id, member_id, raw, body, key, edge.trace())
    return _pay(command, body.return_url)


@routes.post("/api/v1/group-payments/<group_id>/cover")
def cover_group(group_id: str) -> Response[str]:
    principal = edge.principal()
    who = group_payments.GroupAsker(principal, principal.viewer(edge.header("x-tenant-id")), None)
    raw = edge.body()
    body, key = parse(group_payments.ContributeBody, raw), edge.header("idempotency-key")
    command = group_payments.contribute_command(who, group_id, None, raw, body, key, edge.trace())
    return _pay(command, body.return_url)


@routes.get("/api/v1/group-payments/<group_id>/status")
def show_group_status(group_id: str) -> Response[str]:
    who = _asker(group_id)
    if who.viewer is not None:
        seen = api.desk.find(who.viewer, group_id)
        if seen is not None:
            return respond(200, views.status(seen))
    return respond(200, views.status_for_members(api.desk.show(who.tenant_wide, group_id)))


@routes.get("/api/v1/group-payments")
def list_groups() -> Response[str]:
    parameters = routes.current_event.query_string_parameters or {}
    wanted = group_payments.groups_wanted(edge.principal(), edge.header("x-tenant-id"), parameters)
    return respond(200, views.page(api.desk.list(wanted.viewer, limit=wanted.limit, cursor=wanted.cursor)))


@routes.post("/api/v1/group-payments/<group_id>/cancel")
def cancel_group(group_id: str) -> Response[str]:
    return respond(200, views.cancelled(api.desk.cancel(edge.viewer(), group_id, edge.trace())))


def _asker(group_id: str) -> group_payments.GroupAsker:
    token = edge.header(group_payments.LINK_TOKEN)
    return group_payments.group_asker(edge.perhaps(), edge.header("x-tenant-id"), token, group_id, api.links)


def _pay(command: Contribute, return_url: str | None) -> Response[str]:
    """With how far the group is now, however often it is answered. Nothing was made that has an address: 200."""
    if return_url is not None:
        require_allowed({"returnUrl": return_url}, api.tenants.return_origins(command.tenant))
    edge.echo("Idempotency-Key", command.key)
    answer = api.contributing.pay(command)
    if answer.status >= 400:
        return idempotent_response(edge, answer)
    edge.count("IdempotentReplay" if answer.replayed else "GroupContribution")
    told = views.contributed(json.loads(answer.body), api.desk.get(command.tenant, command.group))
    return respond(200 if answer.status == 201 else answer.status, told, replayed(answer.replayed))
