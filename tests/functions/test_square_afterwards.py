"""What becomes of money that Square took: it settles, goes back, and is disputed."""

from __future__ import annotations

from tests.functions.refunding import entries, refund, shown
from tests.functions.selling_at_square import DAY, MINUTE, Shop


def test_a_sale_settles_with_what_square_kept(shop: Shop) -> None:
    checkout, _ = shop.paid()
    shop.reconciled_later(3 * DAY)
    assert shown(shop.stuck, checkout)["status"] == "settled"
    (settled,) = entries(shop.stuck, "payment_settled")
    assert "provider_fees" not in settled


def test_a_refund_is_pending_until_square_says_that_it_is_done(shop: Shop) -> None:
    checkout, _ = shop.paid()
    asked = refund(shop.stuck, checkout.body["id"], amount=4_000)
    assert (asked.status, asked.body["refund"]["status"]) == (200, "pending")
    (made,) = shop.square.state("refunds")
    shop.square.control(f"refunds/{made['id']}/settle", outcome="COMPLETED")
    shop.pass_on("refund.created PENDING", "refund.updated COMPLETED")
    assert shown(shop.stuck, checkout)["status"] == "partially_refunded"
    assert refund(shop.stuck, checkout.body["id"], amount=6_001).status == 422


def test_a_refund_that_square_gives_up_is_free_again(shop: Shop) -> None:
    checkout, _ = shop.paid()
    refund(shop.stuck, checkout.body["id"])
    (made,) = shop.square.state("refunds")
    shop.square.control(f"refunds/{made['id']}/settle", outcome="REJECTED")
    shop.pass_on("refund.updated REJECTED")
    assert shown(shop.stuck, checkout)["status"] == "confirmed"
    assert refund(shop.stuck, checkout.body["id"]).status == 200


def test_a_refund_whose_answer_was_lost_is_found_and_not_made_again(shop: Shop) -> None:
    checkout, _ = shop.paid()
    shop.square.control("api/faults", kind="drop", path="/v2/refunds")
    assert refund(shop.stuck, checkout.body["id"], amount=4_000).body["refund"]["status"] == "unknown"
    shop.reconciled_later(6 * MINUTE)
    (made,) = shop.square.state("refunds")
    assert made["amount_money"]["amount"] == 4_000
    assert shown(shop.stuck, checkout)["status"] == "refunding"


def test_what_bears_no_word_of_ours_is_traced_to_its_payment(shop: Shop) -> None:
    """A refund of the dashboard, and a dispute that is won."""
    checkout, payment = shop.paid()
    shop.square.control(f"payments/{payment}/refund", amount=1_000)
    dispute = shop.square.control(f"payments/{payment}/dispute", amount=2_000)["id"]
    shop.pass_on("refund.created PENDING", "dispute.created EVIDENCE_REQUIRED")
    assert shop.stuck.status(checkout) == "confirmed"
    shop.reconciled_later(10 * MINUTE)
    assert shop.stuck.status(checkout) == "disputed"
    shop.square.control(f"disputes/{dispute}/move", state="WON")
    shop.pass_on("dispute.state.updated WON")
    shop.reconciled_later(10 * MINUTE)
    assert shop.stuck.status(checkout) == "refunding"
