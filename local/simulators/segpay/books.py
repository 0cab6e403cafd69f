"""What Segpay remembers: the prices it gave out, and transactions."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from local.simulators.segpay.settings import SegpaySimulatorSettings

APPROVED_CARD, DECLINED_CARD = "4444333322221111", "4444444444445555"
_ECHOED = ("ref1", "ref2", "ref3")


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


@dataclass
class Books:
    """In memory alone. Ids follow the clock, so that those of a new start do not repeat those of the last."""

    settings: SegpaySimulatorSettings
    prices: dict[str, str] = field(default_factory=dict)
    transactions: list[Transaction] = field(default_factory=list)

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

    def offered(self, link: Mapping[str, str]) -> tuple[str, str]:
        """Amount and currency of a page; `Refused` where the link was not made for this price."""
        currency = self.settings.packages.get(link.get("x-eticketid", ""))
        if currency is None:
            raise Refused("There is no such package.")
        amount = link.get("amount", "")
        if self.prices.get(link.get("dynamicpricingid", "")) != amount:
            raise Refused("This price was not given out for this amount.")
        return amount, currency

    def pay(self, link: Mapping[str, str], card: str, buyer: str = "") -> Transaction:
        """One try. A link can be used again, as far as anybody knows."""
        amount, currency = self.offered(link)
        named = {name.lower(): text for name, text in link.items()}
        references = {name: named[name] for name in _ECHOED if name in named}
        return self._made(
            "sale",
            approved=card.replace(" ", "") == APPROVED_CARD,
            price=Decimal(amount),
            currency=currency,
            package=link["x-eticketid"],
            references=references,
            buyer=buyer or link.get("x-billemail", ""),
        )

    def reversed(self, sale_id: str, kind: str, amount: str | None = None) -> Transaction:
        """A credit, a charge or a void of a sale, of all of it unless told; none beyond what is left."""
        sale = self.sale(sale_id)
        gone = sum((abs(each.price) for each in self.transactions if each.related == sale.id), Decimal(0))
        back = Decimal(amount) if amount else sale.price
        if gone + back > sale.price:
            raise Refused("Transaction was refunded already")
        return self._made(
            kind,
            approved=True,
            price=-back,
            currency=sale.currency,
            package=sale.package,
            references=sale.references,
            buyer=sale.buyer,
            related=sale.id,
        )

    def sale(self, id_: str) -> Transaction:
        for each in self.transactions:
            if str(each.id) == id_ and each.kind == "sale" and each.approved:
                return each
        raise Refused("TransID/MerchantID Mismatch")

    def listed(self, wanted: Callable[[Transaction], bool]) -> list[Transaction]:
        return [each for each in self.transactions if wanted(each)]

    def _made(
        self,
        kind: str,
        *,
        approved: bool,
        price: Decimal,
        currency: str,
        package: str,
        references: Mapping[str, str],
        buyer: str,
        related: int | None = None,
    ) -> Transaction:
        last = self.transactions[-1].id if self.transactions else 0
        now = self.settings.now()
        id_ = max(last + 1, int(now * 1000))
        at = datetime.fromtimestamp(now, UTC)
        made = Transaction(
            id_, kind, approved, price, currency, at, related or id_, package, references, related, buyer
        )
        self.transactions.append(made)
        return made
