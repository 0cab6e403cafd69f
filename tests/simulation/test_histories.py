"""Ten thousand random histories, each with faults, crashes and everything that comes twice, late or never."""

from __future__ import annotations

import pytest

from tests.simulation.playing import explain, play_all
from tests.simulation.running import of_seed

SEEDS = 10_000


@pytest.mark.timeout(1_200)
def test_no_history_loses_or_doubles_anything() -> None:
    played = play_all(0, SEEDS, processes=2)
    assert not played.failed, explain(of_seed(played.failed[0]), f"seed {played.failed[0]}")
    # A history in which nothing happens proves nothing.
    assert all(played.reached[what] > SEEDS // 100 for what in played.reached), played.reached
