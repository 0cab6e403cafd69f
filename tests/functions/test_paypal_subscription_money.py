"""What goes back of what PayPal has charged for subscriptions, and what is kept of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.subscribing import DAY, HOUR
from tests.functions.subscribing_at_paypal import Payers
from tests.support.requests import new_key


@pytest.mark.parametrize(
    ("what", "type_"), [("refund", "purchase.refunded"), ("reverse", "dispute.lost"), ("dispute", "dispute.opened")]
)
def test_what_goes_back_of_a_later_period_is_found_by_its_sale(payers: Payers, what: str, type_: str) -> None:
    active = payers.subscribe()
    payers.renew(active["id"])
    payers.paypal.control(f"sales/{payers.sales()[-1]['id']}/{what}")
    payers.hear()
    renewal, first = payers.payments()
    said = [each["type"] for each in payers.shop.deployed.events(renewal["id"])]
    assert any(each.endswith(type_) for each in said), said
    assert (first["status"], first["refundable"]) == ("confirmed", 3_999)
    assert payers.show(active["id"])["status"] == "active"


def _refund(payers: Payers, payment: str, key: str, **body: Any) -> Any:
    headers = {**payers.shop.deployed.as_user("boss", role="admin"), "idempotency-key": key}
    return payers.shop.deployed.call("POST", f"/transactions/{payment}/refund", body, headers=headers)


@pytest.mark.parametrize("number", [0, 1], ids=["later", "first"])
def test_a_period_is_refunded_from_here_in_parts(payers: Payers, number: int) -> None:
    active = payers.subscribe()
    payers.renew(active["id"])
    paid = payers.payments()[number]["id"]
    assert _refund(payers, paid, new_key(), amount=1_000).body["refund"]["status"] == "succeeded"
    assert _refund(payers, paid, new_key()).body["refund"]["amount"] == 2_999
    payers.hear()
    assert payers.payments()[number]["status"] == "refunded"
    told = payers.paypal.state()["sale_refunds"]
    assert [each["amount"]["total"] for each in told] == ["10.00", "29.99"]
    assert len(payers.shop.deployed.stored("journal_entry")) == 4
    assert set(payers.inbox()) <= {"applied", "repeated", "ignored"}


def test_a_refund_whose_answer_was_lost_is_made_once(payers: Payers) -> None:
    payers.subscribe()
    paid, key = payers.payments()[0]["id"], new_key()
    payers.paypal.control("api/faults", kind="drop", path="/refund$")
    assert _refund(payers, paid, key).body["refund"]["status"] == "unknown"
    payers.hear()
    assert payers.payments()[0]["status"] == "refunded"
    assert len(payers.paypal.state()["sale_refunds"]) == 1
    assert len(payers.shop.deployed.stored("journal_entry")) == 2


def test_a_refund_whose_answer_and_event_were_lost_is_asked_for_again_under_its_id(payers: Payers) -> None:
    payers.subscribe()
    paid, key = payers.payments()[0]["id"], new_key()
    payers.paypal.control("api/faults", kind="drop", path="/refund$")
    _refund(payers, paid, key)
    payers.deaf = True
    payers.pass_time(10 * 60)
    payers.shop.reconcile()
    assert payers.payments()[0]["status"] == "refunded"
    assert len(payers.paypal.state()["sale_refunds"]) == 1


def test_a_refund_that_is_told_before_its_period_waits_for_it(payers: Payers) -> None:
    active = payers.subscribe()
    payers.deaf = True
    payers.renew(active["id"])
    payers.paypal.control(f"sales/{payers.sales()[-1]['id']}/refund")
    sale, refund = payers.events()[-2:]
    payers.tell(refund)
    payers.pass_time(6 * 60)
    payers.shop.reconcile()
    assert "parked" in payers.inbox()
    payers.tell(sale)
    payers.pass_time(HOUR)
    payers.shop.reconcile()
    assert [each["status"] for each in payers.payments()] == ["refunded", "settled"]


def test_a_sale_is_settled_with_its_fee(payers: Payers) -> None:
    active = payers.subscribe()
    payers.renew(active["id"])
    payers.pass_time(3 * DAY)
    payers.shop.reconcile()
    assert [each["status"] for each in payers.payments()] == ["settled", "settled"]
