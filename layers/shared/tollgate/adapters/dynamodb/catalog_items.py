"""Pricing item ↔ item."""

from __future__ import annotations

import json

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.items import Item
from tollgate.adapters.dynamodb.store import Raw
from tollgate.catalog.model import Interval, PricingItem
from tollgate.fees.providers import Risk
from tollgate.kernel.clock import from_iso, to_iso
from tollgate.kernel.money import Money


class PricingItemItem(Item):
    """A pricing item; `amount` is minor units, `references` a JSON object. What may be absent is then what a plain item
    has: a product of its own code, no interval, no trial, low risk. Without `version` it was stored before there were
    any.
    """

    tenant = UnicodeAttribute()
    code = UnicodeAttribute()
    name = UnicodeAttribute()
    amount = NumberAttribute()
    currency = UnicodeAttribute()
    active = BooleanAttribute()
    risk = UnicodeAttribute(null=True)
    product = UnicodeAttribute(null=True)
    interval = UnicodeAttribute(null=True)
    trial_days = NumberAttribute(null=True)
    references = UnicodeAttribute(null=True)
    version = NumberAttribute(null=True)
    created_at = UnicodeAttribute(null=True)
    updated_at = UnicodeAttribute(null=True)
    withdrawn_at = UnicodeAttribute(null=True)


def to_item(item: PricingItem) -> PricingItemItem:
    """The stored form of a pricing item."""
    pk, sk = keys.pricing_item(item.tenant, item.code)
    references = json.dumps(dict(sorted(item.references.items())), separators=(",", ":"))
    return PricingItemItem(
        pk=pk,
        sk=sk,
        kind="pricing_item",
        tenant=item.tenant,
        code=item.code,
        name=item.name,
        amount=item.unit.amount,
        currency=item.unit.currency,
        active=item.active,
        risk=item.risk.value if item.risk is not Risk.LOW else None,
        product=item.product if item.product != item.code else None,
        interval=item.interval.value if item.interval else None,
        trial_days=item.trial_days or None,
        references=references if item.references else None,
        version=item.version or None,
        created_at=to_iso(item.created_at) if item.created_at else None,
        updated_at=to_iso(item.updated_at) if item.updated_at else None,
        withdrawn_at=to_iso(item.withdrawn_at) if item.withdrawn_at else None,
    )


def from_item(raw: Raw) -> PricingItem:
    """The pricing item of a stored one, as DynamoDB returns it."""
    text = {name: value["S"] for name, value in raw.items() if "S" in value}
    number = {name: int(value["N"]) for name, value in raw.items() if "N" in value}
    at = {name: from_iso(text[name]) for name in ("created_at", "updated_at", "withdrawn_at") if name in text}
    return PricingItem(
        tenant=text["tenant"],
        code=text["code"],
        name=text["name"],
        unit=Money(number["amount"], text["currency"]),
        active=bool(raw["active"]["BOOL"]),
        risk=Risk(text.get("risk", Risk.LOW)),
        product=text.get("product", ""),
        interval=Interval(text["interval"]) if "interval" in text else None,
        trial_days=number.get("trial_days", 0),
        references=json.loads(text.get("references", "{}")),
        version=number.get("version", 0),
        created_at=at.get("created_at"),
        updated_at=at.get("updated_at"),
        withdrawn_at=at.get("withdrawn_at"),
    )
