"""PayPal, apart from the other providers: what only captures does not load their clients."""

from __future__ import annotations

from datetime import timedelta

from tollgate.adapters.providers.paypal.api import PayPalApi
from tollgate.adapters.providers.paypal.client import PayPalProvider
from tollgate.kernel.clock import Clock
from tollgate.kernel.secrets import Secrets
from tollgate.runtime.settings import Settings


def make_paypal(settings: Settings, secrets: Secrets, clock: Clock) -> PayPalProvider:
    api = PayPalApi(secrets, settings.paypal_api_base)
    life = timedelta(hours=settings.paypal_order_hours)
    enabled, recurring = settings.paypal_enabled, settings.paypal_recurring
    return PayPalProvider(api, clock, enabled=enabled, order_life=life, recurring=recurring)
