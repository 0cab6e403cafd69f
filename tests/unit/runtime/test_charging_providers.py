"""Who charges at once in a deployment."""

from __future__ import annotations

from tests.support.builders import NOW
from tests.support.fakes import MemorySecrets
from tollgate.adapters.providers.mock.charges import MockCharges
from tollgate.adapters.providers.mock.client import MockProvider
from tollgate.adapters.providers.square.api import SquareApi
from tollgate.adapters.providers.square.charges import SquareCharges
from tollgate.adapters.providers.square.client import SquareProvider
from tollgate.adapters.providers.stripe.charges import StripeCharges
from tollgate.adapters.providers.stripe.client import StripeProvider
from tollgate.kernel.clock import FixedClock
from tollgate.runtime.composition.providers import make_charges


def test_each_provider_charges_under_the_name_of_its_pages() -> None:
    clock = FixedClock(NOW)
    made = make_charges(
        {
            "mock": MockProvider(clock, enabled=True, page=""),
            "stripe": StripeProvider(MemorySecrets(), clock, enabled=True),
            "square": SquareProvider(SquareApi(MemorySecrets()), clock, enabled=True, locations={}),
        }
    )
    assert isinstance(made["mock"], MockCharges)
    assert isinstance(made["stripe"], StripeCharges)
    assert isinstance(made["square"], SquareCharges)


def test_one_that_is_not_there_charges_nobody() -> None:
    assert make_charges({}) == {}
