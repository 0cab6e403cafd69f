"""Every promise of a provider is tried in the simulation's books, over Stripe's SDK, at Square, and at PayPal, which
lists no pages; those that need no keys, at Segpay too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.contract.provider.at_paypal import AtPayPal
from tests.contract.provider.at_segpay import AtSegpay
from tests.contract.provider.at_square import AtSquare
from tests.contract.provider.providers import KEYED, AnyProvider, AtStripe, InBooks
from tests.simulators.paypal_world import a_paypal
from tests.simulators.segpay_world import a_segpay_world
from tests.simulators.square_world import a_square
from tests.simulators.world import a_world


@pytest.fixture(params=KEYED)
def provider(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnyProvider]:
    with ExitStack() as stack:
        match request.param:
            case "books":
                yield InBooks()
            case "stripe":
                yield AtStripe(stack.enter_context(a_world(tmp_path)))
            case "square":
                yield AtSquare(stack.enter_context(a_square()))
            case "paypal":
                yield AtPayPal(stack.enter_context(a_paypal()))
            case "segpay":
                yield AtSegpay(stack.enter_context(a_segpay_world()))
