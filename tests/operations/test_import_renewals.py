"""What the platform charges from the import on: with the method that was saved, by a provider that can be asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from operations import __main__ as command_line
from operations.imports.drafting import CARD, METHODS
from operations.imports.subscription_rows import CHARGED, CHARGING
from tests.functions.renewing import Box, a_box
from tests.functions.subscribing import SERVICE
from tests.operations.importing import NOW, Fields, Moving, charged_by_us
from tests.simulators.square_world import a_square
from tests.simulators.world import a_world
from tests.support.engine import Engine
from tollgate.adapters.late_secrets import LateSecrets
from tollgate.catalog.rules import PROVIDERS
from tollgate.kernel.clock import FixedClock, from_milliseconds, to_iso
from tollgate.kernel.ids import SortableIds
from tollgate.runtime.composition.providers import make_charges, make_providers
from tollgate.runtime.composition.recording import make_recording
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.composition.subscribing import make_subscribing
from tollgate.runtime.settings import Settings

DAY = 86_400


@pytest.fixture
def box(engine: Engine, tmp_path: Path) -> Iterator[Box]:
    with a_world(tmp_path) as stripe, a_square() as square, a_box(engine, stripe, square, tmp_path) as made:
        yield made


@pytest.fixture
def moving(box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Moving:
    monkeypatch.setattr(command_line, "_now", lambda _: from_milliseconds(int(box.now() * 1000)))
    return Moving(box.deployed, tmp_path)


def _row(box: Box, provider: str, **fields: Any) -> Fields:
    """One whose period has ten days left."""
    start, end = (to_iso(from_milliseconds(int(box.now() + days * DAY) * 1000)) for days in (-20, 10))
    source = box.saved(provider)
    return charged_by_us(provider=provider, source=source, period_start=start, period_end=end, **fields)


def _imported(box: Box) -> str:
    path = "/internal/payments/subscriptions"
    told = box.deployed.call(
        "GET", path, query="consumerTenantId=demo", headers=SERVICE, function="subscription_api"
    ).body
    (record,) = told["subscriptions"]
    return str(record["subscriptionId"])


@pytest.mark.parametrize("provider", sorted(CHARGED))
def test_its_periods_are_charged_from_the_end_of_the_imported_one_on(box: Box, moving: Moving, provider: str) -> None:
    row = _row(box, provider)
    assert moving.run([row]).counts == (1, 0, 0)
    id_ = _imported(box)
    assert box.sweep()["done"] == {}
    box.until(row["period_end"])
    assert box.sweep()["done"] == {"renewed": 1}
    assert box.sweep()["done"] == {}
    assert box.said(id_) == ["imported", "renewed"]
    assert box.show(id_)["currentPeriodStart"] == row["period_end"]
    assert box.payments() == [("confirmed", 3999)]
    assert moving.run([row]).counts == (0, 1, 0)


def test_a_legacy_price_is_what_is_charged(box: Box, moving: Moving) -> None:
    row = _row(box, "stripe", amount=2500, currency="EUR")
    moving.run([row])
    box.until(row["period_end"])
    box.sweep()
    assert box.payments() == [("confirmed", 2500)]


def test_a_trial_is_charged_when_it_is_over(box: Box, moving: Moving) -> None:
    row = _row(box, "stripe", status="trialing")
    moving.run([row])
    box.until(row["period_end"])
    box.sweep()
    shown = box.show(_imported(box))
    assert (shown["status"], box.payments()) == ("active", [("confirmed", 3999)])


def test_one_that_was_cancelled_ends_with_its_period_and_is_not_charged(box: Box, moving: Moving) -> None:
    row = _row(box, "stripe")
    moving.run([row | {"ends_at": row["period_end"]}])
    box.until(row["period_end"])
    assert box.sweep()["done"] == {"ended": 1}
    assert (box.show(_imported(box))["status"], box.payments()) == ("cancelled", [])


def test_one_that_is_paused_is_not_charged_until_it_goes_on(box: Box, moving: Moving) -> None:
    row = _row(box, "stripe")
    moving.run([row | {"status": "paused", "paused_at": row["period_start"]}])
    box.until(row["period_end"], 5 * DAY)
    assert box.sweep()["done"] == {}
    assert box.ask("POST", f"/subscriptions/{_imported(box)}/resume").status == 200
    box.pass_time(1)
    assert box.sweep()["done"] == {"renewed": 1}
    assert box.payments() == [("confirmed", 3999)]


def test_one_that_has_been_paused_for_long_begins_anew_when_it_goes_on(box: Box, moving: Moving) -> None:
    row = _row(box, "stripe")
    start, end = (to_iso(from_milliseconds(int(box.now() + days * DAY) * 1000)) for days in (-90, -60))
    paused = {"status": "paused", "paused_at": end, "period_start": start, "period_end": end}
    assert moving.run([row | paused]).counts == (1, 0, 0)
    assert box.sweep()["done"] == {}
    id_ = _imported(box)
    assert box.ask("POST", f"/subscriptions/{id_}/resume").status == 200
    box.pass_time(1)
    assert box.sweep()["done"] == {"renewed": 1}
    assert box.show(id_)["currentPeriodStart"] > to_iso(from_milliseconds(int(box.now() - 60) * 1000))


# --- who can be asked is said where records are read, and known where functions are composed ---


def test_whoever_charges_by_itself_is_who_is_asked_about_renewals() -> None:
    settings, clock = Settings.from_environment({}), FixedClock(NOW)
    storage = open_storage(settings)
    recording = make_recording(settings, storage, clock, SortableIds(clock))
    made = make_subscribing(settings, storage, recording, LateSecrets("none"), clock)
    # These know a subscription by what its own checkout sent them, which one of another system never saw.
    unknown = {"segpay", "paypal"}
    assert {name for name in PROVIDERS if made.providers.of(name)} - unknown == CHARGING


def test_whoever_is_charged_by_the_platform_can_be_and_is_paid_in_a_way_that_it_offers() -> None:
    providers = make_providers(Settings.from_environment({}), LateSecrets("none"), FixedClock(NOW))
    assert set(make_charges(providers)) & PROVIDERS == CHARGED
    for name in PROVIDERS:
        assert METHODS.get(name, CARD) in providers[name].offer.methods
