"""What goes back at PayPal: refunds of ours and of its own pages, reversals and disputes; and what it keeps."""

from __future__ import annotations

import json

import pytest

from tests.functions.paying_pal import PalShop
from tests.support.deployment import Answer
from tests.support.requests import new_key

DAY = 86_400


def _capture(pal: PalShop) -> str:
    return str(pal.paypal.captures()[-1]["id"])


def test_a_refund_goes_back_once_under_our_id(pal: PalShop) -> None:
    checkout, key = pal.paid(), new_key()
    first, again = pal.refund(checkout, key, amount=2_500), pal.refund(checkout, key, amount=2_500)
    assert (first.status, again.headers["idempotency-replayed"]) == (200, "true")
    (made,) = pal.paypal.state()["refunds"]
    assert made["amount"]["value"] == "25.00"
    assert made["custom_id"] == f"demo/{checkout.body['id']}/{first.body['refund']['id']}"
    pal.hear("PAYMENT.CAPTURE.REFUNDED")
    assert pal.shown(checkout)["status"] == "partially_refunded"
    assert pal.types(checkout).count("payments.purchase.refunded") == 1


def test_a_refund_whose_answer_was_lost_is_found_and_not_made_twice(pal: PalShop) -> None:
    checkout = pal.paid()
    pal.paypal.control("api/faults", kind="drop", path="/refund$")
    assert pal.refund(checkout, amount=2_500).body["refund"]["status"] == "unknown"
    pal.later(10 * 60)
    assert pal.reconcile() == {"unsure_refund": 1}
    assert (len(pal.paypal.state()["refunds"]), pal.shown(checkout)["status"]) == (1, "partially_refunded")


def test_more_than_is_left_is_refused_by_paypal_too(pal: PalShop) -> None:
    checkout = pal.paid()
    pal.paypal.control(f"captures/{_capture(pal)}/refund", value="80.00")
    assert pal.refund(checkout).body["code"] == "REFUND_FAILED"


@pytest.mark.parametrize("value", ["30.00", None])
def test_a_refund_of_paypals_own_pages_is_found_by_its_capture(pal: PalShop, value: str | None) -> None:
    checkout = pal.paid()
    fields = {"value": value} if value else {}
    pal.paypal.control(f"captures/{_capture(pal)}/refund", **fields)
    pal.hear("PAYMENT.CAPTURE.REFUNDED")
    pal.later(10 * 60)
    pal.reconcile()
    assert pal.shown(checkout)["status"] == ("partially_refunded" if value else "refunded")


@pytest.mark.parametrize(
    ("outcome", "event", "refundable"),
    [
        ("RESOLVED_SELLER_FAVOUR", "payments.dispute.won", 10_000),
        ("CANCELED_BY_BUYER", "payments.dispute.won", 10_000),
        ("RESOLVED_BUYER_FAVOUR", "payments.dispute.lost", 0),
    ],
)
def test_a_dispute_holds_the_money_until_it_ends(pal: PalShop, outcome: str, event: str, refundable: int) -> None:
    checkout = pal.paid()
    dispute = pal.paypal.control(f"captures/{_capture(pal)}/dispute")["dispute_id"]
    pal.hear("CUSTOMER.DISPUTE.CREATED")
    assert pal.shown(checkout)["status"] == "disputed"
    pal.paypal.control(f"disputes/{dispute}/resolve", outcome=outcome)
    pal.hear("CUSTOMER.DISPUTE.RESOLVED")
    assert pal.types(checkout)[-1] == event
    assert _refundable(pal, checkout) == refundable


def test_of_a_dispute_that_is_lost_in_part_the_rest_may_go_back_again(pal: PalShop) -> None:
    checkout = pal.paid()
    dispute = pal.paypal.control(f"captures/{_capture(pal)}/dispute")["dispute_id"]
    pal.paypal.control(f"disputes/{dispute}/resolve", outcome="RESOLVED_BUYER_FAVOUR", value="5.00")
    pal.hear("CUSTOMER.DISPUTE.CREATED", "CUSTOMER.DISPUTE.RESOLVED")
    assert (pal.types(checkout)[-1], _refundable(pal, checkout)) == ("payments.dispute.lost", 9_500)
    assert pal.refund(checkout).body["refund"]["amount"] == 9_500


def test_a_dispute_that_ends_by_a_refund_is_booked_once_and_a_person_told(pal: PalShop) -> None:
    checkout = pal.paid()
    dispute = pal.paypal.control(f"captures/{_capture(pal)}/dispute")["dispute_id"]
    pal.paypal.control(f"captures/{_capture(pal)}/refund", value="5.00")
    pal.paypal.control(f"disputes/{dispute}/resolve", outcome="RESOLVED_BUYER_FAVOUR", value="5.00")
    pal.hear("CUSTOMER.DISPUTE.CREATED", "PAYMENT.CAPTURE.REFUNDED", "CUSTOMER.DISPUTE.RESOLVED")
    for _ in range(2):  # whose refund it is, PayPal is asked; then that it does not fit is found
        pal.later(60 * 60)
        pal.reconcile()
    assert _refundable(pal, checkout) == 9_500
    (finding,) = [each for each in pal.deployed.stored("finding") if each["what"]["S"] == "failed_event"]
    assert json.loads(finding["detail"]["S"])["type"] == "PAYMENT.CAPTURE.REFUNDED"


@pytest.mark.parametrize("outcome", ["RESOLVED_WITH_PAYOUT", "NONE"])
def test_a_dispute_that_ends_and_nobody_says_for_whom_stays_open_and_a_person_is_told(
    pal: PalShop, outcome: str
) -> None:
    checkout = pal.paid()
    dispute = pal.paypal.control(f"captures/{_capture(pal)}/dispute")["dispute_id"]
    pal.paypal.control(f"disputes/{dispute}/resolve", outcome=outcome)
    pal.hear("CUSTOMER.DISPUTE.RESOLVED")
    assert (pal.shown(checkout)["status"], _refundable(pal, checkout)) == ("disputed", 0)
    statuses = [each["status"]["S"] for each in pal.deployed.stored("provider_event", "INBOX_TABLE")]
    assert statuses.count("failed") == 1


def test_a_reversal_is_a_loss_with_a_dispute_before_it_or_without(pal: PalShop) -> None:
    checkout = pal.paid()
    pal.paypal.control(f"captures/{_capture(pal)}/dispute")
    pal.paypal.control(f"captures/{_capture(pal)}/reverse")
    pal.hear("CUSTOMER.DISPUTE.CREATED", "PAYMENT.CAPTURE.REVERSED")
    assert pal.types(checkout)[-2:] == ["payments.dispute.opened", "payments.dispute.lost"]
    another = pal.paid()
    pal.paypal.control(f"captures/{_capture(pal)}/reverse")
    pal.hear("PAYMENT.CAPTURE.REVERSED", count=2)
    assert pal.types(another)[-2:] == ["payments.dispute.opened", "payments.dispute.lost"]
    assert _refundable(pal, another) == 0


def _refundable(pal: PalShop, checkout: Answer) -> int:
    (item,) = [each for each in pal.deployed.stored("payment") if checkout.body["id"] in each["pk"]["S"]]
    return int(item.get("refundable", {"N": "0"})["N"])


def test_what_paypal_kept_is_posted_when_it_is_asked(pal: PalShop) -> None:
    """Its price list is what was expected."""
    checkout = pal.paid()
    pal.later(2 * DAY + 600)
    pal.reconcile()
    assert pal.shown(checkout)["status"] == "settled"
    entries = [each for each in pal.deployed.stored("journal_entry") if each["what"]["S"] == "payment_settled"]
    assert "provider_fees" not in dict(json.loads(entries[0]["postings"]["S"]))
