"""The HTTP API as an OpenAPI 3.1 document."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

import tollgate
from contract.http import (
    admin,
    catalog,
    charges,
    deliveries,
    escrows,
    gift_cards,
    groups,
    health,
    internal,
    ledger,
    marketplace,
    payments,
    reconciliation,
    records,
    routing,
    subscriptions,
    venues,
    webhooks,
)
from contract.operations import Key, Operation, Parameter, Who
from contract.refusals import Error, Throttled
from contract.responses import responses, shared_headers, shared_responses
from contract.security import SCHEMES, SECURITY
from contract.shapes import DIALECT, schemas
from tollgate.runtime.http.errors import JSON
from tollgate.runtime.http.principal import TENANT_PATTERN

OPERATIONS: tuple[Operation, ...] = (
    *payments.OPERATIONS,
    *charges.OPERATIONS,
    *internal.OPERATIONS,
    *catalog.OPERATIONS,
    *deliveries.OPERATIONS,
    *venues.OPERATIONS,
    *gift_cards.OPERATIONS,
    *groups.OPERATIONS,
    *marketplace.OPERATIONS,
    *escrows.OPERATIONS,
    *subscriptions.OPERATIONS,
    *records.OPERATIONS,
    *admin.OPERATIONS,
    *reconciliation.OPERATIONS,
    *ledger.OPERATIONS,
    *routing.OPERATIONS,
    *health.OPERATIONS,
    *webhooks.OPERATIONS,
)

_API = {
    "url": "https://{api}.execute-api.{region}.amazonaws.com",
    "description": "The stack's output HttpApiUrl.",
    "variables": {"api": {"default": "api"}, "region": {"default": "eu-west-1"}},
}
_WEBHOOKS = {
    "url": "https://{function}.lambda-url.{region}.on.aws",
    "description": "The stack's output WebhookUrl.",
    "variables": {"function": {"default": "webhooks"}, "region": {"default": "eu-west-1"}},
}
_DESCRIPTION = """\
Amounts are whole minor units of their currency. Times are ISO 8601 in UTC. Requests and answers are JSON. A field of a
request that is not listed here is refused; answers may gain fields.

People send a JSON web token. Services sign each request, or send the platform's token, and say in `x-tenant-id` for
which tenant they ask. What belongs to another tenant, or to another user, does not exist: 404.

`Idempotency-Key` is a UUID of version 4, the same for every try of one request. The first final answer is kept (24
hours, a refusal for one), and answered again with `Idempotency-Replayed: true`.
"""
# Where only services ask.
_REQUIRED = "NamedTenant"
_TENANTS = {
    "Tenant": ("For which tenant a service asks. People need not send it.", TENANT_PATTERN.pattern),
    "TenantOrNone": (
        "For which tenant a service asks, or `*` for what belongs to none. People need not send it.",
        rf"(\*|{TENANT_PATTERN.pattern})",
    ),
    _REQUIRED: (
        "For which tenant the service asks, or `*` for what belongs to none.",
        rf"(\*|{TENANT_PATTERN.pattern})",
    ),
    "TenantOfCard": (
        "Whose gift card it is. Required of services, and of who does not sign in.",
        TENANT_PATTERN.pattern,
    ),
}
_UUID4 = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$"
_KEY_WORDS = {
    Key.HEADER: "The same for every try of this request.",
    Key.HEADER_OR_BODY: "The same for every try of this request. Required here or in the body.",
    Key.MADE: "The same for every try of this request. One is made where none comes.",
}


def document() -> dict[str, Any]:
    """All of it, in an order that stays."""
    paths: dict[str, dict[str, Any]] = {}
    for each in OPERATIONS:
        entry = paths.setdefault(each.address, {"servers": [_WEBHOOKS]} if each.who is Who.PROVIDERS else {})
        entry[each.method.lower()] = _operation(each)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": DIALECT,
        "info": {"title": "Tollgate", "version": tollgate.__version__, "description": _DESCRIPTION},
        "servers": [_API],
        "tags": [{"name": name} for name in dict.fromkeys(each.tag for each in OPERATIONS)],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(_schemas().items())),
            "parameters": {name: _tenant(name, *told) for name, told in _TENANTS.items()},
            "responses": shared_responses(OPERATIONS),
            "headers": shared_headers(),
            "securitySchemes": SCHEMES,
        },
    }


def _operation(each: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {"operationId": each.name, "tags": [each.tag], "summary": each.summary}
    if each.description:
        told["description"] = each.description
    if parameters := _parameters(each):
        told["parameters"] = parameters
    if each.body:
        told["requestBody"] = {"required": not each.body_may_be_absent, "content": {JSON: {"schema": _body(each)}}}
    if each.who is Who.PROVIDERS and each.method != "GET":
        sent = {"schema": {"type": "object"}}
        told["requestBody"] = {"required": True, "content": {JSON: sent, "application/x-www-form-urlencoded": sent}}
    return told | {"responses": responses(each), "security": SECURITY[each.who]}


def _body(each: Operation) -> dict[str, Any]:
    model = {"$ref": f"#/components/schemas/{each.body.__name__}"} if each.body else {}
    return {"allOf": [model, dict(each.needs)]} if each.needs else model


def _parameters(each: Operation) -> list[dict[str, Any]]:
    found = [_parameter(one, "path") for one in each.path] + [_parameter(one, "query") for one in each.query]
    if each.who in (Who.ANYBODY, Who.KNOWN, Who.LINKED) or each.names_tenant:
        found.append({"$ref": f"#/components/parameters/{_tenant_named(each)}"})
    if each.key is not Key.NONE:
        found.append(_key(each.key))
    return found


def _parameter(one: Parameter, place: str) -> dict[str, Any]:
    told: dict[str, Any] = {"name": one.name, "in": place, "description": one.description, "schema": dict(one.schema)}
    if place == "path":
        told["required"] = True
    return told | ({"style": "form", "explode": False} if one.comma_separated else {})


def _tenant_named(each: Operation) -> str:
    if each.names_tenant:
        return _REQUIRED
    if each.who is Who.ANYBODY:
        return "TenantOfCard"
    return "TenantOrNone" if each.beyond_tenants else "Tenant"


def _tenant(name: str, description: str, pattern: str) -> dict[str, Any]:
    schema = {"type": "string", "pattern": f"^{pattern}$"}
    told = {"name": "x-tenant-id", "in": "header", "description": description, "schema": schema}
    return told | ({"required": True} if name == _REQUIRED else {})


def _key(key: Key) -> dict[str, Any]:
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "required": key is Key.HEADER,
        "description": _KEY_WORDS[key],
        "schema": {"type": "string", "format": "uuid", "pattern": _UUID4},
    }


def _schemas() -> dict[str, Any]:
    models: list[type[BaseModel]] = [each.body for each in OPERATIONS if each.body]
    models += [model for each in OPERATIONS for model in each.answers.values()]
    return schemas(list(dict.fromkeys([*models, Error, Throttled])), "#/components/schemas/{model}")
