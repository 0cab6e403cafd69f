"""The provider's own list of pages against our payments: what it has and we do not, and the other way round."""

from __future__ import annotations

import json
import time

import pytest
from aws_lambda_powertools.utilities.parameters import clear_caches

from tests.functions.reconciling import Stuck
from tests.support.requests import signature_header

MINUTE = 60


def test_a_second_page_for_a_payment_is_closed(stuck: Stuck) -> None:
    checkout = stuck.checkout()
    echo = {"tollgate_tenant": "demo", "tollgate_payment": checkout.body["id"]}
    stray = stuck.stripe.session(metadata=echo)
    stuck.later(25 * MINUTE)
    assert stuck.reconcile()["repaired"]["stray_page"] == 1
    assert stuck.stripe.client.v1.checkout.sessions.retrieve(stray.id).status == "expired"
    assert stuck.status(checkout) == "pending"


def test_the_page_of_a_payment_that_has_ended_is_closed(stuck: Stuck) -> None:
    """It was cancelled while its page was being made, and whoever made that died before it could be closed."""
    stuck.killed_after_the_page_was_made()
    (page,) = stuck.stripe.client.v1.checkout.sessions.list().data
    payment = page.metadata["tollgate_payment"]
    cancelled = stuck.deployed.call("POST", f"/payments/checkout/{payment}/cancel", headers=stuck.deployed.as_user())
    assert cancelled.status == 200
    stuck.later(25 * MINUTE)
    assert stuck.reconcile()["repaired"]["stray_page"] == 1
    assert stuck.stripe.client.v1.checkout.sessions.retrieve(page.id).status == "expired"


def test_old_money_is_looked_for_where_no_new_sales_are_sent(stuck: Stuck, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = stuck.checkout()
    stuck.reconcile()
    _switch_off(stuck, monkeypatch)
    stuck.stripe.session(metadata={"tollgate_tenant": "demo", "tollgate_payment": checkout.body["id"]})
    stuck.later(25 * MINUTE)
    assert stuck.reconcile()["repaired"]["stray_page"] == 1


def test_nobody_is_asked_once_the_credentials_are_gone_too(stuck: Stuck, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck.reconcile()
    _switch_off(stuck, monkeypatch)
    secret = f"{stuck.deployed.prefix}/stripe/api"
    stuck.deployed.client("secretsmanager").put_secret_value(SecretId=secret, SecretString="{}")
    clear_caches()
    stuck.later(25 * MINUTE)
    run = stuck.reconcile()
    assert (run["failed"], run["complete"], run["skipped"]) == (0, True, [])


def _switch_off(stuck: Stuck, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENABLE_STRIPE", "false")
    stuck.deployed.modules.clear()


def test_a_session_for_a_payment_that_is_not_here_is_noted(stuck: Stuck) -> None:
    echo = {"tollgate_tenant": "demo", "tollgate_payment": "pay_" + "0" * 26}
    stuck.stripe.session(metadata=echo)
    stuck.stripe.session()  # somebody else's sale on the same account
    stuck.later(25 * MINUTE)
    run = stuck.reconcile()
    assert (run["found"], run["needs_somebody"]) == ({"unknown_session": 1}, 1)


def test_money_that_the_provider_does_not_have_is_noted(stuck: Stuck) -> None:
    checkout = stuck.checkout()
    session = {
        "id": checkout.body["providerCheckoutSessionId"],
        "mode": "payment",
        "status": "complete",
        "payment_status": "paid",
        "payment_intent": "pi_made_up",
        "amount_total": checkout.body["amount"],
        "currency": "usd",
        "metadata": {"tollgate_tenant": "demo", "tollgate_payment": checkout.body["id"]},
    }
    told = {"id": "evt_1", "object": "event", "type": "checkout.session.completed", "created": int(time.time())}
    payload = json.dumps({**told, "data": {"object": session}}).encode()
    header = signature_header(payload, stuck.stripe.receiver.secret)
    assert stuck.deployed.webhook("stripe", payload, header).status == 200
    stuck.deployed.apply_inbox()
    assert stuck.status(checkout) == "confirmed"
    stuck.delivered()
    stuck.later(25 * MINUTE)
    run = stuck.reconcile()
    assert (run["found"], run["needs_somebody"]) == ({"state_mismatch": 1}, 1)
    assert stuck.status(checkout) == "confirmed", "a person decides"


def test_pages_that_the_provider_disowns_are_noted_and_hold_up_nothing_else(stuck: Stuck) -> None:
    disowned = [stuck.checkout() for _ in range(4)]
    stuck.stripe.control("reset")
    key = stuck.killed_after_the_page_was_made()
    stuck.later(20 * MINUTE)
    run = stuck.reconcile()
    assert (run["found"]["state_mismatch"], run["skipped"]) == (4, [])
    assert run["repaired"]["unfinished_request"] == 1
    assert stuck.checkout(key).status == 201
    assert {stuck.status(each) for each in disowned} == {"pending"}
    assert "payments" not in stuck.reconcile()["examined"], "they are put off"
