"""A deployment in memory for each test."""

from __future__ import annotations

import pytest

from tests.support.checkout_world import CheckoutWorld


@pytest.fixture
def world() -> CheckoutWorld:
    return CheckoutWorld()
