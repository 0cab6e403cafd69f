"""Subscriptions as they are stored, and who charges them. What asks a provider is loaded with the first question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from tollgate.adapters.dynamodb.idempotency import DynamoIdempotency
from tollgate.adapters.dynamodb.subscriptions import DynamoSubscriptions
from tollgate.kernel.clock import Clock
from tollgate.kernel.secrets import Secrets
from tollgate.runtime.composition.recording import Recording
from tollgate.runtime.composition.storage import Storage
from tollgate.runtime.settings import Settings
from tollgate.subscriptions.dunning import Dunning
from tollgate.subscriptions.invoiced import InvoicedPayments
from tollgate.subscriptions.notices import SubscriptionNotices
from tollgate.subscriptions.paying import DebtCollection
from tollgate.subscriptions.providers import RecurringProviders
from tollgate.subscriptions.recording import SubscriptionRecorder

if TYPE_CHECKING:
    from tollgate.adapters.providers.paypal.agreement_pages import Agreements
    from tollgate.adapters.providers.paypal.subscription_client import PayPalSubscriptions
    from tollgate.adapters.providers.segpay.subscription_client import SegpaySubscriptions
    from tollgate.adapters.providers.stripe.subscription_client import StripeSubscriptions
    from tollgate.checkout.opening import CheckoutOpening
    from tollgate.subscriptions.charging import OwnCharges


@dataclass(frozen=True, slots=True)
class Subscribing:
    """What records facts about subscriptions, the same in every function that does."""

    subscriptions: DynamoSubscriptions
    recorder: SubscriptionRecorder
    providers: RecurringProviders
    collection: DebtCollection
    dunning: Dunning
    notices: SubscriptionNotices


def make_subscribing(
    settings: Settings,
    storage: Storage,
    recording: Recording,
    secrets: Secrets,
    clock: Clock,
    opening: Callable[[], CheckoutOpening] | None = None,
) -> Subscribing:
    """With every provider that charges periods by itself. We charge what is ours where there is an `opening`."""
    subscriptions = DynamoSubscriptions(storage.core)
    invoiced = InvoicedPayments(recording.payments)
    recorder = SubscriptionRecorder(subscriptions, invoiced, recording.parked, storage.unit_of_work, clock)
    providers = RecurringProviders(
        {
            "stripe": lambda: make_stripe_subscriptions(settings, secrets, clock),
            "segpay": lambda: make_segpay_subscriptions(settings, secrets, clock),
            "paypal": lambda: make_paypal_subscriptions(settings, secrets, clock),
        }
    )
    notices = SubscriptionNotices(subscriptions, recorder, providers, storage.unit_of_work)
    own = cache(lambda: make_own_charges(recording, subscriptions, opening(), clock)) if opening else None
    collection = DebtCollection(recorder, providers, DynamoIdempotency(storage.core), clock, own)
    dunning = Dunning(subscriptions, recorder, collection, clock)
    return Subscribing(subscriptions, recorder, providers, collection, dunning, notices)


def make_own_charges(
    recording: Recording, subscriptions: DynamoSubscriptions, opening: CheckoutOpening, clock: Clock
) -> OwnCharges:
    """Loaded where something is charged."""
    from tollgate.subscriptions.charging import OwnCharges

    return OwnCharges(opening, recording.payments, subscriptions, clock)


def make_stripe_subscriptions(settings: Settings, secrets: Secrets, clock: Clock) -> StripeSubscriptions:
    """Over a client of its own."""
    from tollgate.adapters.providers.stripe.client import StripeProvider
    from tollgate.adapters.providers.stripe.subscription_client import StripeSubscriptions

    api_base = settings.stripe_api_base
    stripe = StripeProvider(secrets, clock, enabled=settings.stripe_enabled, api_base=api_base)
    return StripeSubscriptions(stripe.client, clock)


def make_segpay_subscriptions(settings: Settings, secrets: Secrets, clock: Clock) -> SegpaySubscriptions:
    """Over connections of its own."""
    from tollgate.adapters.providers.segpay.srs import Srs
    from tollgate.adapters.providers.segpay.subscription_client import SegpaySubscriptions

    return SegpaySubscriptions(Srs(secrets, stand_in=settings.segpay_api_base), clock)


def make_paypal_subscriptions(settings: Settings, secrets: Secrets, clock: Clock) -> PayPalSubscriptions:
    """Over connections of its own."""
    from tollgate.adapters.providers.paypal.subscription_client import PayPalSubscriptions

    return PayPalSubscriptions(make_paypal_agreements(settings, secrets, clock))


def make_paypal_agreements(settings: Settings, secrets: Secrets, clock: Clock) -> Agreements:
    """Only reads."""
    from tollgate.adapters.providers.paypal.agreement_pages import Agreements
    from tollgate.adapters.providers.paypal.api import PayPalApi

    return Agreements(PayPalApi(secrets, settings.paypal_api_base), clock)
