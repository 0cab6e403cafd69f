"""Renewals that a provider takes in another amount, or does not take at all: what becomes of the subscription."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tests.functions.refunding import refund
from tests.functions.renewing import Box, a_box
from tests.simulators.square_world import a_square
from tests.simulators.world import a_world
from tests.support.engine import Engine
from tollgate.adapters.providers.mock.charges import MockCharges
from tollgate.checkout.charge_ports import Taken
from tollgate.kernel.money import Money

MINUTES = 60


@pytest.fixture
def box(engine: Engine, tmp_path: Path) -> Iterator[Box]:
    with a_world(tmp_path) as stripe, a_square() as square, a_box(engine, stripe, square, tmp_path) as made:
        yield made


def swept_short_of(box: Box, cents: int) -> dict[str, int]:
    """A run in which the mock takes less than it was asked for."""
    outcome = MockCharges._outcome

    def short(mock: MockCharges, asked: dict[str, Any], reference: str) -> Any:
        made = outcome(mock, asked, reference)
        assert isinstance(made, Taken)
        less = Money(made.capture.amount.amount - cents, made.capture.amount.currency)
        return Taken(replace(made.capture, amount=less))

    with patch.object(MockCharges, "_outcome", short):
        done: dict[str, int] = box.sweep()["done"]
        return done


def reconcile_later(box: Box) -> None:
    box.till.stuck.swept(16 * MINUTES, "square")
    box.pass_time(16 * MINUTES)
    box.till.stuck.reconcile()


def held(box: Box) -> str:
    """The payment of a renewal whose money is held."""
    (found,) = (each for each in box.deployed.stored("payment") if "review" in each)
    return str(found["pk"]["S"].split("#")[2])


def test_a_renewal_in_a_wrong_amount_is_owed_once_its_money_has_gone_back(box: Box) -> None:
    active = box.subscribe("mock")
    box.until(active["currentPeriodEnd"])
    assert swept_short_of(box, 99) == {"unsure": 1}
    payment = held(box)
    reconcile_later(box)
    assert box.sweep()["done"] == {"unsure": 1}  # it is for a person to decide
    answer = refund(box.till.stuck, payment, who=box.deployed.as_user("boss", role="admin"))
    assert answer.status in (200, 201), answer.body
    reconcile_later(box)
    owing = box.show(active["id"])
    assert (owing["status"], owing["pastDue"]["decline"]["class"]) == ("past_due", "soft")
    assert box.sweep()["done"] == {}
    assert box.dun(active["id"], 2)[0] == "waiting"
    assert box.show(active["id"])["status"] == "active"
    assert box.said(active["id"])[2:] == ["grace_started", "grace_ended", "renewed"]
    assert box.ask("POST", f"/subscriptions/{active['id']}/cancel", {"when": "now"}).status == 200
