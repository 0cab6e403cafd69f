"""What somebody wants to pay, or to have paid again, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tollgate.checkout.charge_ports import ChargeRequest
from tollgate.checkout.quote import BasketItem
from tollgate.checkout.tendering import TenderWish
from tollgate.checkout.ways import Request
from tollgate.fees.providers import Risk
from tollgate.kernel.ids import derived
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.deposits import Deposit
from tollgate.payments.model import LineItem, Payment
from tollgate.payments.values import Billing


@dataclass(frozen=True, slots=True)
class CreateCheckout:
    """A wish to pay. `body` is the request as it came: it tells the same wish from another under one key."""

    tenant: str
    owner: str
    operation: str
    key: str
    body: Mapping[str, object]
    basket: tuple[BasketItem, ...]
    method: str
    request: Request
    provider: str | None = None
    amount: int | None = None
    currency: str | None = None
    consumer: str | None = None
    client_reference: str | None = None
    trace: str | None = None
    # Who sells; nobody where the sale is the tenant's own.
    seller: str | None = None
    # Whoever asks, where that is not the buyer.
    caller: str | None = None
    # The ended payment, as it was read, in whose place another is wanted.
    retried: Payment | None = None
    # What is paid with beside the provider, in this order; and where wrong codes are counted.
    tenders: tuple[TenderWish, ...] = ()
    doors: tuple[str, ...] = ()
    # What is bought, where that stands in no catalog; the gift card that it is, and what makes it.
    lines: tuple[LineItem, ...] = ()
    gift_card: str | None = None
    beside: tuple[Write, ...] = ()
    # The subscription whose first period is paid, and how card networks see it, where no basket tells.
    billing: Billing | None = None
    risk: Risk = Risk.LOW
    # What the money is held for, and the platform's fee where that is agreed there.
    deposit: Deposit | None = None
    fee: int | None = None

    @property
    def scope(self) -> tuple[str, str, str, str]:
        return (self.tenant, self.caller or self.owner, self.operation, self.key)

    @property
    def direct(self) -> bool:
        """Whether a method is charged at once, without a page."""
        return isinstance(self.request, ChargeRequest)

    @property
    def payment_id(self) -> str:
        """Follows from the key; for a retry from the payment that it replaces, so that no other key makes another."""
        return retry_id(self.retried) if self.retried else derived("pay", *self.scope)


def retry_id(ended: Payment) -> str:
    """The only payment that can ever be made in the place of this one."""
    return derived("pay", ended.tenant, "retry", ended.id)
