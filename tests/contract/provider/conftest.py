"""Every promise of a provider is tried in the simulation's books, over Stripe's SDK, and at Square."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.provider.at_square import AtSquare
from tests.contract.provider.providers import AtStripe, InBooks, Provider
from tests.simulators.square_world import a_square
from tests.simulators.world import a_world


@pytest.fixture(params=["books", "stripe", "square"])
def provider(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Provider]:
    if request.param == "books":
        yield InBooks()
        return
    if request.param == "square":
        with a_square() as square:
            yield AtSquare(square)
        return
    with a_world(tmp_path) as simulator:
        yield AtStripe(simulator)
