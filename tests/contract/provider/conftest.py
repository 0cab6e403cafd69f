"""Every promise of a provider is tried in the simulation's books, and over Stripe's SDK."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.provider.providers import AtStripe, InBooks, Provider
from tests.simulators.world import a_world


@pytest.fixture(params=["books", "stripe"])
def provider(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Provider]:
    if request.param == "books":
        yield InBooks()
        return
    with a_world(tmp_path) as simulator:
        yield AtStripe(simulator)
