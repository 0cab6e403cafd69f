"""As `test_the_harness_can_fail`, with bugs that ask a bank too often, and lose what was paid, or a seat.

In one world: what they leave behind, no run of the reconciler looks at.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import pytest

from tests.crash.planting import named, tried_with
from tests.support.crashing import Harness
from tollgate.adapters.dynamodb.subscriptions import DynamoSubscriptions
from tollgate.kernel.unit_of_work import Write
from tollgate.subscriptions import paying
from tollgate.subscriptions.invoiced import InvoicedPayments
from tollgate.subscriptions.model import Subscription
from tollgate.subscriptions.recording import SubscriptionRecorder
from tollgate.subscriptions.reports import Retried

STRIPE_PAYS, STORED = "stripe.POST /v1/invoices/{id}/pay", "dynamodb.TransactWriteItems"


def test_a_try_under_a_new_key_each_time(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bank is asked once more than anybody knows."""
    monkeypatch.setattr(paying, "derived", lambda *_: str(uuid.uuid4()))
    tried = tried_with(harness, "subscription dunning, declined", "crash after", at=STRIPE_PAYS)
    assert named(tried) == {"settled"}
    assert any("asked 3 times" in violation.told for violation in tried.violations)


def test_a_try_that_does_not_count_for_the_plan(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if its provider had told of it: it is told, and planned still."""
    record = SubscriptionRecorder.record

    def unplanned(recorder: SubscriptionRecorder, of: Subscription, fact: Any, *rest: Any, **named: Any) -> Any:
        return record(recorder, of, fact.failed if isinstance(fact, Retried) else fact, *rest, **named)

    monkeypatch.setattr(SubscriptionRecorder, "record", unplanned)
    tried = tried_with(harness, "subscription dunning, declined", "crash after", at=STORED)
    assert named(tried) == {"settled"}
    assert any("is not dunned as planned" in violation.told for violation in tried.violations)


def test_a_seat_that_is_left_after_the_end(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a transaction of its own, which follows at once."""
    leave, record, left = DynamoSubscriptions._leave, SubscriptionRecorder.record, list[Write]()
    update = DynamoSubscriptions.update

    def apart(subscriptions: DynamoSubscriptions, change: Any) -> tuple[Write, ...]:
        writes = update(subscriptions, change)
        if change.subscription.is_open or not change.events:
            return writes
        left[:] = [leave(subscriptions, change.subscription)]
        return writes[:-1]

    def one_by_one(recorder: SubscriptionRecorder, *arguments: Any, **named: Any) -> Any:
        left.clear()
        recorded = record(recorder, *arguments, **named)
        if left:
            recorder._unit_of_work.commit(*left)
        return recorded

    monkeypatch.setattr(DynamoSubscriptions, "update", apart)
    monkeypatch.setattr(SubscriptionRecorder, "record", one_by_one)
    tried = tried_with(harness, "subscription cancel, now", "crash after", at=STORED)
    assert named(tried) == {"an_open_subscription_has_its_seat_and_one_that_is_over_has_none"}


def test_a_payment_that_is_stored_after_its_period(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a transaction of its own, which follows at once."""
    writes, record, apart = InvoicedPayments.writes, SubscriptionRecorder.record, list[Write]()

    def none(invoiced: InvoicedPayments, *arguments: Any) -> Sequence[Write]:
        apart[:] = writes(invoiced, *arguments)
        return ()

    def one_by_one(recorder: SubscriptionRecorder, *arguments: Any, **named: Any) -> Any:
        apart.clear()
        recorded = record(recorder, *arguments, **named)
        if apart:
            recorder._unit_of_work.commit(*apart)
        return recorded

    monkeypatch.setattr(InvoicedPayments, "writes", none)
    monkeypatch.setattr(SubscriptionRecorder, "record", one_by_one)
    tried = tried_with(harness, "subscription that is renewed", "crash after", at=STORED)
    assert named(tried) >= {
        "a_period_is_paid_by_a_payment_of_its_own",
        "what_stripe_took_for_a_subscription_is_a_payment",
    }
