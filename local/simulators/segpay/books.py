"""What Segpay remembers: the prices it gave out, and transactions."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from local.simulators.segpay.memberships import Membership, Terms
from local.simulators.segpay.settings import SegpaySimulatorSettings

APPROVED_CARD, DECLINED_CARD = "4444333322221111", "4444444444445555"
_ECHOED = ("ref1", "ref2", "ref3", "ref4", "ref5")


class Refused(Exception):
    """The page, or a request, cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """`kind` is sale, credit, charge or void; `related` the sale that the others happened to."""

    id: int
    kind: str
    approved: bool
    price: Decimal
    currency: str
    at: datetime
    purchase: int
    package: str
    references: Mapping[str, str]
    related: int | None = None
    buyer: str = ""
    stage: str = "Initial"
    terms: Terms | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """What a page takes now, and on which terms it takes more later."""

    amount: Decimal
    currency: str
    terms: Terms | None = None


@dataclass
class Books:
    """In memory alone. Ids follow the clock, so that those of a new start do not repeat those of the last."""

    settings: SegpaySimulatorSettings
    prices: dict[str, str] = field(default_factory=dict)
    recurring: dict[str, Terms] = field(default_factory=dict)
    transactions: list[Transaction] = field(default_factory=list)
    memberships: dict[str, Membership] = field(default_factory=dict)

    def price(self, amount: str) -> str:
        """A new id each time, for an amount of two digits or none."""
        try:
            positive = Decimal(amount) > 0
        except InvalidOperation:
            positive = False
        if not positive:
            raise Refused("Invalid amount")
        id_ = base64.b64encode(secrets.token_bytes(20)).decode()
        self.prices[id_] = amount
        return id_

    def recurring_price(self, terms: Terms | None) -> str:
        """The same for what is charged again."""
        if terms is None:
            raise Refused("Invalid amount or length")
        id_ = base64.b64encode(secrets.token_bytes(20)).decode()
        self.recurring[id_] = terms
        return id_

    def offered(self, link: Mapping[str, str]) -> Offered:
        """What a page sells; `Refused` where the link was not made for this price."""
        package = link.get("x-eticketid", "")
        if package in self.settings.price_points:
            currency, terms = self.settings.price_points[package]
            return Offered(terms.first, currency, terms)
        if package in self.settings.plans:
            given_out = self.recurring.get(link.get("DynamicPricingID", ""))
            if given_out is None:
                raise Refused("This price was not given out.")
            return Offered(given_out.first, self.settings.plans[package], given_out)
        amount = link.get("amount", "")
        if package not in self.settings.packages:
            raise Refused("There is no such package.")
        if self.prices.get(link.get("dynamicpricingid", "")) != amount:
            raise Refused("This price was not given out for this amount.")
        return Offered(Decimal(amount), self.settings.packages[package])

    def pay(self, link: Mapping[str, str], card: str, buyer: str = "") -> Transaction:
        """One try. A link can be used again, as far as anybody knows."""
        offered = self.offered(link)
        named = {name.lower(): text for name, text in link.items()}
        references = {name: named[name] for name in _ECHOED if name in named}
        id_ = self._next_id()
        made = self._kept(
            Transaction(
                id=id_,
                kind="sale",
                approved=card.replace(" ", "") == APPROVED_CARD,
                price=offered.amount,
                currency=offered.currency,
                at=self._now(),
                purchase=id_,
                package=link["x-eticketid"],
                references=references,
                buyer=buyer or link.get("x-billemail", ""),
                terms=offered.terms,
            )
        )
        if made.approved and offered.terms is not None:
            self._begin(made, offered.terms)
        return made

    def charged(self, of: Membership, stage: str, at: datetime, *, approved: bool) -> Transaction:
        """A try to charge a period, at its own time."""
        return self._kept(
            Transaction(
                id=self._next_id(),
                kind="sale",
                approved=approved,
                price=of.terms.later,
                currency=of.currency,
                at=at,
                purchase=of.purchase,
                package=of.package,
                references=of.references,
                buyer=of.buyer,
                stage=stage,
                terms=of.terms,
            )
        )

    def _begin(self, first: Transaction, terms: Terms) -> None:
        until = first.at + timedelta(days=terms.first_days)
        self.memberships[str(first.purchase)] = Membership(
            purchase=first.purchase,
            terms=terms,
            currency=first.currency,
            package=first.package,
            references=first.references,
            buyer=first.buyer,
            paid_until=until,
            next_bill=until,
        )

    def reversed(self, sale_id: str, kind: str, amount: str | None = None) -> Transaction:
        """A credit, a charge or a void of a sale, of all of it unless told; none beyond what is left."""
        sale = self.sale(sale_id)
        gone = sum((abs(each.price) for each in self.transactions if each.related == sale.id), Decimal(0))
        back = Decimal(amount) if amount else sale.price
        if gone + back > sale.price:
            raise Refused("Transaction was refunded already")
        return self._kept(replace(sale, id=self._next_id(), kind=kind, price=-back, at=self._now(), related=sale.id))

    def sale(self, id_: str) -> Transaction:
        for each in self.transactions:
            if str(each.id) == id_ and each.kind == "sale" and each.approved:
                return each
        raise Refused("TransID/MerchantID Mismatch")

    def listed(self, wanted: Callable[[Transaction], bool]) -> list[Transaction]:
        return [each for each in self.transactions if wanted(each)]

    def _kept(self, made: Transaction) -> Transaction:
        self.transactions.append(made)
        return made

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.settings.now(), UTC)

    def _next_id(self) -> int:
        last = self.transactions[-1].id if self.transactions else 0
        return max(last + 1, int(self.settings.now() * 1000))
