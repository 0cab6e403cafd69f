"""A bank takes the buyer's money back, and may have to give it up: what may still be refunded, and the books."""

from __future__ import annotations

from typing import Any

from tests.functions.reconciling import Stuck
from tests.functions.refunding import entries, paid, refund, shown
from tests.support.deployment import Answer

MINUTE = 60
FEE = 1_500


def _disputed(stuck: Stuck, **fields: Any) -> Answer:
    """A paid checkout of which the bank has taken everything back, and we know."""
    checkout = paid(stuck, **fields)
    (intent,) = stuck.stripe.client.v1.payment_intents.list({"limit": 1}).data
    stuck.stripe.control(f"payment_intents/{intent.id}/dispute", reason="fraudulent")
    _hear(stuck, "charge.dispute.funds_withdrawn")
    return checkout


def _close(stuck: Stuck, outcome: str) -> None:
    (dispute,) = stuck.stripe.client.v1.disputes.list({"limit": 1}).data
    stuck.stripe.control(f"disputes/{dispute.id}/close", outcome=outcome)
    _hear(stuck, "charge.dispute.closed")


def _hear(stuck: Stuck, type_: str) -> None:
    """Whose dispute it is, only the charge tells: the reconciler asks."""
    stuck.pass_on(type_)
    stuck.deployed.apply_inbox()
    stuck.later(2 * MINUTE)
    assert stuck.reconcile()["repaired"]["parked_event"] >= 1


def test_an_open_dispute_lowers_what_may_go_back_and_reserves_the_sellers_share(stuck: Stuck) -> None:
    checkout = _disputed(stuck, venueId="ven_1")
    seen = shown(stuck, checkout)
    assert (seen["status"], seen["refundable"]) == ("disputed", 0)
    assert refund(stuck, checkout.body["id"], amount=1).status == 422
    assert stuck.types(checkout.body["id"])[-1] == "payments.dispute.opened"
    (posted,) = entries(stuck, "dispute_opened")
    assert posted == {
        "provider_clearing:stripe": 10_000 + FEE,
        "disputes": -10_000,
        "provider_fees": -FEE,
        "seller_pending:ven_1": -10_000,
        "seller_reserved:ven_1": 10_000,
    }


def test_a_dispute_that_is_won_gives_everything_back(stuck: Stuck) -> None:
    checkout = _disputed(stuck)
    _close(stuck, "won")
    seen = shown(stuck, checkout)
    assert (seen["status"], seen["refundable"]) == ("confirmed", 10_000)
    assert stuck.types(checkout.body["id"])[-1] == "payments.dispute.won"
    assert len(entries(stuck, "dispute_won")) == 1


def test_a_dispute_that_is_lost_is_the_sellers_loss(stuck: Stuck) -> None:
    checkout = _disputed(stuck, venueId="ven_1")
    _close(stuck, "lost")
    assert shown(stuck, checkout)["refundable"] == 0
    assert stuck.types(checkout.body["id"])[-1] == "payments.dispute.lost"
    assert entries(stuck, "dispute_lost") == [{"seller_reserved:ven_1": -10_000, "disputes": 10_000}]


def test_a_dispute_after_a_refund_applies_all_the_same_even_below_zero(stuck: Stuck) -> None:
    checkout = paid(stuck)
    refund(stuck, checkout.body["id"], amount=6_000)
    (intent,) = stuck.stripe.client.v1.payment_intents.list({"limit": 1}).data
    stuck.stripe.control(f"payment_intents/{intent.id}/dispute", amount=4_000)
    _hear(stuck, "charge.dispute.funds_withdrawn")
    assert shown(stuck, checkout)["refundable"] == 0


def test_what_is_told_twice_or_late_changes_nothing(stuck: Stuck) -> None:
    checkout = _disputed(stuck)
    _close(stuck, "lost")
    before = stuck.types(checkout.body["id"])
    stuck.deployed.apply_inbox()
    stuck.later(10 * MINUTE)
    stuck.reconcile()
    assert stuck.types(checkout.body["id"]) == before


def test_an_inquiry_takes_no_money(stuck: Stuck) -> None:
    checkout = paid(stuck)
    (intent,) = stuck.stripe.client.v1.payment_intents.list({"limit": 1}).data
    stuck.stripe.control(f"payment_intents/{intent.id}/dispute", inquiry=True)
    stuck.pass_on("charge.dispute.created")
    stuck.deployed.apply_inbox()
    assert shown(stuck, checkout)["status"] == "confirmed"
