"""One transaction in Segpay's words, whether a postback or a row of a report says it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from tollgate.adapters.providers.segpay.amounts import from_segpay
from tollgate.kernel.ids import is_id
from tollgate.kernel.money import Money

# What is kept of a postback. Names, addresses, mail addresses, card digits and passwords that come along are not.
FIELDS = (
    "action", "stage", "approved", "trantype", "tranid", "relatedtranid", "purchaseid", "price", "currencycode",
    "transtime", "ref1", "ref2", "ref3",
)  # fmt: skip
SALE, CREDIT, CHARGEBACK, VOID = "sale", "credit", "charge", "void"
_TIMES = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y")


@dataclass(frozen=True, slots=True)
class Told:
    """`kind` is what happened, `related` the sale that it happened to. The references are our echo: `ref1` proves the
    others, `ref2` is our payment and `ref3` its tenant.
    """

    action: str
    kind: str
    approved: str
    id: str
    related: str
    price: str
    currency: str
    time: str
    ref1: str
    ref2: str
    ref3: str

    @property
    def is_ours(self) -> bool:
        """Whether it says that it is: other systems may sell over the same account."""
        return is_id("pay", self.ref2) and bool(self.ref3)

    @property
    def is_approved_sale(self) -> bool:
        return (self.action, self.kind, self.approved) == ("auth", SALE, "yes")

    @property
    def money(self) -> Money:
        """`ValueError`, or an error of ours, where there is none that we could hold."""
        return from_segpay(self.price, self.currency)

    @property
    def instant(self) -> datetime | None:
        """Segpay's time, which is GMT; None where it is written as nobody told us."""
        return _instant(self.time)

    def at(self, now: datetime) -> datetime:
        """The same, or now where it is unknown or yet to come."""
        return min(self.instant or now, now)


def told_of(fields: Mapping[str, str]) -> Told:
    """Words are compared without regard to their case. A void is one, whichever field says so."""
    action, kind, approved = (_word(fields, name) for name in ("action", "trantype", "approved"))
    return Told(
        action=action,
        kind=VOID if VOID in (action, kind) else kind,
        approved=approved,
        id=fields.get("tranid", "").strip(),
        related=fields.get("relatedtranid", "").strip(),
        price=fields.get("price", ""),
        currency=fields.get("currencycode", ""),
        time=fields.get("transtime", "").strip(),
        ref1=fields.get("ref1", "").strip(),
        ref2=fields.get("ref2", "").strip(),
        ref3=fields.get("ref3", "").strip(),
    )


def _word(fields: Mapping[str, str], name: str) -> str:
    return fields.get(name, "").strip().lower()


def _instant(text: str) -> datetime | None:
    with suppress(ValueError):
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    for form in _TIMES:
        with suppress(ValueError):
            return datetime.strptime(text, form).replace(tzinfo=UTC)
    return None
