"""What another system has sold is taken over: each record whole or not at all, once, and nobody hears of a sale."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from operations import __main__ as command_line
from operations.imports import importer
from tests.operations.importing import (
    NOW,
    Fields,
    Moving,
    a_purchase,
    a_subscription,
    charged_by_us,
    went_back,
)
from tests.support.calls import counted_calls
from tests.support.deployment import Deployment
from tests.support.promises import hold_stored_events
from tollgate.adapters.dynamodb.payments import DynamoPayments
from tollgate.adapters.dynamodb.store import Table, connect
from tollgate.adapters.dynamodb.subscriptions import DynamoSubscriptions
from tollgate.kernel.access import Viewer
from tollgate.kernel.clock import from_iso
from tollgate.mails.model import LETTER_OF
from tollgate.payments.ports import PaymentKey
from tollgate.runtime.workflow_work import StartWorkflows
from tollgate.statistics.model import OUTCOME_OF
from tollgate.subscriptions.model import Renewer, State
from tollgate.subscriptions.plans import PlanStatus

MIXED = [a_subscription(1), a_purchase(1), charged_by_us(2), a_subscription(3, status="trialing"), a_purchase(2)]


@pytest.fixture
def moving(deployed: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Moving:
    monkeypatch.setattr(command_line, "_now", lambda _: NOW)
    return Moving(deployed, tmp_path)


def _stores(moving: Moving) -> tuple[DynamoSubscriptions, DynamoPayments]:
    core = Table(connect(), moving.deployed.environment["CORE_TABLE"])
    return DynamoSubscriptions(core), DynamoPayments(core)


def test_a_subscription_goes_on_as_it_stood(moving: Moving) -> None:
    told = moving.run([a_subscription(ends_at="2026-11-20T10:00:00+01:00", created_at="2025-01-20T09:00:00Z")])
    assert (told.code, told.counts) == (0, (1, 0, 0))
    subscriptions, _ = _stores(moving)
    key = subscriptions.find("stripe", "sub_1")
    assert key is not None
    of = subscriptions.get(key)
    assert of is not None
    assert (of.owner, of.state, of.terms.code, of.terms.unit.amount) == ("user-1", State.ACTIVE, "gold_month", 3999)
    assert (of.renewed_by, of.customer, of.email, of.payment) == (Renewer.PROVIDER, "cus_1", "zoe.1@mail.example", "")
    assert (of.period and of.period.end, of.ends_at) == (from_iso("2026-11-20T09:00:00Z"),) * 2
    assert of.created_at == from_iso("2025-01-20T09:00:00Z")
    assert PlanStatus(subscriptions).of(Viewer("demo", "user-1")) == (of,)
    assert [each["type"] for each in subscriptions.history(key, limit=9)] == ["payments.subscription.imported"]


def test_a_price_of_its_own_stays_and_a_trial_ends_with_its_period(moving: Moving) -> None:
    moving.run([a_subscription(status="trialing", amount=2500, currency="EUR")])
    (of,) = PlanStatus(_stores(moving)[0]).of(Viewer("demo", "user-1"))
    assert (str(of.terms.unit), of.status, of.trial_end) == ("25.00 EUR", "trialing", of.period and of.period.end)


def test_one_that_we_charge_is_due_as_its_period_ends(moving: Moving) -> None:
    moving.run([charged_by_us()])
    (of,) = PlanStatus(_stores(moving)[0]).of(Viewer("demo", "user-1"))
    assert (of.renewed_by, of.source, of.reference) == (Renewer.PLATFORM, "cus_1/pm_1", None)
    assert of.due_at == from_iso("2026-11-20T09:00:00Z")
    (item,) = moving.deployed.stored("subscription")
    assert item["due"]["S"].startswith("renewals#")


def test_a_paused_one_is_paused(moving: Moving) -> None:
    moving.run([a_subscription(status="paused", paused_at="2026-11-01T09:00:00Z")])
    (of,) = PlanStatus(_stores(moving)[0]).of(Viewer("demo", "user-1"))
    assert (of.status, of.paused_at) == ("paused", from_iso("2026-11-01T09:00:00Z"))


def test_a_purchase_is_a_settled_payment_and_no_entry(moving: Moving) -> None:
    named = a_purchase(2, item=None, name="T-Shirt, größe M", **went_back(2000))
    assert moving.run([a_purchase(1), named, a_purchase(3, **went_back(5000, provider_refund="re_3"))]).code == 0
    _, payments = _stores(moving)
    statuses = {}
    for number in (1, 2, 3):
        key = payments.find("stripe", f"pi_{number}")
        assert key is not None
        payment = payments.get(key)
        assert payment is not None
        assert payment.due_at is None
        assert payment.created_at == from_iso("2026-09-01T16:30:00Z")
        statuses[payment.owner] = (payment.status, payment.refundable, payment.items[0].code, payment.items[0].name)
    assert statuses == {
        "user-1": ("settled", 5000, "concert_ticket", "Concert ticket"),
        "user-2": ("partially_refunded", 3000, "imported", "T-Shirt, größe M"),
        "user-3": ("refunded", 0, "concert_ticket", "Concert ticket"),
    }
    assert moving.deployed.stored("journal_entry") == []


def test_nobody_hears_of_a_sale_and_everybody_of_the_import(moving: Moving) -> None:
    assert moving.run([*MIXED, a_purchase(9, **went_back())]).code == 0
    hold_stored_events(moving.deployed.items())
    envelopes = [json.loads(item["body"]["S"]) for item in moving.deployed.stored("event")]
    assert {each["type"] for each in envelopes} == {
        f"payments.{what}.imported" for what in ("subscription", "purchase")
    }
    assert not {each["type"] for each in envelopes} & ({*LETTER_OF, *OUTCOME_OF} | StartWorkflows.types)
    assert {each["data"]["legacy_id"] for each in envelopes} >= {"leg-1", "order-1"}
    assert "mail.example" not in json.dumps(envelopes)


def test_importing_again_changes_nothing_and_reads_once(moving: Moving) -> None:
    rows = [*(a_subscription(number) for number in range(120)), *(a_purchase(number) for number in range(120))]
    assert moving.run(rows).counts == (240, 0, 0)
    before = moving.items()
    with counted_calls() as calls:
        assert moving.run(rows).counts == (0, 240, 0)
    assert calls.of("dynamodb") == ["BatchGetItem"] * 3
    assert moving.items() == before


def test_csv_says_what_json_lines_say(moving: Moving) -> None:
    rows = [*MIXED, a_purchase(7, name='A "red", large one', item=None)]
    assert moving.run(rows, name="billing.csv").counts == (6, 0, 0)
    before = moving.items()
    assert moving.run(rows).counts == (0, 6, 0)
    assert moving.items() == before


def test_what_holds_for_all_records_is_said_once(moving: Moving) -> None:
    bare: list[Fields] = [a_subscription(number, kind=None, tenant=None) for number in range(3)]
    assert moving.run(bare, "--tenant", "demo", "--kind", "subscription", name="members.csv").counts == (3, 0, 0)
    assert moving.run([a_subscription(number) for number in range(3)]).counts == (0, 3, 0)


@pytest.mark.parametrize(
    "changed",
    [
        a_subscription(amount=100, currency="USD"),
        a_subscription(email="other@mail.example"),
        a_subscription(period_end="2026-11-20T09:00:01Z"),
        a_subscription(email=None),
    ],
)
def test_what_says_something_else_than_before_is_rejected_and_nothing_is_overwritten(
    moving: Moving, changed: Fields
) -> None:
    moving.run([a_subscription()])
    before = moving.items()
    told = moving.run([changed])
    assert (told.code, moving.reasons()) == (1, [(1, "differs", "legacy_id")])
    assert moving.items() == before


def test_what_has_become_wrong_since_is_unchanged(moving: Moving, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [a_subscription(1), charged_by_us(2)]
    moving.run(rows)
    monkeypatch.setattr(command_line, "_now", lambda _: from_iso("2027-11-05T12:00:00Z"))
    assert moving.run(rows).counts == (0, 2, 0)


def test_what_is_taken_is_rejected_in_the_store_and_within_the_file(moving: Moving) -> None:
    moving.run([a_subscription(1), a_purchase(1)])
    rows = [
        a_subscription(2, user_id="user-1"),
        a_subscription(3, provider_subscription="sub_1"),
        a_purchase(4, provider_payment="pi_1"),
        a_subscription(5),
        a_subscription(6, user_id="user-5"),
        a_subscription(7, user_id="user-5", plan="silver_month"),
        a_purchase(8),
        a_purchase(9, provider_payment="pi_8"),
        a_subscription(5),
        a_subscription(5, plan="gold_year"),
    ]
    rehearsed = moving.run(rows, "--dry-run")
    report = moving.reasons()
    told = moving.run(rows)
    assert moving.reasons() == report
    assert report == [
        (1, "already_subscribed", "user_id"),
        (2, "reference_taken", "provider_subscription"),
        (3, "reference_taken", "provider_payment"),
        (5, "already_subscribed", "user_id"),
        (8, "reference_taken", "provider_payment"),
        (10, "differs", "legacy_id"),
    ]
    assert told.counts == rehearsed.counts == (3, 1, 6)
    assert told.summary["reasons"] == rehearsed.summary["reasons"]


def test_a_dry_run_tells_the_same_and_stores_nothing(moving: Moving) -> None:
    rows = [*MIXED, a_subscription(8, plan="nothing"), a_subscription(9, user_id="user-1"), a_purchase(10, amount="x")]
    before = moving.items()
    with counted_calls() as calls:
        rehearsed = moving.run(rows, "--dry-run")
    assert set(calls.of("dynamodb")) <= {"GetItem", "BatchGetItem"}
    assert moving.items() == before
    report = moving.report()
    told = moving.run(rows)
    assert {**told.summary, "dry_run": True} == rehearsed.summary
    assert (told.counts, moving.report()) == ((5, 0, 3), report)
    assert moving.run(rows, "--dry-run").counts == (0, 5, 3)


def test_progress_is_told_with_how_much_there_is(moving: Moving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importer, "TELL_EVERY_SECONDS", 0.0)
    rows = [a_purchase(number) for number in range(210)]
    told = moving.run([*rows, a_purchase(1, amount=-1)])
    lines = [line for line in told.progress.splitlines() if " of 211 rows, " in line]
    assert [line.partition(" ")[0] for line in lines] == ["100", "200", "211"]
    assert lines[-1].endswith(": 210 imported, 0 unchanged, 1 rejected")


def test_a_report_is_of_its_run_alone_and_tells_nothing_personal(moving: Moving) -> None:
    wrong = a_subscription(user_id="zoe@mail.example\u2028", email="nobody", legacy_id="zoe@mail.example")
    told = moving.run([wrong, a_subscription(2, status="past_due")])
    assert [each["legacy_id"] for each in moving.report()] == [None, "leg-2"]
    for text in ("mail.example", "nobody", "user-2"):
        assert text not in json.dumps(moving.report()) + told.progress + json.dumps(told.summary)
    assert moving.run([a_subscription(2)]).summary["report"] is None
    assert moving.report() == []


def test_a_payment_that_is_found_is_where_it_was_paid(moving: Moving) -> None:
    moving.run([a_purchase(1, provider="square", provider_payment="sq-1")])
    _, payments = _stores(moving)
    assert payments.find("stripe", "sq-1") is None
    key = payments.find("square", "sq-1")
    assert isinstance(key, PaymentKey)
