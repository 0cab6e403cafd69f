"""Refunds whose answers are lost, that come back, and that were made elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.reconciling import Stuck
from tests.functions.refunding import REFUNDED, entries, paid, refund, shown, stripes
from tests.support.deployment import Answer
from tests.support.requests import a_mock_event, new_key
from tollgate.adapters.providers.stripe.refund_client import StripeRefunds
from tollgate.checkout.ports import Unknown
from tollgate.refunds.ports import Answered

MINUTE, HOUR = 60, 3600


def test_a_webhook_about_what_we_know_changes_nothing(stuck: Stuck) -> None:
    checkout = paid(stuck)
    refund(stuck, checkout.body["id"])
    before = stuck.types(checkout.body["id"])
    stuck.pass_on("refund.created")
    stuck.deployed.apply_inbox()
    assert stuck.types(checkout.body["id"]) == before


def test_an_answer_that_was_lost_is_unknown_until_the_webhook_tells(
    stuck: Stuck, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = paid(stuck)
    _lose_the_answer(monkeypatch)
    answer = refund(stuck, checkout.body["id"], amount=2_500)
    assert (answer.status, answer.body["refund"]["status"]) == (200, "unknown")
    assert (shown(stuck, checkout)["status"], shown(stuck, checkout)["refundable"]) == ("refunding", 7_500)
    assert entries(stuck, "refund_succeeded") == []
    stuck.pass_on("refund.created")
    stuck.deployed.apply_inbox()
    assert shown(stuck, checkout)["status"] == "partially_refunded"
    assert len(entries(stuck, "refund_succeeded")) == 1


@pytest.mark.parametrize("later", [6 * MINUTE, 30 * HOUR])
def test_an_answer_that_was_lost_is_asked_for_by_the_reconciler(
    stuck: Stuck, monkeypatch: pytest.MonkeyPatch, later: int
) -> None:
    checkout = paid(stuck)
    _lose_the_answer(monkeypatch)
    refund(stuck, checkout.body["id"], amount=2_500)
    monkeypatch.undo()
    stuck.later(later)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("FAILED_RECORDS_BUCKET", stuck.deployed.environment["FAILED_RECORDS_BUCKET"])
        assert stuck.reconcile()["repaired"]["unsure_refund"] == 1
    assert shown(stuck, checkout)["refunded"] == 2_500
    assert len(stripes(stuck)) == 1


def test_a_payment_whose_refund_was_asked_about_is_looked_at_no_more(
    stuck: Stuck, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid_and_refunded = paid(stuck)
    _lose_the_answer(monkeypatch)
    refund(stuck, paid_and_refunded.body["id"], amount=2_500)
    monkeypatch.undo()
    for wait, examined in ((20 * MINUTE, 1), (3 * HOUR, 0)):
        stuck.later(wait)
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("FAILED_RECORDS_BUCKET", stuck.deployed.environment["FAILED_RECORDS_BUCKET"])
            assert stuck.reconcile()["examined"].get("payments", 0) == examined


def test_a_refund_that_never_reached_the_provider_is_sent_again_under_its_own_key(
    stuck: Stuck, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout, keys = paid(stuck), list[str]()
    send = StripeRefunds.refund

    def vanish(_refunds: StripeRefunds, _parameters: str, key: str) -> Unknown:
        keys.append(key)
        return Unknown("timeout")

    def noted(refunds: StripeRefunds, parameters: str, key: str) -> Any:
        keys.append(key)
        return send(refunds, parameters, key)

    with monkeypatch.context() as patched:
        patched.setattr(StripeRefunds, "refund", vanish)
        assert refund(stuck, checkout.body["id"]).body["refund"]["status"] == "unknown"
    monkeypatch.setattr(StripeRefunds, "refund", noted)
    stuck.later(6 * MINUTE)
    stuck.reconcile()
    assert shown(stuck, checkout)["status"] == "refunded"
    assert keys[0] == keys[1]
    assert len(stripes(stuck)) == 1


def test_a_request_whose_function_died_is_finished_in_its_place(stuck: Stuck, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout, key = paid(stuck), new_key()
    send = StripeRefunds.refund

    def dying(refunds: StripeRefunds, parameters: str, provider_key: str) -> Any:
        send(refunds, parameters, provider_key)
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(StripeRefunds, "refund", dying)
        with pytest.raises(SystemExit):
            refund(stuck, checkout.body["id"], key)
    stuck.later(MINUTE)
    assert stuck.reconcile()["repaired"]["unfinished_request"] == 1
    answer = refund(stuck, checkout.body["id"], key)
    assert (answer.status, answer.headers["idempotency-replayed"]) == (200, "true")
    assert len(stripes(stuck)) == 1
    assert shown(stuck, checkout)["status"] == "refunded"


def test_a_refund_that_the_provider_refuses_is_given_back_to_what_remains(stuck: Stuck) -> None:
    checkout = paid(stuck)
    (intent,) = stuck.stripe.client.v1.payment_intents.list({"limit": 1}).data
    stuck.stripe.client.v1.refunds.create({"payment_intent": intent.id, "amount": 9_000})
    answer = refund(stuck, checkout.body["id"], amount=5_000)
    assert (answer.status, answer.body["code"]) == (502, "REFUND_FAILED")
    seen = shown(stuck, checkout)
    assert (seen["status"], seen["refundable"]) == ("confirmed", 10_000)
    assert stuck.types(checkout.body["id"])[-1] == "payments.refund.failed"


def test_a_refund_that_comes_back_days_later_is_reversed(stuck: Stuck) -> None:
    checkout = _paid_with(stuck, "4000000000005126")
    refund(stuck, checkout.body["id"])
    (made,) = stripes(stuck)
    stuck.stripe.control(f"refunds/{made.id}/settle", outcome="failed")
    stuck.pass_on("refund.failed")
    stuck.deployed.apply_inbox()
    seen = shown(stuck, checkout)
    assert (seen["status"], seen["refundable"]) == ("confirmed", 10_000)
    assert [sum(each.values()) for each in entries(stuck, "refund_succeeded_reversed")] == [0]


def test_late_money_goes_back_and_needs_nobody_any_more(stuck: Stuck) -> None:
    checkout = stuck.deployed.checkout()
    cancel = f"/payments/checkout/{checkout.body['id']}/cancel"
    stuck.deployed.call("POST", cancel, headers=stuck.deployed.as_user())
    stuck.deployed.tell(a_mock_event(checkout.body))
    stuck.deployed.apply_inbox()
    assert shown(stuck, checkout)["review"] == "late_capture"
    assert entries(stuck, "money_held") == [{"provider_clearing:mock": -10_000, "unallocated": 10_000}]
    assert refund(stuck, checkout.body["id"]).status == 200
    seen = shown(stuck, checkout)
    assert (seen["status"], seen["review"], seen["refundable"]) == ("cancelled", None, 0)
    assert entries(stuck, "held_money_refunded") == [{"provider_clearing:mock": 10_000, "unallocated": -10_000}]


def test_a_refund_made_at_the_dashboard_is_taken_in_whatever_remains(stuck: Stuck) -> None:
    checkout = paid(stuck)
    (intent,) = stuck.stripe.client.v1.payment_intents.list({"limit": 1}).data
    stuck.stripe.client.v1.refunds.create({"payment_intent": intent.id, "amount": 2_000})
    stuck.pass_on("refund.created")
    stuck.deployed.apply_inbox()
    assert shown(stuck, checkout)["refundable"] == 10_000, "whose it is, only the charge tells"
    stuck.later(2 * MINUTE)
    assert stuck.reconcile()["repaired"]["parked_event"] >= 1
    seen = shown(stuck, checkout)
    assert (seen["status"], seen["refundable"], seen["refunded"]) == ("partially_refunded", 8_000, 2_000)
    assert stuck.types(checkout.body["id"]).count(REFUNDED) == 1
    assert refund(stuck, checkout.body["id"], amount=8_001).status == 422


def test_somebody_elses_refund_on_the_same_account_is_nothing_to_us(stuck: Stuck) -> None:
    paid = stuck.stripe.paid()
    stuck.stripe.client.v1.refunds.create({"payment_intent": paid.payment_intent})
    stuck.pass_on("refund.created")
    stuck.deployed.apply_inbox()
    stuck.later(2 * MINUTE)
    stuck.reconcile()
    statuses = {item["status"]["S"] for item in stuck.deployed.stored("provider_event", "INBOX_TABLE")}
    assert statuses == {"ignored"}


def _lose_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    send = StripeRefunds.refund

    def lost(refunds: StripeRefunds, parameters: str, key: str) -> Unknown:
        assert isinstance(send(refunds, parameters, key), Answered)
        return Unknown("timeout")

    monkeypatch.setattr(StripeRefunds, "refund", lost)


def _paid_with(stuck: Stuck, card: str) -> Answer:
    checkout = stuck.checkout()
    stuck.stripe.control(f"sessions/{checkout.body['providerCheckoutSessionId']}/pay", card=card)
    stuck.pass_on("checkout.session.completed", "payment_intent.succeeded")
    stuck.deployed.apply_inbox()
    return checkout
