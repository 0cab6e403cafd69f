"""What a wish to pay becomes: a payment that nobody has stored yet, with what is held for it and what its provider will
be asked.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from tollgate.catalog.ports import CatalogRepository
from tollgate.checkout.quote import Quote, quote, require
from tollgate.checkout.tendering import Purchase, Tendering, TenderPlan
from tollgate.checkout.ways import Request, Ways
from tollgate.checkout.wishes import CreateCheckout
from tollgate.fees.platform import PlatformFees
from tollgate.fees.providers import expected
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import ValidationFailed
from tollgate.kernel.money import Money, total
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.lifecycle import State
from tollgate.payments.model import Change, Payment, open_payment
from tollgate.payments.rerouting import Reroute
from tollgate.routing.choice import Reason, Route, Sale
from tollgate.routing.router import Router

# "Takes" the rest where there is none: all was paid with tenders.
BALANCE = "balance"


@dataclass(frozen=True, slots=True)
class Draft:
    """Event 1 of a payment, the provider's parameters, what must be stored beside, and whether asking probes."""

    opened: Change
    parameters: str
    beside: tuple[Write, ...]
    sale: Sale
    probes: bool


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another provider for a payment that is there, with what it will be asked."""

    reroute: Reroute
    parameters: str
    probes: bool


class Drafting:
    """Reads prices, fees and what can be paid with; stores nothing."""

    def __init__(
        self,
        *,
        catalog: CatalogRepository,
        fees: PlatformFees,
        router: Router,
        ways: Ways,
        tendering: Tendering,
        clock: Clock,
    ) -> None:
        self._catalog = catalog
        self._fees = fees
        self._router = router
        self._ways = ways
        self._tendering = tendering
        self._clock = clock

    def draft(self, wish: CreateCheckout, fingerprint: str) -> Draft:
        """Raises `ValidationFailed`, and what the tenders raise."""
        quoted = self._quote(wish)
        require(quoted, amount=wish.amount, currency=wish.currency)
        # Whoever charges a saved method needs nobody who charges it by themselves.
        recurring = wish.billing is not None and not wish.direct
        sale = Sale(wish.tenant, wish.method, quoted.total.currency, quoted.risk, recurring, wanted=wish.provider)
        way = self._ways.for_request(wish.request)
        eligible = self._router.eligible(sale)
        plan = self._plan(wish, quoted.total)
        due = Money(quoted.total.amount - sum(each.amount for each in plan.tenders), quoted.total.currency)
        route = Route(BALANCE, Reason.COVERED)
        if due.amount or recurring:
            route = self._router.choose(sale, due, way.able(eligible, wish.request))
        now = self._clock.now()
        payment = Payment(
            id=wish.payment_id,
            tenant=wish.tenant,
            owner=wish.owner,
            amount=quoted.total,
            items=quoted.lines,
            method=wish.method,
            provider=route.provider,
            route=route.reason.value,
            state=State.PENDING,
            version=0,
            created_at=now,
            updated_at=now,
            fingerprint=fingerprint,
            consumer=wish.consumer,
            client_reference=wish.client_reference,
            retry_of=wish.retried.id if wish.retried else None,
            seller=wish.seller,
            fee=self._fee(wish, quoted.total),
            provider_fee=expected(route.provider, due, quoted.risk),
            tenders=plan.tenders,
            gift_card=wish.gift_card,
            direct=wish.direct,
            hold=way.holds(route.provider, wish.request),
            billing=wish.billing,
            deposit=wish.deposit,
            email=wish.request.customer_email,
        )
        opened = open_payment(payment, wish.trace)
        parameters = way.parameters(route.provider, opened.payment, wish.request)
        return Draft(opened, parameters, (*plan.writes, *wish.beside), sale, route.probes)

    def elsewhere(self, payment: Payment, sale: Sale, request: Request, asked: Collection[str]) -> Elsewhere | None:
        """Whoever is best of those that were not asked yet; None where nobody is left, or would take it."""
        way = self._ways.for_request(request)
        left = [each for each in self._takers(sale, request) if each not in asked]
        while left:
            route = self._router.choose(sale, payment.due, tuple(left))
            provider = route.provider
            hold = way.holds(provider, request)
            try:
                parameters = way.parameters(provider, replace(payment, provider=provider, hold=hold), request)
            except ValidationFailed:
                left.remove(provider)
                continue
            fee = expected(provider, payment.due, sale.risk)
            return Elsewhere(Reroute(provider, Reason.FAILOVER.value, fee, hold), parameters, route.probes)
        return None

    def may_ask(self, provider: str, *, probes: bool) -> bool:
        """Whether it is for this sale to try a provider whose circuit is open; of one that is not, always."""
        return not probes or self._router.take_probe(provider)

    def _takers(self, sale: Sale, request: Request) -> tuple[str, ...]:
        try:
            return self._ways.for_request(request).able(self._router.eligible(sale), request)
        except ValidationFailed:
            return ()  # switched off meanwhile

    def _fee(self, wish: CreateCheckout, price: Money) -> int:
        """Of a gift card nothing is earned before it is spent."""
        if wish.gift_card:
            return 0
        return self._fees.of(wish.tenant, wish.seller, price) if wish.fee is None else wish.fee

    def _quote(self, wish: CreateCheckout) -> Quote:
        if not wish.lines:
            return quote(self._catalog, wish.tenant, wish.basket)
        return Quote(wish.lines, total((line.total for line in wish.lines), wish.lines[0].unit.currency), wish.risk)

    def _plan(self, wish: CreateCheckout, price: Money) -> TenderPlan:
        if not wish.tenders:
            return TenderPlan()
        purchase = Purchase(wish.tenant, wish.owner, wish.payment_id, price, wish.doors)
        return self._tendering.plan(purchase, wish.tenders)
