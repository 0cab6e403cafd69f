"""Choosing a provider by payment method, currency and the operator's flags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tollgate.kernel.errors import FieldError, ValidationFailed


@dataclass(frozen=True, slots=True)
class Offer:
    """What one provider can do, as it declares, and whether the operator lets it. `currencies` empty: all that we
    know.
    """

    provider: str
    methods: frozenset[str]
    currencies: frozenset[str] = frozenset()
    enabled: bool = True
    embedded: bool = False

    def takes(self, method: str, currency: str) -> bool:
        return self.enabled and method in self.methods and (not self.currencies or currency in self.currencies)


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """A method that a buyer can choose now, and who would take it."""

    method: str
    providers: tuple[str, ...]


class Router:
    """Holds the offers of a deployment in the order they are preferred, the default provider first."""

    def __init__(self, offers: Sequence[Offer], default: str) -> None:
        self._offers = sorted(offers, key=lambda offer: offer.provider != default)

    def choose(self, method: str, currency: str, wanted: str | None = None) -> str:
        """The provider for a payment; `ValidationFailed` names the field that leaves none."""
        offers = [offer for offer in self._offers if wanted is None or offer.provider == wanted]
        if not any(offer.enabled for offer in offers):
            raise _no("provider", f"no enabled provider {wanted!r}" if wanted else "no provider is enabled")
        if not any(offer.enabled and method in offer.methods for offer in offers):
            raise _no("method", f"no enabled provider takes {method!r}")
        for offer in offers:
            if offer.takes(method, currency):
                return offer.provider
        raise _no("currency", f"no enabled provider takes {method!r} in {currency}")

    def providers(self) -> tuple[Offer, ...]:
        """Every provider of this deployment, enabled or not, in order of preference."""
        return tuple(self._offers)

    def methods(self) -> tuple[PaymentMethod, ...]:
        """The methods that can be paid with right now."""
        names = sorted({method for offer in self._offers if offer.enabled for method in offer.methods})
        return tuple(
            PaymentMethod(name, tuple(o.provider for o in self._offers if o.enabled and name in o.methods))
            for name in names
        )


def _no(field: str, message: str) -> ValidationFailed:
    return ValidationFailed([FieldError(field, message)])
