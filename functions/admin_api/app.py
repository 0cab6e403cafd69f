"""The admin API: a tenant's payments, what failed, a new try for it, the figures of the last day, what the
reconciler found, the ledger, and how sales are routed.
"""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response

from tollgate.runtime.composition.admin_api import compose
from tollgate.runtime.http import admin_queries, ledger, reconciliation, routing, views
from tollgate.runtime.http.admin import administrator, name_of, scope, sees_all
from tollgate.runtime.http.commands import retry_command
from tollgate.runtime.http.edge import Edge
from tollgate.runtime.http.errors import respond
from tollgate.runtime.http.idempotency import idempotent_response
from tollgate.runtime.http.routing import RulesBody, SimulateBody
from tollgate.runtime.http.schemas import RetryBody, parse
from tollgate.runtime.http.urls import require_allowed
from tollgate.runtime.observability import make_logger, make_metrics
from tollgate.runtime.settings import Settings

api = compose(Settings.from_environment())
edge = Edge(api.clock, make_logger(), make_metrics(), api.authenticator)
routes = edge.routes
handler = edge.handle


@routes.get("/admin/transactions")
def list_transactions() -> Response[str]:
    viewer = administrator(edge.principal(), edge.header("x-tenant-id"))
    asked = admin_queries.transactions(routes.current_event.query_string_parameters or {}, viewer, api.clock.now())
    return respond(200, views.page(asked.page(api.payments)))


@routes.get("/admin/failed-payments")
def list_failed_payments() -> Response[str]:
    viewer = administrator(edge.principal(), edge.header("x-tenant-id"))
    asked = admin_queries.failed_payments(routes.current_event.query_string_parameters or {}, viewer, api.clock.now())
    return respond(200, views.page(asked.page(api.payments)))


@routes.post("/admin/retry-payment/<payment_id>")
def retry_payment(payment_id: str) -> Response[str]:
    principal = edge.principal()
    viewer = administrator(principal, edge.header("x-tenant-id"))
    raw = edge.body() if routes.current_event.body else {}
    body = parse(RetryBody, raw)
    command = retry_command(principal, viewer, payment_id, raw, body, edge.header("idempotency-key"), edge.trace())
    urls = {field: url for field, url in (("successUrl", body.success_url), ("cancelUrl", body.cancel_url)) if url}
    require_allowed(urls, api.tenants.return_origins(viewer.tenant))
    edge.echo("Idempotency-Key", command.key)
    answer = api.retrying.retry(command)
    charged = answer.status == 200 and not answer.replayed
    return respond(200, answer.body) if charged else idempotent_response(edge, answer)


@routes.get("/admin/stats")
def show_statistics() -> Response[str]:
    viewer = administrator(edge.principal(), edge.header("x-tenant-id"))
    currency = admin_queries.currency(routes.current_event.query_string_parameters or {})
    day, months = api.statistics.last_day(viewer.tenant), api.statistics.months(viewer.tenant)
    return respond(200, views.statistics(day, months, currency, api.clock.now()))


@routes.get("/admin/reconciliation")
def show_reconciliation() -> Response[str]:
    principal = edge.principal()
    tenant = scope(principal, edge.header("x-tenant-id"))
    query = reconciliation.findings_query(routes.current_event.query_string_parameters or {})
    found = api.reconciliation.findings(tenant, open_only=query.open_only, limit=query.limit, cursor=query.cursor)
    runs = api.reconciliation.last_runs(reconciliation.RUNS_SHOWN)
    return respond(200, reconciliation.overview(found, runs, counts=sees_all(principal)))


@routes.post("/admin/reconciliation/run")
def run_reconciliation() -> Response[str]:
    scope(edge.principal(), edge.header("x-tenant-id"))
    run_id = api.ids.new("run")
    api.reconciler.start({"run_id": run_id})
    return respond(202, {"run": run_id, "status": "started"})


@routes.post("/admin/reconciliation/<finding_id>/settle")
def settle_finding(finding_id: str) -> Response[str]:
    principal = edge.principal()
    tenant = scope(principal, edge.header("x-tenant-id"))
    settled = api.reconciliation.settle(tenant, finding_id, name_of(principal))
    return respond(200, reconciliation.finding(settled))


@routes.get("/admin/ledger/trial-balance")
def show_trial_balance() -> Response[str]:
    viewer = administrator(edge.principal(), edge.header("x-tenant-id"))
    currency = ledger.trial_balance_currency(routes.current_event.query_string_parameters or {})
    return respond(200, ledger.trial_balance(api.ledger.trial_balance(viewer.tenant, currency)))


@routes.get("/admin/ledger/accounts/<account>/entries")
def list_account_entries(account: str) -> Response[str]:
    viewer = administrator(edge.principal(), edge.header("x-tenant-id"))
    parameters = routes.current_event.query_string_parameters or {}
    wanted = ledger.entries_wanted(account, parameters, viewer, api.clock.now())
    return respond(200, ledger.entries(wanted.account, api.ledger.entries(wanted)))


@routes.get("/admin/routing/health")
def show_routing_health() -> Response[str]:
    tenant = scope(edge.principal(), edge.header("x-tenant-id"))
    return respond(200, routing.health(api.routing.health(tenant)))


@routes.post("/admin/routing/simulate")
def simulate_routing() -> Response[str]:
    tenant = scope(edge.principal(), edge.header("x-tenant-id"))
    sale, due = parse(SimulateBody, edge.body()).sale(tenant)
    return respond(200, routing.simulation(api.routing.simulate(sale, due)))


@routes.get("/admin/routing/rules")
def show_routing_rules() -> Response[str]:
    tenant = scope(edge.principal(), edge.header("x-tenant-id"))
    return respond(200, routing.rules(tenant, api.routing.rules(tenant)))


@routes.put("/admin/routing/rules")
def write_routing_rules() -> Response[str]:
    principal = edge.principal()
    tenant = scope(principal, edge.header("x-tenant-id"))
    body = parse(RulesBody, edge.body())
    return respond(200, routing.rules(tenant, api.routing.write(tenant, body.rules(), name_of(principal))))
