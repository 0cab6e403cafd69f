"""The payment providers of a deployment, and the router over them."""

from __future__ import annotations

from tollgate.adapters.providers.mock.client import MockBehaviour, MockProvider
from tollgate.adapters.providers.stripe.client import StripeProvider
from tollgate.checkout.ports import CheckoutProvider
from tollgate.kernel.clock import Clock
from tollgate.kernel.secrets import Secrets
from tollgate.routing.router import Router
from tollgate.runtime.settings import Settings


def make_providers(settings: Settings, secrets: Secrets, clock: Clock) -> dict[str, CheckoutProvider]:
    """By the name under which payments remember them."""
    behaviour = MockBehaviour(settings.mock_delay_milliseconds, settings.mock_failure_basis_points)
    return {
        "stripe": StripeProvider(secrets, clock, enabled=settings.stripe_enabled, api_base=settings.stripe_api_base),
        "mock": MockProvider(clock, enabled=settings.mock_enabled, page=settings.mock_page, behaviour=behaviour),
    }


def make_router(settings: Settings, providers: dict[str, CheckoutProvider]) -> Router:
    """Prefers the default provider of the deployment."""
    return Router([provider.offer for provider in providers.values()], settings.default_provider)
