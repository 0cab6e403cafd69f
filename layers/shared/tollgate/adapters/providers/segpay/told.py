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
    "transtime", "ref1", "ref2", "ref3", "ref4", "ref5", "ival", "iint", "rval", "rint", "nextbilldate",
    "reactivationtimestamp",
)  # fmt: skip
INITIAL, INSTANT = "initial", "instantconversion"
LATER = frozenset({"conversion", "rebill", INSTANT})
SALE, CREDIT, CHARGEBACK, VOID = "sale", "credit", "charge", "void"
_TIMES = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y")


@dataclass(frozen=True, slots=True)
class Told:
    """`kind` is what happened, `related` the sale that it happened to, `purchase` the membership, or the one sale. The
    references are our echo: `ref1` proves the others, `ref2` is our payment and `ref3` its tenant; of a subscription,
    `ref4` is that, and `ref5` what was to be charged when. Of that tell, too, the price of a later period, and how many
    days the first and the later ones have.
    """

    action: str
    stage: str
    kind: str
    approved: str
    id: str
    related: str
    purchase: str
    price: str
    currency: str
    time: str
    ref1: str
    ref2: str
    ref3: str
    ref4: str = ""
    ref5: str = ""
    later_price: str = ""
    first_days: str = ""
    later_days: str = ""
    next_bill: str = ""
    reactivated: str = ""

    @property
    def is_ours(self) -> bool:
        """Whether it says that it is: other systems may sell over the same account."""
        return is_id("pay", self.ref2) and bool(self.ref3)

    @property
    def is_of_a_plan(self) -> bool:
        """Whether it says that it is about a subscription of ours."""
        return self.is_ours and is_id("sub", self.ref4)

    @property
    def is_approved_sale(self) -> bool:
        return (self.action, self.kind, self.approved) == ("auth", SALE, "yes")

    @property
    def money(self) -> Money:
        """`ValueError`, or an error of ours, where there is none that we could hold."""
        return from_segpay(self.price, self.currency)

    @property
    def money_or_none(self) -> Money:
        """The same, and also nothing: a trial is a sale of that."""
        return from_segpay(self.price, self.currency, nothing=True)

    @property
    def instant(self) -> datetime | None:
        """Segpay's time, which is GMT; None where it is written as nobody told us."""
        return instant_of(self.time)

    def at(self, now: datetime) -> datetime:
        """The same, or now where it is unknown or yet to come."""
        return min(self.instant or now, now)


def told_of(fields: Mapping[str, str]) -> Told:
    """Words are compared without regard to their case. A void is one, whichever field says so."""
    action, kind, approved = (_word(fields, name) for name in ("action", "trantype", "approved"))
    return Told(
        action=action,
        stage=_word(fields, "stage"),
        kind=VOID if VOID in (action, kind) else kind,
        approved=approved,
        id=_text(fields, "tranid"),
        related=_text(fields, "relatedtranid"),
        purchase=_text(fields, "purchaseid"),
        price=fields.get("price", ""),
        currency=fields.get("currencycode", ""),
        time=_text(fields, "transtime"),
        ref1=_text(fields, "ref1"),
        ref2=_text(fields, "ref2"),
        ref3=_text(fields, "ref3"),
        ref4=_text(fields, "ref4"),
        ref5=_text(fields, "ref5"),
        later_price=_text(fields, "rval"),
        first_days=_text(fields, "iint"),
        later_days=_text(fields, "rint"),
        next_bill=_text(fields, "nextbilldate"),
        reactivated=_text(fields, "reactivationtimestamp"),
    )


def _text(fields: Mapping[str, str], name: str) -> str:
    return fields.get(name, "").strip()


def _word(fields: Mapping[str, str], name: str) -> str:
    return _text(fields, name).lower()


def instant_of(text: str) -> datetime | None:
    """In GMT; None for what is written as nobody told us."""
    with suppress(ValueError):
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    for form in _TIMES:
        with suppress(ValueError):
            return datetime.strptime(text, form).replace(tzinfo=UTC)
    return None
