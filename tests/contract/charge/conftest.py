"""Every promise of a direct charge is tried in the simulation's books, on the mock, at Stripe and at Square, by the
parameter `provider`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.charge.at_square import AtSquare
from tests.contract.charge.in_books import InBooks
from tests.contract.charge.providers import AtMock, AtStripe, Charging
from tests.simulators.square_world import a_square
from tests.simulators.world import a_world


@pytest.fixture(params=["books", "mock", "stripe", "square"])
def provider(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Charging]:
    if request.param == "books":
        yield InBooks()
        return
    if request.param == "mock":
        yield AtMock()
        return
    if request.param == "square":
        with a_square() as square:
            yield AtSquare(square)
        return
    with a_world(tmp_path) as simulator:
        yield AtStripe(simulator)
