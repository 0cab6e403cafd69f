"""What operators see of routing, and what they say about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tollgate.fees.providers import PRICE_LISTS, PriceList
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import FieldError, ValidationFailed
from tollgate.kernel.money import Money
from tollgate.kernel.unit_of_work import UnitOfWork
from tollgate.routing.choice import Sale, Simulation
from tollgate.routing.circuit import Circuit
from tollgate.routing.health import Health
from tollgate.routing.ports import RuleRepository
from tollgate.routing.router import Offer, Router
from tollgate.routing.rules import EVERY_TENANT, RoutingRules, StoredRules


@dataclass(frozen=True, slots=True)
class ProviderHealth:
    """One provider, as it stands for a tenant. No price list where nobody has said what it keeps."""

    offer: Offer
    killed: bool
    circuit: Circuit
    fees: PriceList | None


class RoutingDesk:
    """Reads everything as it stands now, whatever this instance has kept."""

    def __init__(
        self, router: Router, health: Health, rules: RuleRepository, unit_of_work: UnitOfWork, clock: Clock
    ) -> None:
        self._router = router
        self._health = health
        self._rules = rules
        self._unit_of_work = unit_of_work
        self._clock = clock

    def health(self, tenant: str) -> tuple[ProviderHealth, ...]:
        """Every provider of the deployment, the default first."""
        killed, circuits = self._effective(tenant).disabled, self._health.look()
        return tuple(
            ProviderHealth(offer, offer.provider in killed, circuits[offer.provider], PRICE_LISTS.get(offer.provider))
            for offer in self._router.providers()
        )

    def simulate(self, sale: Sale, due: Money) -> Simulation:
        """Who would take a sale now, and why; asks no provider and changes nothing."""
        self._health.look()
        return self._router.simulate(sale, due, self._effective(sale.tenant))

    def rules(self, tenant: str) -> StoredRules:
        """Those written for the tenant itself, or for everybody (`*`)."""
        return self._rules.stored(tenant)

    def write(self, tenant: str, rules: RoutingRules, by: str) -> StoredRules:
        """In the place of what was there; seen everywhere within a minute. Raises `ValidationFailed` for a provider
        that this deployment does not have, or that is named twice.
        """
        self._require_known({"disabled": tuple(sorted(rules.disabled)), "order": rules.order})
        written = StoredRules(rules, by, self._clock.now())
        self._unit_of_work.commit(self._rules.put(tenant, written))
        return written

    def _effective(self, tenant: str) -> RoutingRules:
        own, shared = self._rules.stored(tenant).rules, self._rules.stored(EVERY_TENANT).rules
        return own.under(shared)

    def _require_known(self, named: Mapping[str, tuple[str, ...]]) -> None:
        known = {offer.provider for offer in self._router.providers()}
        errors = [
            FieldError(f"{field}.{number}", f"no provider {provider!r} in this deployment")
            for field, providers in named.items()
            for number, provider in enumerate(providers)
            if provider not in known
        ]
        if len(set(named["order"])) < len(named["order"]):
            errors.append(FieldError("order", "a provider stands there twice"))
        if errors:
            raise ValidationFailed(errors)
