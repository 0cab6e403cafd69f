"""What a payment is made of: what is bought, the page on which it is paid, and the money that came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tollgate.kernel.ids import derived
from tollgate.kernel.money import Money

# The `route` of a payment for which its provider had nothing to be asked: it charges a subscription by itself.
RECURRING = "recurring"


@dataclass(frozen=True, slots=True)
class LineItem:
    """What is bought: a pricing item by its code, at the price it had when the payment was made."""

    code: str
    name: str
    quantity: int
    unit: Money

    @property
    def total(self) -> Money:
        return self.unit * self.quantity


@dataclass(frozen=True, slots=True)
class Session:
    """The provider's hosted checkout for this payment. Its address is known to whoever opened it, or asked for it while
    it can be paid. `link` is what the provider takes it down by, where that is not the reference.
    """

    reference: str
    url: str | None
    expires_at: datetime
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Capture:
    """Money the provider took, by the provider's own reference."""

    reference: str
    amount: Money
    at: datetime


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` until `end`, which is not in it."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Billing:
    """Which subscription of ours a payment is for. What the provider calls it, the invoice, and who pays, is known once
    that is paid. `source` is what can be charged again, where we are who does it.
    """

    subscription: str
    invoice: str | None = None
    period: Period | None = None
    reference: str | None = None
    customer: str | None = None
    source: str | None = None


def billed_payment(tenant: str, subscription: str, invoice: str) -> str:
    """The id of the payment that a provider's invoice becomes."""
    return derived("pay", tenant, subscription, invoice)
