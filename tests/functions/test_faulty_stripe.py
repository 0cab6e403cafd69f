"""A Stripe that answers late, slowly or not at all, and whose webhooks come twice, swapped, late or never."""

from __future__ import annotations

import threading
import time

import pytest

from tests.functions.reconciling import Stuck
from tests.simulators.world import wait_until
from tests.support.deployment import Answer
from tests.support.requests import new_key
from tollgate.adapters.providers.stripe import client
from tollgate.kernel.idempotency import LEASE

SESSIONS = "/v1/checkout/sessions"
CONFIRMED = "payments.purchase.confirmed"
PAID = ("checkout.session.completed", "payment_intent.succeeded")


def _paid_and_told(stuck: Stuck, checkout: Answer, *types: str) -> None:
    stuck.pay(checkout)
    stuck.pass_on(*types)
    stuck.deployed.apply_inbox()


def _is_confirmed_once(stuck: Stuck, checkout: Answer) -> None:
    assert stuck.status(checkout) == "confirmed"
    assert stuck.types(checkout.body["id"]).count(CONFIRMED) == 1
    sequences = [event["sequence"] for event in stuck.deployed.events(checkout.body["id"])]
    assert sequences == list(range(1, len(sequences) + 1))


def test_webhooks_that_come_twice_confirm_once(stuck: Stuck) -> None:
    stuck.stripe.control("webhooks/faults", kind="duplicate", times=9, copies=3)
    checkout = stuck.checkout()
    _paid_and_told(stuck, checkout, *PAID)
    wait_until(lambda: stuck.stripe.receiver.types().count(PAID[0]) == 4, "every copy")
    stuck.pass_on(*PAID)
    stuck.deployed.apply_inbox()
    _is_confirmed_once(stuck, checkout)


def test_webhooks_in_the_opposite_order_confirm_once(stuck: Stuck) -> None:
    checkout = stuck.checkout()
    stuck.stripe.control("webhooks/faults", kind="reorder", times=9)
    stuck.pay(checkout)
    stuck.stripe.control("webhooks/release")
    stuck.pass_on(*PAID)
    stuck.deployed.apply_inbox()
    _is_confirmed_once(stuck, checkout)


def test_webhooks_that_never_come_are_made_up_for(stuck: Stuck) -> None:
    stuck.stripe.control("webhooks/faults", kind="drop", times=99)
    checkout = stuck.checkout()
    stuck.pay(checkout)
    stuck.later(16 * 60)
    stuck.reconcile()
    _is_confirmed_once(stuck, checkout)


def test_webhooks_that_come_after_they_were_made_up_for_change_nothing(stuck: Stuck) -> None:
    checkout = stuck.checkout()
    stuck.pay(checkout)
    stuck.later(16 * 60)
    stuck.reconcile()
    stuck.pass_on(*PAID)
    stuck.deployed.apply_inbox()
    _is_confirmed_once(stuck, checkout)


def test_a_slow_body_is_still_the_answer(stuck: Stuck) -> None:
    stuck.stripe.control("api/faults", kind="slow_body", seconds=0.6, path=SESSIONS)
    assert stuck.checkout().status == 201


def test_too_many_requests_is_said_with_when_to_come_back(stuck: Stuck) -> None:
    key = new_key()
    stuck.stripe.control("api/faults", kind="429", retry_after=7, path=SESSIONS)
    refused = stuck.checkout(key)
    assert (refused.status, refused.body["code"]) == (502, "PROVIDER_UNAVAILABLE")
    assert int(refused.headers["retry-after"]) >= 1
    assert stuck.checkout(key).status == 201
    assert stuck.stripe.state()["counts"]["sessions"] == 1


def test_an_answer_that_was_dropped_after_the_work_is_found_by_the_reconciler(stuck: Stuck) -> None:
    key = new_key()
    stuck.stripe.control("api/faults", kind="drop", path=SESSIONS)
    assert stuck.checkout(key).status == 502
    stuck.later(1)
    assert stuck.reconcile()["repaired"] == {"unfinished_request": 1}
    assert stuck.checkout(key).headers["idempotency-replayed"] == "true"
    assert stuck.stripe.state()["counts"]["sessions"] == 1


def test_an_answer_that_comes_after_the_lease_writes_nothing(stuck: Stuck, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first try hangs at Stripe while its lease passes; a second one takes over and ends first."""
    monkeypatch.setattr(client, "READ_TIMEOUT_SECONDS", 20.0)
    stuck.stripe.control("api/faults", kind="timeout", seconds=2, work="first", path=SESSIONS)
    key, answers = new_key(), list[Answer]()
    first = threading.Thread(target=lambda: answers.append(stuck.checkout(key)))
    first.start()
    wait_until(lambda: stuck.stripe.state()["counts"]["sessions"] == 1, "the session")
    stuck.later(LEASE.total_seconds() + 1)
    stuck.deployed.modules["checkout_api"] = stuck.deployed.fresh("checkout_api")
    while (second := stuck.checkout(key)).status != 201:
        time.sleep(0.1)
    first.join()
    assert answers[0].status in (201, 409)
    assert stuck.checkout(key).body == second.body
    assert stuck.stripe.state()["counts"]["sessions"] == 1
    assert stuck.types(second.body["id"]) == ["payments.payment.created", "payments.checkout.opened"]
