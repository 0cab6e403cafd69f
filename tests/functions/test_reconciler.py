"""What falls through is found and mended by one run of the reconciler, and what it may not mend is noted."""

from __future__ import annotations

import json
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from tests.functions.reconciling import Stuck
from tests.support.calls import counted_calls
from tests.support.requests import a_mock_event, context, new_key
from tollgate.adapters.providers.stripe.client import StripeProvider
from tollgate.checkout.ports import Unknown
from tollgate.kernel.ids import derived

MINUTE, HOUR, DAY = 60, 3600, 86400
CONFIRMED = "payments.purchase.confirmed"


def test_nothing_is_found_where_nothing_is_wrong(stuck: Stuck) -> None:
    checkout = stuck.checkout()
    stuck.pay(checkout)
    stuck.pass_on("checkout.session.completed", "payment_intent.succeeded")
    stuck.deployed.apply_inbox()
    stuck.delivered()
    stuck.later(30 * MINUTE)
    run = stuck.reconcile()
    assert (run["found"], run["complete"], run["failed"]) == ({}, True, 0)
    assert not stuck.deployed.stored("finding")


def test_a_request_whose_function_died_is_finished_in_its_place(stuck: Stuck) -> None:
    key = stuck.killed_after_the_page_was_made()
    assert stuck.reconcile()["found"] == {}, "its lease has not passed"
    stuck.later(MINUTE)
    assert stuck.reconcile()["repaired"] == {"unfinished_request": 1}
    answer = stuck.checkout(key)
    assert (answer.status, answer.headers["idempotency-replayed"]) == (201, "true")
    assert stuck.stripe.state()["counts"]["sessions"] == 1
    assert stuck.types(answer.body["id"]) == ["payments.payment.created", "payments.checkout.opened"]
    assert stuck.repairs() == {"unfinished_request": "done"}
    stuck.later(10 * MINUTE)
    assert stuck.reconcile()["examined"].get("requests", 0) == 0


def test_an_answer_that_was_lost_is_asked_for_again_under_the_same_key(
    stuck: Stuck, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, key = StripeProvider.open, new_key()

    def lost(provider: StripeProvider, parameters: str, provider_key: str) -> Any:
        opened(provider, parameters, provider_key)
        return Unknown("timeout")

    with monkeypatch.context() as patched:
        patched.setattr(StripeProvider, "open", lost)
        assert stuck.checkout(key).status == 502
        stuck.later(1)
        assert stuck.reconcile()["skipped"] == ["stripe"]
    assert stuck.repairs() == {"unfinished_request": "proposed"}
    stuck.later(5 * MINUTE)
    assert stuck.reconcile()["repaired"] == {"unfinished_request": 1}
    assert stuck.checkout(key).status == 201
    assert stuck.stripe.state()["counts"]["sessions"] == 1


def test_an_event_that_was_lost_on_its_way_to_the_rooms_is_applied(stuck: Stuck) -> None:
    checkout = stuck.checkout()
    stuck.pay(checkout)
    stuck.pass_on("checkout.session.completed", "payment_intent.succeeded")
    stuck.later(6 * MINUTE)
    assert stuck.reconcile()["repaired"]["unapplied_event"] >= 1
    assert stuck.status(checkout) == "confirmed"
    assert stuck.types(checkout.body["id"]).count(CONFIRMED) == 1
    stuck.deployed.apply_inbox()
    assert stuck.types(checkout.body["id"]).count(CONFIRMED) == 1


def test_an_event_that_came_before_its_payment_is_applied_by_the_next_run(stuck: Stuck) -> None:
    """Its waking is lost here: nobody runs the inbox again."""
    key = new_key()
    coming = {"id": derived("pay", "demo", "user-1", "checkout.create", key), "providerCheckoutSessionId": "mock_1"}
    stuck.deployed.tell(a_mock_event({**coming, "amount": 10_000, "currency": "USD"}))
    stuck.deployed.apply_inbox()
    stuck.later(2 * MINUTE)
    assert stuck.reconcile()["found"] == {"parked_event": 1}
    assert stuck.repairs() == {"parked_event": "proposed"}
    checkout = stuck.deployed.checkout(key)
    assert checkout.body["id"] == coming["id"]
    assert stuck.status(checkout) == "pending"
    stuck.later(6 * MINUTE)
    assert stuck.reconcile()["repaired"] == {"parked_event": 1}
    assert stuck.status(checkout) == "confirmed"
    assert stuck.repairs() == {"parked_event": "done"}


def test_money_that_nobody_told_us_of_is_taken_in(stuck: Stuck) -> None:
    checkout = stuck.checkout()
    stuck.pay(checkout)
    assert stuck.status(checkout) == "pending"
    stuck.later(16 * MINUTE)
    assert stuck.reconcile()["repaired"]["missed_event"] == 1
    assert stuck.status(checkout) == "confirmed"
    assert stuck.findings()["missed_event"]["subject_id"] == checkout.body["id"]


def test_a_buyer_who_takes_their_time_is_let_be(stuck: Stuck) -> None:
    checkout = stuck.checkout()
    stuck.delivered()
    stuck.later(16 * MINUTE)
    run = stuck.reconcile()
    assert (run["found"], run["examined"]["payments"]) == ({}, 1)
    assert stuck.status(checkout) == "pending"
    with counted_calls() as calls:
        assert "payments" not in stuck.reconcile()["examined"], "it is asked ever more rarely"
    assert "dynamodb.Scan" not in calls.made
    stuck.pay(checkout)
    assert stuck.stripe.state()["counts"]["sessions"] == 1


def test_a_page_that_nobody_paid_ends_its_payment(stuck: Stuck) -> None:
    checkout = stuck.checkout()
    stuck.delivered()
    stuck.later(DAY + 10 * MINUTE)
    stuck.reconcile()
    assert stuck.status(checkout) == "cancelled"
    assert stuck.repairs()["overdue_payment"] == "done"


def test_late_money_is_queued_with_what_should_become_of_it(stuck: Stuck) -> None:
    checkout = stuck.deployed.checkout()
    path = f"/payments/checkout/{checkout.body['id']}/cancel"
    assert stuck.deployed.call("POST", path, headers=stuck.deployed.as_user()).status == 200
    stuck.deployed.tell(a_mock_event(checkout.body))
    stuck.deployed.apply_inbox()
    run = stuck.reconcile()
    assert (run["found"], run["needs_somebody"]) == ({"held_money": 1}, 1)
    held = stuck.findings()["held_money"]
    assert (held["remedy"], held["repair"], held["subject_id"]) == ("refund", "proposed", checkout.body["id"])
    assert json.loads(held["detail"])["review"] == "late_capture"
    stuck.later(10 * MINUTE)
    assert "held_money" not in stuck.reconcile()["found"], "one finding is enough"


def test_an_unreadable_event_is_noted_tried_again_and_archived_after_a_week(stuck: Stuck) -> None:
    stuck.deployed.tell({"id": "evt_bad", "type": "checkout.session.completed"}, provider="mock")
    stuck.deployed.apply_inbox()
    stuck.later(2 * MINUTE)
    assert stuck.reconcile()["needs_somebody"] == 1
    stuck.swept(7 * DAY)
    stuck.later(7 * DAY)
    stuck.reconcile()
    bucket = stuck.deployed.environment["FAILED_RECORDS_BUCKET"]
    (kept,) = stuck.deployed.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert kept["Key"].endswith("/mock/evt_bad.json")
    (stored,) = stuck.deployed.stored("provider_event", "INBOX_TABLE")
    assert (stored["status"]["S"], "archived_at" in stored, "due" in stored, "ttl" in stored) == (
        "failed",
        True,
        False,
        False,
    )
    stuck.swept(2 * DAY)
    stuck.later(2 * DAY)
    assert "provider_events" not in stuck.reconcile()["examined"]
    assert stuck.repairs()["failed_event"] == "proposed"


def test_events_that_no_subscriber_has_had_are_published_again(stuck: Stuck) -> None:
    checkout = stuck.deployed.checkout()
    stuck.later(11 * MINUTE)
    assert stuck.reconcile()["repaired"] == {"undelivered_events": 1}
    assert stuck.repairs() == {"undelivered_events": "started"}
    assert json.loads(stuck.findings()["undelivered_events"]["detail"])["first"][0]["of"] == checkout.body["id"]
    stuck.delivered()
    stuck.later(6 * MINUTE)
    stuck.reconcile()
    assert stuck.repairs() == {"undelivered_events": "done"}


def test_two_runs_at_once_do_it_once(stuck: Stuck) -> None:
    keys = [stuck.killed_after_the_page_was_made() for _ in range(3)]
    paid = [stuck.checkout() for _ in range(3)]
    for checkout in paid:
        stuck.pay(checkout)
    stuck.later(16 * MINUTE)
    instances = [stuck.deployed.fresh("reconciler") for _ in range(3)]
    threads = [threading.Thread(target=instance.handler, args=({}, context())) for instance in instances]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stuck.later(6 * MINUTE)
    stuck.reconcile()
    assert all(stuck.checkout(key).headers["idempotency-replayed"] == "true" for key in keys)
    assert [stuck.types(checkout.body["id"]).count(CONFIRMED) for checkout in paid] == [1, 1, 1]
    assert stuck.stripe.state()["counts"]["sessions"] == 6
    found = [item["what"]["S"] for item in stuck.deployed.stored("finding")]
    assert (found.count("unfinished_request"), found.count("missed_event")) == (3, 3)
    for finding in stuck.deployed.stored("finding"):
        events = stuck.deployed.events(finding["pk"]["S"].split("#")[2])
        assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))


def test_a_run_that_is_out_of_time_says_so_and_the_next_goes_on(stuck: Stuck) -> None:
    stuck.checkout()
    stuck.later(16 * MINUTE)
    hurried = SimpleNamespace(aws_request_id="r", get_remaining_time_in_millis=lambda: 1000)
    run = stuck.deployed.function("reconciler").handler({}, hurried)
    assert not run["complete"]
    assert stuck.reconcile()["complete"]


def test_a_provider_that_is_away_holds_up_nothing_else(stuck: Stuck) -> None:
    card, mock = stuck.checkout(), stuck.deployed.checkout()
    stuck.deployed.tell(a_mock_event(mock.body))
    stuck.stripe.control("api/faults", kind="503", times=50, path="/v1/checkout/sessions")
    stuck.later(16 * MINUTE)
    run = stuck.reconcile()
    assert (run["skipped"], run["complete"]) == (["stripe"], False)
    assert stuck.status(mock) == "confirmed"
    assert stuck.status(card) == "pending"


def test_everything_left_stuck_is_mended_by_one_run(stuck: Stuck) -> None:
    key = stuck.killed_after_the_page_was_made()
    missed, lost, waits = stuck.checkout(), stuck.deployed.checkout(), stuck.deployed.checkout()
    stuck.pay(missed)
    stuck.deployed.tell(a_mock_event(lost.body))
    overdue_events = stuck.deployed.stored("event")
    stuck.later(20 * MINUTE)
    run = stuck.reconcile()
    assert run["complete"]
    assert set(run["repaired"]) == {"unfinished_request", "missed_event", "unapplied_event", "undelivered_events"}
    assert stuck.checkout(key).headers["idempotency-replayed"] == "true"
    assert [stuck.status(each) for each in (missed, lost, waits)] == ["confirmed", "confirmed", "pending"]
    assert overdue_events
    assert {repair for kind, repair in stuck.repairs().items()} == {"done", "started"}
    sequences = {item["id"]: item["sequence"] for item in map(_envelope, stuck.deployed.stored("event"))}
    assert all(sequence >= 1 for sequence in sequences.values())


def _envelope(item: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(item["body"]["S"]))
