"""What a basket costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tollgate.catalog.ports import CatalogRepository
from tollgate.fees.providers import Risk
from tollgate.kernel.errors import FieldError, ValidationFailed
from tollgate.kernel.money import InvalidAmount, Money, total
from tollgate.payments.model import LineItem


@dataclass(frozen=True, slots=True)
class BasketItem:
    """How many of what, as the buyer asks."""

    code: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Quote:
    """The basket with today's prices, as risky as its riskiest item."""

    lines: tuple[LineItem, ...]
    total: Money
    risk: Risk = Risk.LOW


class AmountMismatch(ValidationFailed):
    """The buyer was shown another total than the catalog gives; nothing is charged."""

    code = "AMOUNT_MISMATCH"

    def __init__(self, expected: object, actual: Money, field: str) -> None:
        super().__init__(
            [FieldError(field, f"expected {expected}, the items cost {actual}")], "The amount does not match the items"
        )


def quote(catalog: CatalogRepository, tenant: str, basket: Sequence[BasketItem]) -> Quote:
    """Price a basket; `ValidationFailed` names each item that has no price, is not sold now or not once, or is in
    another currency.
    """
    found = [catalog.find(tenant, item.code) for item in basket]
    errors: list[FieldError] = [] if basket else [FieldError("items", "there are none")]
    lines: list[LineItem] = []
    for index, (asked, item) in enumerate(zip(basket, found, strict=True)):
        if item is None:
            errors.append(FieldError(f"items.{index}.code", f"unknown pricing item {asked.code!r}"))
        elif not item.active:
            errors.append(FieldError(f"items.{index}.code", f"pricing item {asked.code!r} is not on sale"))
        elif item.interval is not None:
            told = f"pricing item {asked.code!r} is paid for each {item.interval}: it is not sold once"
            errors.append(FieldError(f"items.{index}.code", told))
        elif lines and item.unit.currency != lines[0].unit.currency:
            errors.append(FieldError(f"items.{index}.code", f"{asked.code!r} is not sold in {lines[0].unit.currency}"))
        else:
            lines.append(LineItem(item.code, item.name, asked.quantity, item.unit))
    if errors:
        raise ValidationFailed(errors)
    risky = any(item is not None and item.risk is Risk.HIGH for item in found)
    return Quote(tuple(lines), _total(lines), Risk.HIGH if risky else Risk.LOW)


def _total(lines: Sequence[LineItem]) -> Money:
    try:
        amount = total((line.total for line in lines), lines[0].unit.currency)
    except InvalidAmount as error:
        raise ValidationFailed([FieldError("items", "the total is too large")]) from error
    if amount.amount <= 0:
        raise ValidationFailed([FieldError("items", "there is nothing to pay for these items")])
    return amount


def require(quoted: Quote, *, amount: int | None, currency: str | None) -> None:
    """Hold the caller's own figures, where it sent any, against the quote."""
    if currency is not None and currency != quoted.total.currency:
        raise AmountMismatch(currency, quoted.total, "currency")
    if amount is not None and amount != quoted.total.amount:
        raise AmountMismatch(amount, quoted.total, "amount")
