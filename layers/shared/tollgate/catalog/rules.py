"""What a pricing item must be, whoever makes it."""

from __future__ import annotations

from collections.abc import Iterator

from tollgate.catalog.model import CODE, PricingItem
from tollgate.fees.providers import PRICE_LISTS
from tollgate.kernel.currencies import MINOR_DIGITS
from tollgate.kernel.errors import FieldError, ValidationFailed

# Whole units of any currency: past every plan, and a hundred thousand dollars even of the smallest one.
MOST_UNITS = 10**9
MOST_TRIAL_DAYS = 730
# Whoever has a price list can be asked for money; what gift cards and credit cover, nobody is.
PROVIDERS = frozenset(PRICE_LISTS) - {"balance"}


def require_sound(item: PricingItem) -> None:
    """Raises `ValidationFailed`, which names each field of a request that is wrong."""
    if errors := list(_problems(item)):
        raise ValidationFailed(errors)


def require_same_kind(stored: PricingItem, wanted: PricingItem) -> None:
    """Raises `ValidationFailed` where something differs that stays as it was made."""
    pairs = {
        "currency": (stored.unit.currency, wanted.unit.currency),
        "interval": (stored.interval, wanted.interval),
        "product": (stored.product, wanted.product),
    }
    errors = [
        FieldError(field, f"{stored.code} has {before or 'none'}, which never changes: make an item of another code")
        for field, (before, after) in pairs.items()
        if before != after
    ]
    if errors:
        raise ValidationFailed(errors)


def require_references_of_this_price(before: PricingItem, after: PricingItem) -> None:
    """Raises `ValidationFailed` where the price differs and a provider's id of it does not: the provider would charge
    what it was.
    """
    if before.unit == after.unit:
        return
    kept = [name for name, id_ in sorted(after.references.items()) if before.references.get(name) == id_]
    if kept:
        text = "is the id of the price that it had: say the new one's, or leave it out of `references`"
        raise ValidationFailed([FieldError(f"references.{name}", text) for name in kept])


def _problems(item: PricingItem) -> Iterator[FieldError]:
    for field, text in (("code", item.code), ("product", item.product)):
        if not CODE.fullmatch(text):
            yield FieldError(field, "1 to 64 letters, digits and _ . : -, the first a letter or a digit")
    digits = MINOR_DIGITS[item.unit.currency]
    if not 1 <= item.unit.amount <= MOST_UNITS * 10**digits:
        smaller = f"{digits} digits after the point" if digits else "no smaller unit"
        most = MOST_UNITS * 10**digits
        yield FieldError("amount", f"from 1 to {most} minor units of {item.unit.currency}, which has {smaller}")
    if not 0 <= item.trial_days <= MOST_TRIAL_DAYS:
        yield FieldError("trialDays", f"from 0 to {MOST_TRIAL_DAYS}")
    elif item.trial_days and item.interval is None:
        yield FieldError("trialDays", "only what has an interval is tried first")
    for provider in sorted(set(item.references) - PROVIDERS):
        yield FieldError(f"references.{provider}", f"no such provider; there are {', '.join(sorted(PROVIDERS))}")
