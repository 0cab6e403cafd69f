"""What the fields of a record look like. Providers' references are held to the shape that the provider gives them, as
far as that is known: what is mixed up is found before anything is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from operations.imports.fields import Shape, printable
from tollgate.catalog.model import CODE
from tollgate.runtime.http.principal import TENANT_PATTERN

TENANT = Shape(TENANT_PATTERN, "1 to 64 letters, digits and _ . : -, the first a letter or a digit")
PRICING_ITEM = Shape(CODE, TENANT.said)
LEGACY_ID = Shape.of("[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}", "1 to 128 letters, digits and _ . : -")
USER, NAME = printable(128), printable(200)
# As an address must be that mails are sent to.
EMAIL = Shape.of(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[^@\s]{1,190}", "an e-mail address")
_REFERENCE = Shape.of("[A-Za-z0-9][A-Za-z0-9_:/.=-]{0,254}", "the provider's own id, 1 to 255 characters")
_SOURCE = Shape.of("[A-Za-z0-9][A-Za-z0-9_:/.-]{0,254}", "a method that is saved at the provider")


@dataclass(frozen=True, slots=True)
class References:
    """How a provider calls things."""

    payment: Shape = _REFERENCE
    refund: Shape = _REFERENCE
    subscription: Shape = _REFERENCE
    customer: Shape = _REFERENCE
    invoice: Shape = _REFERENCE
    source: Shape = _SOURCE


def _begins(*beginnings: str) -> Shape:
    said = " or ".join(f"{each}_…" for each in beginnings)
    return Shape.of(f"(?:{'|'.join(beginnings)})_[A-Za-z0-9_]{{1,250}}", f"Stripe's id, {said}")


_BY_PROVIDER: Mapping[str, References] = {
    # Refunds and disputes name the intent, and no refund of ours could be asked for by anything else.
    "stripe": References(
        payment=_begins("pi"),
        refund=_begins("re", "pyr"),
        subscription=_begins("sub"),
        customer=_begins("cus"),
        invoice=_begins("in"),
        source=Shape.of(
            "cus_[A-Za-z0-9_]{1,120}/(?:pm|card|src)_[A-Za-z0-9_]{1,120}", "a customer's saved method, cus_…/pm_…"
        ),
    ),
    "square": References(
        source=Shape.of("[A-Za-z0-9_-]{1,120}/ccof:[A-Za-z0-9_-]{1,120}", "a customer's saved card, <customer>/ccof:…")
    ),
}


def references_of(provider: str) -> References:
    """By default nothing is known but that they are ids."""
    return _BY_PROVIDER.get(provider, References())
