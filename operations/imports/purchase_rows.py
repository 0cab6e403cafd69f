"""A purchase as a row says it."""

from __future__ import annotations

from datetime import datetime

from operations.imports import shapes
from operations.imports.common import Common
from operations.imports.fields import Fields
from operations.imports.records import LegacyPurchase
from operations.imports.shapes import References

OWN = frozenset({"item", "name", "paid_at", "provider_payment", "refunded_amount", "refunded_at", "provider_refund"})
_OF_A_REFUND = ("refunded_amount", "refunded_at", "provider_refund")


def read(fields: Fields, common: Common) -> LegacyPurchase:
    """Raises `RowRefused`, which names each wrong field."""
    names, amount, paid_at = shapes.references_of(common.provider), fields.money(), fields.instant("paid_at")
    fields.no_card("name")
    if not fields.has("item") and not fields.has("name"):
        fields.wrong("item", "missing: the code of what was bought, or its name")
    refunded, reference, at = _refund(fields, names, amount.amount, paid_at)
    record = LegacyPurchase(
        **common.said(),
        amount=amount,
        item=fields.maybe_text("item", shapes.PRICING_ITEM),
        name=fields.maybe_text("name", shapes.NAME),
        reference=fields.text("provider_payment", names.payment),
        paid_at=paid_at,
        refunded=refunded,
        refund_reference=reference,
        refunded_at=at,
    )
    fields.settle()
    return record


def _refund(
    fields: Fields, names: References, amount: int, paid_at: datetime
) -> tuple[int | None, str | None, datetime | None]:
    """All of it, or nothing: a refund without its reference could come again as another."""
    if not any(map(fields.has, _OF_A_REFUND)):
        return None, None, None
    refunded, at = fields.amount("refunded_amount"), fields.instant("refunded_at")
    if 0 < amount < refunded:
        fields.wrong("refunded_amount", "more than was paid")
    if at < paid_at:
        fields.wrong("refunded_at", "before paid_at")
    return refunded, fields.text("provider_refund", names.refund), at
