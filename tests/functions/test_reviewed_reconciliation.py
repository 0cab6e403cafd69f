"""What a review of the reconciler found, each with what it would have cost."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from tests.functions.reconciling import Killed, Stuck
from tests.functions.refunding import refund, shown
from tests.support.requests import a_mock_event
from tollgate.adapters.dynamodb.event_log import DynamoEventLog
from tollgate.adapters.providers.stripe.client import StripeProvider
from tollgate.adapters.providers.stripe.refund_client import StripeRefunds
from tollgate.checkout.ports import SeenSession, Unknown
from tollgate.kernel.errors import StoreUnavailable
from tollgate.payments.model import Session
from tollgate.reconciliation.ports import PublishedEvent

MINUTE, HOUR = 60, 3600
PATH = "/admin/reconciliation"


class BusyTime:
    """A time in which something happens each second. A run gets through so many of these, and then is out of time."""

    def __init__(self, in_a_run: int) -> None:
        self.in_a_run = in_a_run
        self.seen = 0
        self.begun: list[datetime] = []

    def run(self, stuck: Stuck) -> dict[str, Any]:
        self.seen, self.begun = 0, []
        left = SimpleNamespace(aws_request_id="r", get_remaining_time_in_millis=self._left)
        told: dict[str, Any] = stuck.deployed.function("reconciler").handler({}, left)
        return told

    def seconds(self, since: datetime, until: datetime) -> Iterator[int]:
        self.begun.append(since)
        for second in range(int((until - since).total_seconds())):
            self.seen += 1
            if self.seen == 2 * self.in_a_run:
                raise Killed
            yield second

    def _left(self) -> int:
        return 100_000 if self.seen < self.in_a_run else 1000


def test_money_in_another_currency_stays_a_finding_until_somebody_decides(stuck: Stuck) -> None:
    """Nothing of it may go back in the payment's currency, which does not mean that nothing is left to decide."""
    checkout = stuck.deployed.checkout()
    stuck.deployed.tell(a_mock_event(checkout.body, currency="EUR"))
    stuck.deployed.apply_inbox()
    assert shown(stuck, checkout)["captured"] == 0, "none of it is in the payment's currency"
    assert stuck.reconcile()["found"] == {"held_money": 1}
    stuck.later(10 * MINUTE)
    stuck.reconcile()
    assert stuck.repairs()["held_money"] == "proposed"


def test_what_is_found_anew_is_not_said_to_have_been_settled_by_whoever_settled_it_before(stuck: Stuck) -> None:
    stuck.stripe.control("api/faults", kind="drop", times=2, path="/v1/checkout/sessions")
    assert stuck.checkout().status == 502
    stuck.later(1)
    stuck.reconcile()
    (finding,) = stuck.admin("GET", PATH).body["findings"]
    assert stuck.admin("POST", f"{PATH}/{finding['id']}/settle").body["settledBy"] == "boss"
    stuck.later(5 * MINUTE)
    assert stuck.reconcile()["repaired"] == {"unfinished_request": 1}
    (mended,) = stuck.admin("GET", PATH, query="state=settled").body["findings"]
    assert (mended["repair"], mended["settledBy"]) == ("done", None)


@pytest.mark.parametrize("place", ["0001-01-01T00:00:00+14:00", "2026-01-01#\ud800", "2026-01-01#" + "x" * 3000])
def test_a_cursor_that_no_list_could_have_given_is_refused(stuck: Stuck, place: str) -> None:
    made_up = json.dumps(["#open-findings#demo", place]).encode()
    cursor = base64.urlsafe_b64encode(made_up).decode().rstrip("=")
    answer = stuck.admin("GET", PATH, query=f"cursor={cursor}")
    assert (answer.status, answer.body["code"]) == (400, "CURSOR_INVALID")


def test_pages_of_a_busy_provider_are_compared_for_as_long_as_a_run_has_time(
    stuck: Stuck, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stretch that does not fit into a run must neither have it killed nor be begun again for ever."""
    busy = BusyTime(1000)

    def listed(_: StripeProvider, since: datetime, until: datetime) -> Iterator[SeenSession]:
        for second in busy.seconds(since, until):
            yield SeenSession(Session(f"cs_{second}", None, until), since, None, None, None)

    monkeypatch.setattr(StripeProvider, "list_sessions", listed)
    assert not busy.run(stuck)["complete"]
    first = busy.begun[0]
    busy.run(stuck)
    assert busy.begun[0] > first


def test_events_of_a_busy_time_are_followed_for_as_long_as_a_run_has_time(
    stuck: Stuck, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = BusyTime(1000)

    def between(_: DynamoEventLog, since: datetime, until: datetime) -> Iterator[PublishedEvent]:
        for second in busy.seconds(since, until):
            yield PublishedEvent(f"evt_{second}", "demo", "payments.payment.created", "pay_1", 1, "{}", seen=True)

    monkeypatch.setattr(DynamoEventLog, "between", between)
    assert not busy.run(stuck)["complete"]
    first = busy.begun[0]
    busy.run(stuck)
    assert busy.begun[0] > first


def test_money_for_a_page_that_was_given_up_is_taken_in(stuck: Stuck) -> None:
    """Its request was abandoned, so that the payment has no page; the provider's list has one that was paid."""
    stuck.killed_after_the_page_was_made()
    (page,) = stuck.stripe.client.v1.checkout.sessions.list().data
    stuck.stripe.control(f"sessions/{page.id}/pay")
    stuck.later(23 * HOUR + 10 * MINUTE)
    run = stuck.reconcile()
    assert (run["repaired"]["unfinished_request"], run["repaired"]["missed_event"]) == (1, 1)
    (payment,) = stuck.deployed.stored("payment")
    assert (payment["state"]["S"], payment["review"]["S"]) == ("cancelled", "late_capture")


def test_a_refund_of_held_money_is_asked_about_though_its_review_was_looked_at_before(
    stuck: Stuck, monkeypatch: pytest.MonkeyPatch
) -> None:
    test_money_for_a_page_that_was_given_up_is_taken_in(stuck)
    (held,) = stuck.deployed.stored("payment")
    with monkeypatch.context() as patched:
        patched.setattr(StripeRefunds, "refund", lambda *_: Unknown("timeout"))
        assert refund(stuck, held["pk"]["S"].rpartition("#")[2]).body["refund"]["status"] == "unknown"
    stuck.later(MINUTE)
    stuck.reconcile()
    stuck.later(20 * MINUTE)
    assert stuck.reconcile()["repaired"]["unsure_refund"] == 1
    (payment,) = stuck.deployed.stored("payment")
    assert "review" not in payment


def test_events_that_cannot_be_followed_keep_no_money_from_being_found(
    stuck: Stuck, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*_: Any) -> Iterator[PublishedEvent]:
        raise StoreUnavailable("the store does not answer")

    checkout = stuck.checkout()
    stuck.pay(checkout)
    stuck.later(16 * MINUTE)
    monkeypatch.setattr(DynamoEventLog, "between", unreadable)
    run = stuck.reconcile()
    assert (run["complete"], run["failed"], run["repaired"]) == (False, 1, {"missed_event": 1})
    assert stuck.status(checkout) == "confirmed"
