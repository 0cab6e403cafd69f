"""Disputes: what the bank takes, what an answer changes, and how it ends."""

from __future__ import annotations

from functools import partial
from typing import Any

import httpx
import pytest

from tests.simulators.world import World, wait_until

DAY = 86_400


def disputed(world: World, **fields: Any) -> Any:
    """A dispute of 10000, opened by the control."""
    intent = world.earned(10_000)
    world.control(f"charges/{intent.latest_charge}/dispute", **{"reason": "product_not_received", **fields})
    return world.client.v1.disputes.list(params={"payment_intent": intent.id}).data[0]


def test_the_test_card_is_disputed_right_after_it_was_charged(world: World) -> None:
    session = world.paid("4000000000000259", metadata={"payment_id": "pay_1"})
    opened = world.receiver.wait_for("charge.dispute.created", "charge.succeeded", "checkout.session.completed")
    dispute = opened.data.object
    assert (dispute.reason, dispute.status, dispute.amount) == ("fraudulent", "needs_response", 1234)
    assert (dispute.payment_intent, dispute.object) == (session.payment_intent, "dispute")
    assert dispute.balance_transactions == []
    assert opened.request is not None
    assert (opened.request.id, "account" in opened) == (None, False)
    withdrawn = world.receiver.wait_for("charge.dispute.funds_withdrawn").data.object
    assert [each.net for each in withdrawn.balance_transactions] == [-1234 - 1500]
    charge = world.client.v1.charges.retrieve(dispute.charge)
    assert (charge.disputed, charge.paid, charge.refunded) == (True, True, False)


@pytest.mark.parametrize(
    ("method", "reason", "status"),
    [
        ("pm_card_createDispute", "fraudulent", "needs_response"),
        ("pm_card_createDisputeProductNotReceived", "product_not_received", "needs_response"),
        ("pm_card_createDisputeInquiry", "fraudulent", "warning_needs_response"),
    ],
)
def test_each_test_method_leads_to_its_dispute(world: World, method: str, reason: str, status: str) -> None:
    wanted = {"amount": 5000, "currency": "usd", "payment_method": method, "confirm": True}
    intent = world.client.v1.payment_intents.create(params=wanted)
    [dispute] = world.client.v1.disputes.list(params={"payment_intent": intent.id, "expand": ["data.charge"]}).data
    assert (dispute.reason, dispute.status, dispute.charge.id) == (reason, status, intent.latest_charge)


def test_a_held_charge_is_disputed_only_when_it_is_captured(world: World) -> None:
    session = world.paid("4000000000000259", payment_intent_data={"capture_method": "manual"})
    assert world.client.v1.disputes.list().data == []
    world.client.v1.payment_intents.capture(session.payment_intent, params={"amount_to_capture": 1000})
    assert [each.amount for each in world.client.v1.disputes.list().data] == [1000]


def test_a_chargeback_takes_the_amount_and_a_fee_and_winning_gives_the_amount_back(world: World) -> None:
    dispute = disputed(world)
    [withdrawal] = dispute.balance_transactions
    assert (withdrawal.type, withdrawal.amount, withdrawal.fee, withdrawal.net) == (
        "adjustment",
        -10_000,
        1500,
        -11_500,
    )
    assert (withdrawal.reporting_category, withdrawal.source) == ("dispute", dispute.id)
    assert world.balance() == (9680 - 11_500, 0)
    world.control(f"disputes/{dispute.id}/close", outcome="won")
    assert world.balance() == (9680 - 1500, 0)
    won = world.receiver.wait_for("charge.dispute.closed", "charge.dispute.funds_reinstated").data
    assert won.previous_attributes is not None
    assert (won.object.status, won.previous_attributes["status"]) == ("won", "needs_response")
    reinstated = world.receiver.wait_for("charge.dispute.funds_reinstated").data.object.balance_transactions
    assert [(each.net, each.reporting_category) for each in reinstated] == [
        (-11_500, "dispute"),
        (10_000, "dispute_reversal"),
    ]
    stored = world.client.v1.balance_transactions.retrieve(reinstated[1].id, params={"expand": ["source"]})
    assert stored.source.id == dispute.id


def test_a_lost_dispute_keeps_the_money(world: World) -> None:
    dispute = disputed(world, amount=4000)
    world.control(f"disputes/{dispute.id}/close", outcome="lost")
    assert world.receiver.wait_for("charge.dispute.closed").data.object.status == "lost"
    assert world.balance() == (9680 - 5500, 0)
    assert "charge.dispute.funds_reinstated" not in world.receiver.types()


def test_an_inquiry_moves_no_money_and_only_closes(world: World) -> None:
    dispute = disputed(world, inquiry=True)
    assert (dispute.status, dispute.is_charge_refundable, dispute.balance_transactions) == (
        "warning_needs_response",
        True,
        [],
    )
    assert dispute.payment_method_details.card.case_type == "inquiry"
    assert httpx.post(
        f"{world.base}/control/disputes/{dispute.id}/close", json={"outcome": "won"}, trust_env=False
    ).is_client_error
    world.control(f"disputes/{dispute.id}/close", outcome="warning_closed")
    assert world.receiver.wait_for("charge.dispute.closed").data.object.status == "warning_closed"
    assert world.balance() == (9680, 0)


def test_evidence_is_staged_then_submitted_and_the_bank_reviews_it(world: World) -> None:
    dispute = disputed(world)
    disputes = world.client.v1.disputes
    staged = disputes.update(
        dispute.id, params={"evidence": {"product_description": "A ticket"}, "submit": False, "metadata": {"a": "1"}}
    )
    assert (staged.status, staged.evidence.product_description) == ("needs_response", "A ticket")
    assert (staged.evidence_details.has_evidence, staged.evidence_details.submission_count) == (True, 0)
    submitted = disputes.update(dispute.id, params={"submit": True})
    assert (submitted.status, submitted.evidence_details.submission_count) == ("under_review", 1)
    assert submitted.metadata.to_dict() == {"a": "1"}
    world.receiver.wait_for("charge.dispute.updated", count=2)
    again = world.refused(lambda: disputes.update(dispute.id, params={"evidence": {"customer_name": "A"}}))
    assert again.http_status == 400
    assert disputes.update(dispute.id, params={"metadata": {"b": "2"}}).status == "under_review"
    assert world.refused(lambda: disputes.close(dispute.id)).http_status == 400


@pytest.mark.parametrize(("text", "outcome"), [("winning_evidence", "won"), ("losing_evidence", "lost")])
def test_evidence_written_for_a_test_decides(world: World, text: str, outcome: str) -> None:
    dispute = disputed(world)
    world.client.v1.disputes.update(dispute.id, params={"evidence": {"uncategorized_text": text}})
    assert world.receiver.wait_for("charge.dispute.closed", "charge.dispute.updated").data.object.status == outcome


def test_giving_in_is_losing(world: World) -> None:
    dispute = disputed(world)
    assert world.client.v1.disputes.close(dispute.id).status == "lost"
    assert world.refused(lambda: world.client.v1.disputes.close(dispute.id)).http_status == 400
    world.receiver.wait_for("charge.dispute.closed")


def test_a_dispute_that_nobody_answers_in_time_is_lost(world: World) -> None:
    dispute = disputed(world)
    left = dispute.evidence_details.due_by - world.clock()
    assert 9 * DAY <= left <= 10 * DAY
    world.clock.offset += left - 60
    assert world.client.v1.disputes.retrieve(dispute.id).status == "needs_response"
    world.clock.offset += 120
    assert world.receiver.wait_for("charge.dispute.closed").data.object.status == "lost"


def test_a_charge_that_was_charged_back_is_not_refunded_too(world: World) -> None:
    dispute = disputed(world)
    refund = partial(world.client.v1.refunds.create, params={"payment_intent": dispute.payment_intent})
    assert world.refused(refund).code == "charge_disputed"
    world.control(f"disputes/{dispute.id}/close", outcome="won")
    retried = partial(refund, options={"idempotency_key": "after-winning"})
    assert retried().status == "succeeded"


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [({"reason": "whim"}, 422, "reason"), ({"amount": 10_001}, 409, "id"), ({"amount": 0}, 422, "amount"),
     ({"inquiry": 1}, 422, "inquiry")],
)  # fmt: skip
def test_a_dispute_that_makes_no_sense_is_refused(
    shared_world: World, fields: dict[str, Any], status: int, field: str
) -> None:
    intent = shared_world.earned(10_000)
    url = f"{shared_world.base}/control/payment_intents/{intent.id}/dispute"
    answer = httpx.post(url, json=fields, trust_env=False)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, field)
    assert shared_world.state()["counts"]["disputes"] == 0


def test_a_charge_has_one_open_dispute_at_a_time(shared_world: World) -> None:
    dispute = disputed(shared_world, amount=1000)
    url = f"{shared_world.base}/control/payment_intents/{dispute.payment_intent}/dispute"
    assert httpx.post(url, trust_env=False).status_code == 409
    shared_world.control(f"disputes/{dispute.id}/close", outcome="won")
    assert httpx.post(url, trust_env=False).status_code == 200
    assert len(shared_world.client.v1.disputes.list(params={"charge": dispute.charge}).data) == 2


def test_evidence_lost_on_the_way_back_is_submitted_once(world: World) -> None:
    dispute = disputed(world)
    submit = partial(
        world.client.v1.disputes.update,
        dispute.id,
        params={"evidence": {"customer_name": "A"}},
        options={"idempotency_key": "evidence-1"},
    )
    world.control("api/faults", kind="drop")
    world.refused(submit)
    assert submit().evidence_details.submission_count == 1
    wait_until(lambda: world.receiver.types().count("charge.dispute.updated") == 1, "one update")
