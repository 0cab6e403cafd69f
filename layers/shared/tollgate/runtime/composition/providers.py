"""The payment providers of a deployment."""

from __future__ import annotations

from tollgate.adapters.providers.balance.client import BalanceProvider
from tollgate.adapters.providers.balance.refunds import BalanceRefunds
from tollgate.adapters.providers.mock.charges import MockCharges
from tollgate.adapters.providers.mock.client import MockBehaviour, MockProvider
from tollgate.adapters.providers.mock.payouts import MockPayouts
from tollgate.adapters.providers.mock.refunds import MockRefunds
from tollgate.adapters.providers.owners import ProviderOwners
from tollgate.adapters.providers.paypal.client import PayPalProvider
from tollgate.adapters.providers.paypal.refund_client import PayPalRefunds
from tollgate.adapters.providers.segpay.client import SegpayProvider
from tollgate.adapters.providers.segpay.refund_client import SegpayRefunds
from tollgate.adapters.providers.square.api import SquareApi
from tollgate.adapters.providers.square.charges import SquareCharges
from tollgate.adapters.providers.square.client import SquareProvider
from tollgate.adapters.providers.square.refund_client import SquareRefunds
from tollgate.adapters.providers.stripe.charges import StripeCharges
from tollgate.adapters.providers.stripe.client import StripeProvider
from tollgate.adapters.providers.stripe.payout_client import StripePayouts
from tollgate.adapters.providers.stripe.refund_client import StripeRefunds
from tollgate.checkout.charge_ports import ChargeProvider
from tollgate.checkout.ports import CheckoutProvider
from tollgate.inbox.ports import Owners
from tollgate.kernel.clock import Clock
from tollgate.kernel.secrets import Secrets
from tollgate.payouts.providers import PayoutProvider
from tollgate.refunds.ports import RefundProvider
from tollgate.runtime.composition.paypal import make_paypal
from tollgate.runtime.settings import Settings


def make_providers(settings: Settings, secrets: Secrets, clock: Clock) -> dict[str, CheckoutProvider]:
    """By the name under which payments remember them."""
    behaviour = MockBehaviour(settings.mock_delay_milliseconds, settings.mock_failure_basis_points)
    return {
        "stripe": StripeProvider(secrets, clock, enabled=settings.stripe_enabled, api_base=settings.stripe_api_base),
        "segpay": SegpayProvider(
            secrets,
            clock,
            enabled=settings.segpay_enabled,
            currencies=frozenset(settings.segpay_currencies.replace(",", " ").split()),
            recurring=settings.segpay_recurring,
            stand_in=settings.segpay_api_base,
        ),
        "square": SquareProvider(
            SquareApi(secrets, settings.square_api_base),
            clock,
            enabled=settings.square_enabled,
            locations=_locations(settings.square_locations),
        ),
        "paypal": make_paypal(settings, secrets, clock),
        "mock": MockProvider(clock, enabled=settings.mock_enabled, page=settings.mock_page, behaviour=behaviour),
        # Last: it has no sessions that could be found.
        "balance": BalanceProvider(clock),
    }


def make_refunds(providers: dict[str, CheckoutProvider], clock: Clock) -> dict[str, RefundProvider]:
    """By the same names, over the same clients."""
    refunds: dict[str, RefundProvider] = {"mock": MockRefunds(), "balance": BalanceRefunds()}
    stripe = providers.get("stripe")
    if isinstance(stripe, StripeProvider):
        refunds["stripe"] = StripeRefunds(stripe.client)
    segpay = providers.get("segpay")
    if isinstance(segpay, SegpayProvider):
        refunds["segpay"] = SegpayRefunds(segpay.srs, segpay.clock)
    square = providers.get("square")
    if isinstance(square, SquareProvider):
        refunds["square"] = SquareRefunds(square.api, square.clock)
    paypal = providers.get("paypal")
    if isinstance(paypal, PayPalProvider):
        refunds["paypal"] = PayPalRefunds(paypal.api, clock)
    return refunds


def make_charges(providers: dict[str, CheckoutProvider]) -> dict[str, ChargeProvider]:
    """By the same names, over the same clients: those that charge a method at once."""
    charges: dict[str, ChargeProvider] = {}
    balance = providers.get("balance")
    if isinstance(balance, BalanceProvider):
        charges["balance"] = balance
    mock = providers.get("mock")
    if isinstance(mock, MockProvider):
        charges["mock"] = MockCharges(mock)
    stripe = providers.get("stripe")
    if isinstance(stripe, StripeProvider):
        charges["stripe"] = StripeCharges(stripe.client, stripe.clock)
    square = providers.get("square")
    if isinstance(square, SquareProvider):
        charges["square"] = SquareCharges(square.api, square.clock, square.locations)
    return charges


def make_payouts(providers: dict[str, CheckoutProvider]) -> dict[str, PayoutProvider]:
    """By the same names, over the same clients."""
    payouts: dict[str, PayoutProvider] = {"mock": MockPayouts()}
    stripe = providers.get("stripe")
    if isinstance(stripe, StripeProvider):
        payouts["stripe"] = StripePayouts(stripe.client)
    return payouts


def make_owners(providers: dict[str, CheckoutProvider]) -> Owners:
    """Those that can be asked whose a charge is."""
    askable = (StripeProvider, SegpayProvider, SquareProvider, PayPalProvider)
    asked = {name: each.owner_of for name, each in providers.items() if isinstance(each, askable)}
    return ProviderOwners(asked)


def _locations(written: str) -> dict[str, str]:
    """Square's location for each currency, of `USD:L1;EUR:L2`."""
    pairs = [each.partition(":") for each in written.split(";")]
    return {currency.strip(): location.strip() for currency, _, location in pairs if location.strip()}
