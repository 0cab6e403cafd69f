"""Subscriptions: who asks, and what."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from tollgate.checkout.charge_ports import ChargeRequest
from tollgate.checkout.ports import CheckoutRequest
from tollgate.kernel.access import Viewer
from tollgate.kernel.errors import FieldError, ValidationFailed
from tollgate.kernel.idempotency import parse_key
from tollgate.runtime.http.commands import caller_of, one_key, owner_of, without_key
from tollgate.runtime.http.principal import Principal, Service
from tollgate.runtime.http.queries import ListQuery, list_query, page_limit
from tollgate.runtime.http.schemas import Body, Code, Mailbox, Reference, Source, Url
from tollgate.runtime.http.sources import require_own_source
from tollgate.subscriptions.desk import ChangePlan
from tollgate.subscriptions.ordering import OrderSubscription

_LONGEST_USER = 128
User = Annotated[str, StringConstraints(min_length=1, max_length=_LONGEST_USER)]


class OrderBody(Body):
    """`POST /subscriptions`: a plan by its code, paid on a page that leads back to these addresses; or with a method
    that is saved at a provider, which we charge at once and for each period. Mails about it go to `customerEmail`.
    """

    pricing_item_code: Code
    success_url: Url | None = None
    cancel_url: Url | None = None
    sources: Annotated[dict[Code, Source], Field(min_length=1, max_length=1)] | None = None
    customer_email: Mailbox | None = None
    method: Code = "card"
    provider: Code | None = None
    user_id: User | None = None
    reference: Reference | None = None
    idempotency_key: str | None = None


class ChangeBody(Body):
    """`PUT /subscriptions/{id}` and its preview: another plan of the same product. `at` is the time a preview was
    reckoned for, so that it costs what was shown.
    """

    pricing_item_code: Code
    subscription_id: Code | None = None
    at: Annotated[datetime, Field(strict=False)] | None = None


class CancelBody(Body):
    """`POST /subscriptions/{id}/cancel`."""

    when: Literal["period_end", "now"] = "period_end"


class CardBody(Body):
    """`POST /subscriptions/{id}/card`: where the page for another card leads back; or another saved method, of one that
    we charge.
    """

    success_url: Url | None = None
    cancel_url: Url | None = None
    sources: Annotated[dict[Code, Source], Field(min_length=1, max_length=1)] | None = None


@dataclass(frozen=True, slots=True)
class PageWanted:
    """A page of a list."""

    limit: int
    cursor: str | None


@dataclass(frozen=True, slots=True)
class RecordsWanted:
    """A page of what a service asks for."""

    viewer: Viewer
    limit: int
    cursor: str | None


@dataclass(frozen=True, slots=True)
class PurchasesWanted:
    """The same of a stretch of time."""

    viewer: Viewer
    since: datetime
    until: datetime
    limit: int
    cursor: str | None


@dataclass(frozen=True, slots=True)
class PlanStatusWanted:
    """Whose plans: a tenant's, or a user's there."""

    viewer: Viewer


def order_command(
    principal: Principal,
    viewer: Viewer,
    raw: dict[str, Any],
    body: OrderBody,
    header_key: str | None,
    trace: str | None,
) -> OrderSubscription:
    """What `POST /subscriptions` asks for. Without a key one is made. Raises `SavedMethodForbidden`."""
    require_own_source(principal, body.sources or {})
    return OrderSubscription(
        tenant=viewer.tenant,
        owner=owner_of(principal, body.user_id),
        key=parse_key(one_key(header_key, body.idempotency_key) or str(uuid.uuid4())),
        body=without_key(raw),
        plan=body.pricing_item_code,
        request=_request(body),
        method=body.method,
        provider=body.provider,
        consumer=principal.name if isinstance(principal, Service) else None,
        client_reference=body.reference,
        caller=caller_of(principal),
        trace=trace,
    )


def page_urls(body: OrderBody | CardBody) -> tuple[str, str]:
    """Where a page leads back. Raises `ValidationFailed` unless both are there, or a method instead."""
    named = {"successUrl": body.success_url, "cancelUrl": body.cancel_url}
    missing = [FieldError(name, "where the page leads back") for name, url in named.items() if url is None]
    if missing or body.success_url is None or body.cancel_url is None:
        raise ValidationFailed(missing)
    return body.success_url, body.cancel_url


def given_urls(body: OrderBody | CardBody) -> dict[str, str]:
    """Those that are named."""
    named = {"successUrl": body.success_url, "cancelUrl": body.cancel_url}
    return {name: url for name, url in named.items() if url is not None}


def _request(body: OrderBody) -> CheckoutRequest | ChargeRequest:
    if body.sources is None:
        return CheckoutRequest(*page_urls(body), body.customer_email)
    return ChargeRequest(body.sources, body.success_url, customer_email=body.customer_email, kept=True)


def change_command(viewer: Viewer, subscription_id: str | None, body: ChangeBody) -> ChangePlan:
    """Which subscription is named by the path, or by the body."""
    named = {each for each in (subscription_id, body.subscription_id) if each}
    if len(named) != 1:
        raise ValidationFailed([FieldError("subscriptionId", "name one subscription, in the path or here")])
    if body.at is not None and body.at.tzinfo is None:
        raise ValidationFailed([FieldError("at", "an ISO 8601 time with an offset, such as 2026-01-31T00:00:00Z")])
    return ChangePlan(viewer, named.pop(), body.pricing_item_code, body.at)


def page_wanted(parameters: Mapping[str, str], *, also: Collection[str] = ()) -> PageWanted:
    """`limit` and `cursor`, and what the caller reads."""
    errors = [FieldError(name, "unknown parameter") for name in sorted(set(parameters) - {"limit", "cursor", *also})]
    limit = page_limit(parameters.get("limit"), errors)
    if errors:
        raise ValidationFailed(errors)
    return PageWanted(limit, parameters.get("cursor"))


def records_wanted(service: Service, parameters: Mapping[str, str]) -> RecordsWanted:
    """`GET /internal/payments/subscriptions`: a tenant's, or a user's there."""
    page = page_wanted(parameters, also={"consumerTenantId", "userId"})
    return RecordsWanted(_viewer(service, parameters), page.limit, page.cursor)


def purchases_wanted(service: Service, parameters: Mapping[str, str], now: datetime) -> PurchasesWanted:
    """`GET /internal/payments/purchases`, in a stretch of time."""
    viewer = _viewer(service, parameters)
    asked: ListQuery = list_query(parameters, viewer, now, also={"consumerTenantId", "userId"})
    return PurchasesWanted(viewer, asked.since, asked.until, asked.limit, asked.cursor)


def plan_status_wanted(service: Service, tenant: str, parameters: Mapping[str, str]) -> PlanStatusWanted:
    """`GET /internal/payments/tenants/{consumerTenantId}/plan-status`, of a user with `userId`."""
    unknown = [FieldError(name, "unknown parameter") for name in sorted(set(parameters) - {"userId"})]
    if unknown:
        raise ValidationFailed(unknown)
    return PlanStatusWanted(_viewer(service, {**parameters, "consumerTenantId": tenant}))


def _viewer(service: Service, parameters: Mapping[str, str]) -> Viewer:
    tenant, user = parameters.get("consumerTenantId"), parameters.get("userId")
    if not tenant:
        raise ValidationFailed([FieldError("consumerTenantId", "say whose")])
    if user is not None and not 1 <= len(user) <= _LONGEST_USER:
        raise ValidationFailed([FieldError("userId", f"1 to {_LONGEST_USER} characters")])
    return Viewer(service.viewer(tenant).tenant, user)
