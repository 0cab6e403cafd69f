"""Pricing items: which service may see and write which, what is asked, and what is shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from tollgate.catalog.errors import PricingItemNotFound
from tollgate.catalog.model import SHARED, Asked, Changes, Interval, ItemKey, PricingItem, key_of
from tollgate.catalog.ports import ItemsPage, Selection
from tollgate.catalog.rules import MOST_TRIAL_DAYS
from tollgate.fees.providers import Risk
from tollgate.kernel.clock import to_iso
from tollgate.kernel.currencies import MINOR_DIGITS
from tollgate.kernel.errors import FieldError, Forbidden, ValidationFailed
from tollgate.kernel.money import MAX_AMOUNT, Money
from tollgate.runtime.http.admin import name_of, sees_all
from tollgate.runtime.http.principal import TENANT_PATTERN, Service
from tollgate.runtime.http.queries import page_limit
from tollgate.runtime.http.schemas import PRINTABLE, Body, Code, CurrencyCode

Owner = Annotated[str, StringConstraints(pattern=rf"^(\*|{TENANT_PATTERN.pattern})$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PRINTABLE)]
Amount = Annotated[int, Field(ge=1, le=MAX_AMOUNT)]
TrialDays = Annotated[int, Field(ge=0, le=MOST_TRIAL_DAYS)]
# As providers call their prices: `price_…`, `P-…`, a package and a price point.
PriceReference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_:/.-]{0,254}$")]
References = Annotated[dict[Code, PriceReference], Field(max_length=8)]
LowOrHigh = Annotated[Risk, Field(strict=False)]

# Whoever bought the item would have bought something else.
_FIXED = {
    "code": "code",
    "currency": "currency",
    "interval": "interval",
    "product": "product",
    "consumerTenantId": "consumerTenantId",
    "consumer_tenant_id": "consumerTenantId",
}
_WORDS = {"true": True, "false": False}


class PricingItemBody(Body):
    """`POST /internal/payments/pricing-items`: `amount` minor units of `currency`, each `interval` where there is one.
    Without `consumerTenantId`, or with `*`, every tenant sells it.
    """

    consumer_tenant_id: Owner = SHARED
    code: Code
    name: Name
    amount: Amount
    currency: CurrencyCode
    product: Code | None = None
    interval: Annotated[Interval, Field(strict=False)] | None = None
    trial_days: TrialDays = 0
    risk: LowOrHigh = Risk.LOW
    active: bool = True
    references: References = Field(default_factory=dict)

    def item(self, tenant: str) -> PricingItem:
        """Raises `ValidationFailed` for a currency that there is not."""
        if self.currency not in MINOR_DIGITS:
            raise ValidationFailed([FieldError("currency", "an ISO 4217 code in capitals, such as USD")])
        return PricingItem(
            tenant=tenant,
            code=self.code,
            name=self.name,
            unit=Money(self.amount, self.currency),
            active=self.active,
            risk=self.risk,
            product=self.product or "",
            interval=self.interval,
            trial_days=self.trial_days,
            references=self.references,
        )


class PricingItemChangeBody(Body):
    """`PATCH /internal/payments/pricing-items/{id}`: what becomes different; `references` all at once. With `version`,
    the change is refused where that is not the last one.
    """

    name: Name | None = None
    amount: Amount | None = None
    active: bool | None = None
    risk: LowOrHigh | None = None
    trial_days: TrialDays | None = None
    references: References | None = None
    version: Annotated[int, Field(ge=0)] | None = None

    def changes(self) -> Changes:
        return Changes(self.name, self.amount, self.active, self.risk, self.trial_days, self.references)


@dataclass(frozen=True, slots=True)
class ItemsWanted:
    """A page of what a tenant can sell."""

    tenant: str
    selection: Selection
    limit: int
    cursor: str | None


def asked_by(service: Service, trace: str | None) -> Asked:
    """Whose change it is."""
    return Asked(name_of(service), trace)


def sellers(service: Service, tenant: str) -> str:
    """Whose item a service may make. Raises `Forbidden`."""
    if tenant == SHARED:
        _require_for_all(service)
        return SHARED
    return service.viewer(tenant).tenant


def seen_item(service: Service, id_: str) -> ItemKey:
    """An item that the service may ask about: a shared one, or one of a tenant that it acts for. Raises
    `PricingItemNotFound`.
    """
    key = key_of(id_)
    if key is None or not (key.tenant == SHARED or service.acts_for(key.tenant)):
        raise PricingItemNotFound
    return key


def own_item(service: Service, id_: str) -> ItemKey:
    """An item that the service may change. Raises `PricingItemNotFound`, and `Forbidden` for a shared one."""
    key = seen_item(service, id_)
    if key.tenant == SHARED:
        _require_for_all(service)
    return key


def changeable(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a change. Raises `ValidationFailed` for what never changes."""
    fixed = [_FIXED[name] for name in raw if name in _FIXED]
    if fixed:
        raise ValidationFailed([FieldError(name, "never changes: make an item of another code") for name in fixed])
    return dict(raw)


def items_wanted(service: Service, parameters: Mapping[str, str]) -> ItemsWanted:
    """`GET /internal/payments/pricing-items`. Raises `ValidationFailed` and `Forbidden`."""
    errors = _unknown(parameters, {"active", "product", "interval", "withdrawn"})
    selection = Selection(
        active=_flag("active", parameters, errors),
        product=parameters.get("product"),
        interval=_interval(parameters, errors),
        withdrawn=_flag("withdrawn", parameters, errors) or False,
    )
    return _wanted(service, parameters, selection, errors)


def public_items_wanted(service: Service, parameters: Mapping[str, str]) -> ItemsWanted:
    """`GET /internal/payments/public/pricing-items`: only what is on sale. Raises the same."""
    errors = _unknown(parameters, {"active", "product", "interval"})
    if parameters.get("active", "true") != "true":
        errors.append(FieldError("active", "true: what is not on sale is not shown to buyers"))
    selection = Selection(active=True, product=parameters.get("product"), interval=_interval(parameters, errors))
    return _wanted(service, parameters, selection, errors)


def page(found: ItemsPage) -> dict[str, Any]:
    """By code, the tenant's own before the shared ones."""
    return {"pricingItems": [pricing_item(each) for each in found.items], "nextCursor": found.cursor}


def public_page(found: ItemsPage) -> dict[str, Any]:
    """The same, for buyers' eyes."""
    return {"pricingItems": [_for_buyers(each) for each in found.items], "nextCursor": found.cursor}


def pricing_item(item: PricingItem) -> dict[str, Any]:
    """All of it. Those that were stored before changes were counted tell of no time."""
    return _for_buyers(item) | {
        "consumerTenantId": item.tenant,
        "risk": item.risk.value,
        "references": dict(item.references),
        "version": item.version,
        "createdAt": _instant(item.created_at),
        "updatedAt": _instant(item.updated_at),
        "withdrawnAt": _instant(item.withdrawn_at),
    }


def _for_buyers(item: PricingItem) -> dict[str, Any]:
    return {
        "id": item.id,
        "code": item.code,
        "product": item.product,
        "name": item.name,
        "amount": item.unit.amount,
        "currency": item.unit.currency,
        "interval": item.interval.value if item.interval else None,
        "trialDays": item.trial_days,
        "active": item.active,
    }


def _wanted(
    service: Service, parameters: Mapping[str, str], selection: Selection, errors: list[FieldError]
) -> ItemsWanted:
    tenant = parameters.get("consumerTenantId", parameters.get("consumer_tenant_id", SHARED))
    if tenant != SHARED and not TENANT_PATTERN.fullmatch(tenant):
        errors.append(FieldError("consumerTenantId", "a tenant's name, or * for what every tenant sells"))
    limit = page_limit(parameters.get("limit"), errors)
    if errors:
        raise ValidationFailed(errors)
    # What every tenant sells, every service may see.
    owner = SHARED if tenant == SHARED else service.viewer(tenant).tenant
    return ItemsWanted(owner, selection, limit, parameters.get("cursor"))


def _require_for_all(service: Service) -> None:
    if not sees_all(service):
        raise Forbidden("what every tenant sells is for services that act for all: name a consumerTenantId")


def _flag(name: str, parameters: Mapping[str, str], errors: list[FieldError]) -> bool | None:
    text = parameters.get(name)
    if text is not None and text not in _WORDS:
        errors.append(FieldError(name, "true or false"))
    return _WORDS.get(text) if text is not None else None


def _interval(parameters: Mapping[str, str], errors: list[FieldError]) -> Interval | None:
    text = parameters.get("interval")
    if text is not None and text not in list(Interval):
        errors.append(FieldError("interval", " or ".join(Interval)))
        return None
    return Interval(text) if text is not None else None


def _unknown(parameters: Mapping[str, str], known: Collection[str]) -> list[FieldError]:
    paging = {"limit", "cursor", "consumerTenantId", "consumer_tenant_id"}
    return [FieldError(name, "unknown parameter") for name in sorted(set(parameters) - paging - set(known))]


def _instant(at: datetime | None) -> str | None:
    return None if at is None else to_iso(at)
