"""While secrets cannot be read nothing is sent, at any provider: another may be asked, and nothing is in doubt."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import NOW, a_session
from tollgate.adapters.providers.paypal.api import PayPalApi
from tollgate.adapters.providers.paypal.client import PayPalProvider
from tollgate.adapters.providers.paypal.refund_client import PayPalRefunds
from tollgate.adapters.providers.segpay.client import SegpayProvider
from tollgate.adapters.providers.segpay.refund_client import SegpayRefunds
from tollgate.adapters.providers.segpay.srs import Srs
from tollgate.adapters.providers.square.api import SquareApi
from tollgate.adapters.providers.square.charges import SquareCharges
from tollgate.adapters.providers.square.client import SquareProvider
from tollgate.adapters.providers.square.refund_client import SquareRefunds
from tollgate.adapters.providers.stripe.charges import StripeCharges
from tollgate.adapters.providers.stripe.client import StripeProvider
from tollgate.adapters.providers.stripe.payout_client import StripePayouts
from tollgate.adapters.providers.stripe.refund_client import StripeRefunds
from tollgate.checkout.ports import ProviderUnavailable, Unreachable
from tollgate.kernel.clock import FixedClock
from tollgate.kernel.errors import StoreUnavailable
from tollgate.kernel.secrets import Secrets


class UnreadSecrets(Secrets):
    """Secrets Manager does not answer."""

    def get(self, name: str) -> Mapping[str, Any]:
        raise StoreUnavailable("a secret cannot be read")


CLOCK, DAY = FixedClock(NOW), timedelta(days=1)
_STRIPE = StripeProvider(UnreadSecrets(), CLOCK, enabled=True)
_SQUARE, _PAYPAL = SquareApi(UnreadSecrets()), PayPalApi(UnreadSecrets())
_SALE = json.dumps({"amount": 5_000, "currency": "USD", "tenant": "demo", "payment": "pay_1"})
CALLS: dict[str, Callable[[], object]] = {
    "a page at stripe": lambda: _STRIPE.open("{}", "key_1"),
    "a page at stripe closed": lambda: _STRIPE.close(a_session()),
    "a charge at stripe": lambda: StripeCharges(_STRIPE.client, CLOCK).charge("{}", "key_1"),
    "a refund at stripe": lambda: StripeRefunds(_STRIPE.client).refund("{}", "key_1"),
    "a transfer at stripe": lambda: StripePayouts(_STRIPE.client).transfer('{"transfer": {}}', "key_1"),
    "a page at square": lambda: SquareProvider(_SQUARE, CLOCK, enabled=True, locations={}).open("{}", "key_1"),
    "a charge at square": lambda: SquareCharges(_SQUARE, CLOCK, {}).charge("{}", "key_1"),
    "a refund at square": lambda: SquareRefunds(_SQUARE, CLOCK).refund("{}", "key_1"),
    "a page at paypal": lambda: PayPalProvider(_PAYPAL, CLOCK, enabled=True, order_life=DAY).open("{}", "key_1"),
    "a refund at paypal": lambda: PayPalRefunds(_PAYPAL, CLOCK).refund('["cap_1", {}]', "key_1"),
    "a page at segpay": lambda: SegpayProvider(UnreadSecrets(), CLOCK, enabled=True, currencies=frozenset()).open(
        _SALE, "key_1"
    ),
    "a refund at segpay": lambda: SegpayRefunds(Srs(UnreadSecrets()), CLOCK).refund('["tx_1", "ref_1"]', "key_1"),
}


@pytest.mark.parametrize("call", CALLS)
def test_while_secrets_cannot_be_read_surely_nothing_is_sent(call: str) -> None:
    assert CALLS[call]() == Unreachable("credentials cannot be read")


def test_while_secrets_cannot_be_read_a_list_is_not_empty() -> None:
    with pytest.raises(ProviderUnavailable):
        list(_STRIPE.list_sessions(NOW, NOW + DAY))
