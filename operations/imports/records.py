"""What another system says of a subscription or a purchase."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from tollgate.kernel.clock import to_iso
from tollgate.kernel.ids import derived
from tollgate.kernel.money import Money
from tollgate.payments.values import Period
from tollgate.subscriptions.model import Renewer, State


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyRecord:
    """`legacy_id` is that of the other system, and names one record of a kind in a tenant."""

    tenant: str
    legacy_id: str
    user: str
    provider: str
    email: str | None = field(default=None, repr=False)
    prefix: ClassVar[str]

    @property
    def id(self) -> str:
        """Ours: the same for the same record, however often it is imported."""
        return derived(self.prefix, self.tenant, "import", self.legacy_id)

    @property
    def fingerprint(self) -> str:
        """A digest of all that the record says. What it leaves out is no part of it, so that fields which join later
        make nothing that was imported before another.
        """
        said = {name: value for name, value in asdict(self).items() if value is not None}
        text = json.dumps([self.prefix, said], sort_keys=True, default=_plain, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacySubscription(LegacyRecord):
    """One that goes on. `unit` where its price is not the catalog's; `reference` is the provider's, where that charges
    it, with the `invoice` that was paid last, and `source` a saved method, where we do.
    """

    plan: str
    product: str | None
    state: State
    unit: Money | None
    renewed_by: Renewer
    reference: str | None
    customer: str | None
    invoice: str | None
    source: str | None
    period: Period
    ends_at: datetime | None
    paused_at: datetime | None
    created_at: datetime
    prefix: ClassVar[str] = "sub"


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyPurchase(LegacyRecord):
    """What was paid at `paid_at`: an `item` of the catalog, or something that has only a `name`. `reference` is what
    the provider calls the money; `refunded` of it went back, as its refund `refund_reference`.
    """

    amount: Money
    item: str | None
    name: str | None
    reference: str
    paid_at: datetime
    refunded: int | None
    refund_reference: str | None
    refunded_at: datetime | None
    prefix: ClassVar[str] = "pay"


type Record = LegacySubscription | LegacyPurchase


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return to_iso(value)
    raise TypeError(f"{type(value).__name__} has no plain form")
