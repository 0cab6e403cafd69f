"""Disputes by the month: from Stripe's webhook, through the counting function, to what admins see."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.functions.reconciling import Stuck
from tests.functions.refunding import paid, refund
from tests.functions.test_stats import count, messages, published, stats
from tests.support.deployment import Answer
from tollgate.statistics.model import month_of
from tollgate.statistics.months import beginning_of, month_before

MINUTE, DAY = 60, 86_400


@pytest.fixture(autouse=True)
def _the_tenth_of_next_month(stuck: Stuck) -> None:
    """No month ends while a test runs."""
    now = datetime.now(UTC)
    tenth = beginning_of(month_of(now.replace(day=1) + timedelta(days=32))) + timedelta(days=9)
    stuck.later((tenth - now).total_seconds())
    stuck.swept(0)


def _disputed(stuck: Stuck, checkout: Answer, outcome: str | None = None) -> None:
    """The bank takes the money back, and what became of it; the reconciler finds out whose it was."""
    intent = next(
        each
        for each in stuck.stripe.client.v1.payment_intents.list({"limit": 100}).data
        if each.metadata["tollgate_payment"] == checkout.body["id"]
    )
    dispute = _hear(stuck, "charge.dispute.funds_withdrawn", f"payment_intents/{intent.id}/dispute")
    if outcome:
        _hear(stuck, "charge.dispute.closed", f"disputes/{dispute['id']}/close", outcome=outcome)


def _hear(stuck: Stuck, type_: str, control: str, **fields: Any) -> Any:
    heard = stuck.stripe.receiver.types().count(type_)
    done = stuck.stripe.control(control, **fields)
    stuck.stripe.receiver.wait_for(type_, count=heard + 1)
    stuck.pass_on()
    stuck.deployed.apply_inbox()
    stuck.later(2 * MINUTE)
    stuck.reconcile()
    return done


def _months(stuck: Stuck, tenant: str = "demo") -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = stats(stuck.deployed, tenant=tenant).body["disputes"]
    return shown


def _nothing(month: str) -> dict[str, Any]:
    counts = dict.fromkeys(("opened", "won", "lost", "refunded", "successful"), 0)
    return {"month": month, **counts, "rateBasisPoints": None}


def _this_month(stuck: Stuck) -> str:
    told = stats(stuck.deployed).body["timestamp"]
    return month_of(datetime.fromisoformat(told))


def test_an_admin_sees_what_was_disputed_of_this_month_and_the_one_before(stuck: Stuck) -> None:
    lost, won, kept = paid(stuck), paid(stuck), paid(stuck)
    _disputed(stuck, lost, "lost")
    _disputed(stuck, won, "won")
    assert refund(stuck, kept.body["id"], amount=1_000).status == 200
    assert count(stuck.deployed, messages(*published(stuck.deployed))) == []
    this = _this_month(stuck)
    counts = {"opened": 2, "won": 1, "lost": 1, "refunded": 1, "successful": 3, "rateBasisPoints": 6_667}
    assert _months(stuck) == [{"month": this, **counts}, _nothing(month_before(this))]
    assert _months(stuck, tenant="other") == [_nothing(this), _nothing(month_before(this))]


def test_a_dispute_that_is_delivered_again_and_again_is_one(stuck: Stuck) -> None:
    _disputed(stuck, paid(stuck), "lost")
    records = messages(*reversed(published(stuck.deployed)))
    stuck.deployed.function("stats_counter")
    with ThreadPoolExecutor(10) as pool:
        parts = [records, records[:2], records[2:], records] * 5
        assert not any(pool.map(lambda part: count(stuck.deployed, part), parts))
    shown, _ = _months(stuck)
    assert (shown["opened"], shown["lost"], shown["successful"], shown["rateBasisPoints"]) == (1, 1, 1, 10_000)
    assert stats(stuck.deployed).body["last24Hours"]["successful"] == 1


def test_a_dispute_counts_in_its_own_month_and_not_in_that_of_the_sale(stuck: Stuck) -> None:
    checkout = paid(stuck)
    count(stuck.deployed, messages(*published(stuck.deployed)))
    stuck.swept(40 * DAY)
    stuck.later(40 * DAY)
    _disputed(stuck, checkout)
    count(stuck.deployed, messages(*published(stuck.deployed)))
    this = _this_month(stuck)
    months = {each["month"]: (each["opened"], each["successful"]) for each in _months(stuck)}
    assert months == {this: (1, 0), month_before(this): (0, 1)}


def test_a_dispute_that_no_subscriber_has_had_is_published_again(stuck: Stuck) -> None:
    checkout = paid(stuck)
    stuck.delivered()
    _disputed(stuck, checkout)
    stuck.later(15 * MINUTE)
    assert stuck.reconcile()["repaired"] == {"undelivered_events": 1}
    count(stuck.deployed, messages(*published(stuck.deployed)))
    stuck.later(15 * MINUTE)
    stuck.reconcile()
    assert stuck.repairs()["undelivered_events"] == "done"
