"""Choosing a provider: who takes such a sale, whose circuit is closed, and who of them is best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from tollgate.fees.providers import NoPriceList, Risk, expected
from tollgate.kernel.errors import FieldError, ValidationFailed
from tollgate.kernel.money import Money
from tollgate.routing.choice import Candidate, LeftOut, Reason, Route, Sale, Simulation
from tollgate.routing.circuit import Cause
from tollgate.routing.ports import Circuits, RuleBook
from tollgate.routing.rules import RoutingRules

_KEPT = 512


@dataclass(frozen=True, slots=True)
class Offer:
    """What one provider can do, as it declares, and whether the operator lets it. `currencies` empty: all that we
    know. `high_risk`: it takes what card networks call so; `recurring`: it charges again without the buyer.
    """

    provider: str
    methods: frozenset[str]
    currencies: frozenset[str] = frozenset()
    enabled: bool = True
    embedded: bool = False
    high_risk: bool = False
    recurring: bool = False

    def takes(self, method: str, currency: str) -> bool:
        return self.enabled and method in self.methods and (not self.currencies or currency in self.currencies)


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """A method that a buyer can choose now, and who would take it."""

    method: str
    providers: tuple[str, ...]


class Router:
    """Holds the offers of a deployment, the default provider first: of two that cost the same, it is taken."""

    def __init__(self, offers: Sequence[Offer], default: str, rules: RuleBook, circuits: Circuits) -> None:
        self._offers = sorted(offers, key=lambda offer: offer.provider != default)
        # A shop sells the same few things for the same few prices, and reckoning takes longer than all else here.
        self._takers = lru_cache(maxsize=_KEPT)(self._find_takers)
        self._ranked = lru_cache(maxsize=_KEPT)(_ranked)
        self._rules = rules
        self._circuits = circuits

    def eligible(self, sale: Sale) -> tuple[str, ...]:
        """Who takes such a sale, working or not; `ValidationFailed` names the field that leaves none."""
        return self._takers(sale, self._rules.effective(sale.tenant).disabled)

    def choose(self, sale: Sale, due: Money, eligible: tuple[str, ...]) -> Route:
        """One of those that are eligible, of which there is one at least. Takes no probe: nobody may come to ask."""
        if len(eligible) == 1:
            return self._only(sale, eligible[0])
        ranked = self._ranked(sale.risk, due, eligible, self._rules.effective(sale.tenant).order)
        return self._route(ranked)

    def take_probe(self, provider: str) -> bool:
        """For who is about to ask where a route `probes`. Of all instances, one is told True."""
        return self._circuits.take_probe(provider)

    def simulate(self, sale: Sale, due: Money, rules: RoutingRules) -> Simulation:
        """What these rules would make of a sale; changes nothing."""
        reasons = {offer.provider: _left_out(offer, sale, rules.disabled) for offer in self._offers}
        eligible = tuple(provider for provider, out in reasons.items() if out is None)
        ranked = _ranked(sale.risk, due, eligible, rules.order)
        route = self._simulated(sale, ranked)
        passed_over = [replace(each, left_out=self._passed_over(each, route)) for each in ranked]
        refused = [Candidate(provider, _fee(provider, sale.risk, due), out) for provider, out in reasons.items() if out]
        return Simulation(route, (*passed_over, *refused))

    def providers(self) -> tuple[Offer, ...]:
        """Every provider of this deployment, enabled or not, the default first."""
        return tuple(self._offers)

    def methods(self, tenant: str) -> tuple[PaymentMethod, ...]:
        """The methods that a tenant's buyers can pay with right now."""
        killed = self._rules.effective(tenant).disabled
        offers = [offer for offer in self._offers if offer.enabled and offer.provider not in killed]
        names = sorted({method for offer in offers for method in offer.methods})
        return tuple(
            PaymentMethod(name, tuple(offer.provider for offer in offers if name in offer.methods)) for name in names
        )

    def _simulated(self, sale: Sale, ranked: Sequence[_Ranked]) -> Route | None:
        match ranked:
            case []:
                return None
            case [only]:
                return self._only(sale, only.provider)
        return self._route(ranked)

    def _find_takers(self, sale: Sale, disabled: frozenset[str]) -> tuple[str, ...]:
        reasons = [_left_out(offer, sale, disabled) for offer in self._offers]
        found = tuple(offer.provider for offer, out in zip(self._offers, reasons, strict=True) if out is None)
        if not found:
            raise _refusal(sale, [each for each in reasons if each is not None])
        return found

    def _route(self, ranked: Sequence[_Ranked]) -> Route:
        closed = [each for each in ranked if self._circuits.find(each.provider).is_closed]
        for each in ranked:
            if closed and each is closed[0]:
                return Route(each.provider, _reason(closed, others_open=len(closed) < len(ranked)))
            if self._circuits.may_probe(each.provider):
                return Route(each.provider, Reason.PROBE, probes=True)
        return Route(min(ranked, key=self._degraded).provider, Reason.LEAST_DEGRADED)

    def _only(self, sale: Sale, provider: str) -> Route:
        """Its circuit stops nobody, since there is no other; it may be tried, so that it closes."""
        probes = not self._circuits.find(provider).is_closed and self._circuits.may_probe(provider)
        reason = Reason.PROBE if probes else Reason.ONLY
        return Route(provider, Reason.REQUESTED if sale.wanted else reason, probes)

    def _degraded(self, candidate: Candidate) -> tuple[bool, int]:
        """The more, the worse. Credentials that are refused do not mend themselves."""
        circuit = self._circuits.find(candidate.provider)
        return circuit.cause is Cause.CREDENTIALS_REFUSED, circuit.failures

    def _passed_over(self, candidate: Candidate, route: Route | None) -> LeftOut | None:
        if route and candidate.provider == route.provider:
            return None
        closed = self._circuits.find(candidate.provider).is_closed
        return LeftOut.OUTRANKED if closed else LeftOut.CIRCUIT_OPEN


@dataclass(frozen=True, slots=True)
class _Ranked(Candidate):
    """`preferred` where an operator's rules name it."""

    preferred: bool = False


def _left_out(offer: Offer, sale: Sale, disabled: frozenset[str]) -> LeftOut | None:  # noqa: PLR0911 - a table
    if not offer.enabled:
        return LeftOut.DISABLED
    if offer.provider in disabled:
        return LeftOut.KILLED
    if sale.wanted is not None and offer.provider != sale.wanted:
        return LeftOut.NOT_REQUESTED
    if not offer.takes(sale.method, sale.currency):
        return LeftOut.CURRENCY if sale.method in offer.methods else LeftOut.METHOD
    if sale.risk is Risk.HIGH and not offer.high_risk:
        return LeftOut.RISK
    if sale.recurring and not offer.recurring:
        return LeftOut.RECURRING
    return None


def _ranked(risk: Risk, due: Money, eligible: tuple[str, ...], order: tuple[str, ...]) -> tuple[_Ranked, ...]:
    """The best first: in the operator's order, then the cheapest, then in the deployment's order. Whoever has no price
    list is never the cheapest.
    """
    rank = {provider: number for number, provider in enumerate(order)}
    ranked = [_Ranked(each, _fee(each, risk, due), preferred=each in rank) for each in eligible]
    return tuple(sorted(ranked, key=lambda each: (rank.get(each.provider, len(rank)), each.fee is None, each.fee or 0)))


def _reason(closed: Sequence[_Ranked], *, others_open: bool) -> Reason:
    """Why the first of those whose circuit is closed is the best of them."""
    best, *rest = closed
    if best.preferred:
        return Reason.PREFERRED
    if not rest:
        return Reason.HEALTHY if others_open else Reason.ONLY
    cheaper = best.fee is not None and (rest[0].fee is None or best.fee < rest[0].fee)
    return Reason.CHEAPEST if cheaper else Reason.DEFAULT


def _fee(provider: str, risk: Risk, due: Money) -> int | None:
    try:
        return expected(provider, due, risk)
    except NoPriceList:
        return None


def _refusal(sale: Sale, reasons: Sequence[LeftOut]) -> ValidationFailed:
    """Names what stopped the provider that came nearest."""
    order = list(LeftOut)
    nearest = max(reasons, key=order.index, default=LeftOut.DISABLED)
    match nearest:
        case LeftOut.METHOD:
            return _no("method", f"no enabled provider takes {sale.method!r}")
        case LeftOut.CURRENCY:
            return _no("currency", f"no enabled provider takes {sale.method!r} in {sale.currency}")
        case LeftOut.RISK:
            return _no("items", f"no enabled provider takes high-risk sales by {sale.method!r} in {sale.currency}")
        case LeftOut.RECURRING:
            return _no("method", f"no enabled provider charges {sale.method!r} again and again in {sale.currency}")
    return _no("provider", f"no enabled provider {sale.wanted!r}" if sale.wanted else "no provider is enabled")


def _no(field: str, message: str) -> ValidationFailed:
    return ValidationFailed([FieldError(field, message)])
