"""From a sale to money that a seller may have: pending, settled, reserved, released."""

from __future__ import annotations

import threading

import pytest

from tests.functions.paying_out import VENUE, Venue
from tests.functions.reconciling import Stuck
from tests.functions.refunding import entries, paid, refund, shown
from tests.support.requests import context

MINUTE, DAY = 60, 86_400


def _days_later(stuck: Stuck) -> None:
    stuck.swept(3 * DAY)
    stuck.later(3 * DAY)


def test_a_sale_settles_when_the_provider_pays_out_but_for_a_reserve(stuck: Stuck) -> None:
    checkout = paid(stuck, venueId="ven_1")
    _days_later(stuck)
    stuck.reconcile()
    assert shown(stuck, checkout)["status"] == "settled"
    assert entries(stuck, "payment_settled") == [
        {
            "seller_pending:ven_1": -9_180,
            "seller_available:ven_1": 8_262,
            "seller_reserved:ven_1": 918,
        }
    ]
    assert stuck.types(checkout.body["id"])[-1] == "payments.payment.settled"


@pytest.mark.parametrize(("risk", "held_back"), [("low", 459), ("high", 1_836)])
def test_the_reserve_is_by_the_risk_of_the_seller(stuck: Stuck, risk: str, held_back: int) -> None:
    checkout = paid(stuck, venueId=VENUE)
    assert Venue(stuck).connect("acct_1", risk=risk).body["risk"] == risk
    _days_later(stuck)
    stuck.reconcile()
    assert shown(stuck, checkout)["status"] == "settled"
    (entry,) = entries(stuck, "payment_settled")
    assert (entry["seller_reserved:ven_1"], entry["seller_available:ven_1"]) == (held_back, 9_180 - held_back)


def test_it_waits_for_the_provider_and_is_not_asked_all_the_time(stuck: Stuck) -> None:
    """Stripe's day of availability begins at midnight; it is asked from two days after the sale."""
    checkout = paid(stuck)
    stuck.stripe.clock.offset -= 3 * DAY
    stuck.clock_file.write_text(str(float(stuck.clock_file.read_text()) + 2 * DAY + MINUTE))
    stuck.reconcile()
    assert shown(stuck, checkout)["status"] == "confirmed"
    assert "payments" not in stuck.reconcile()["examined"]


def test_what_went_back_before_is_not_the_sellers_any_more(stuck: Stuck) -> None:
    checkout = paid(stuck, venueId="ven_1")
    refund(stuck, checkout.body["id"], amount=4_000)
    _days_later(stuck)
    stuck.reconcile()
    (posted,) = entries(stuck, "payment_settled")
    assert posted["seller_pending:ven_1"] == -(9_180 - (4_000 - 328))
    assert shown(stuck, checkout)["status"] == "partially_refunded"


def test_a_refund_after_settlement_is_taken_from_what_is_available(stuck: Stuck) -> None:
    checkout = paid(stuck, venueId="ven_1")
    _days_later(stuck)
    stuck.reconcile()
    refund(stuck, checkout.body["id"], amount=1_000)
    (posted,) = entries(stuck, "refund_succeeded")
    assert posted == {"provider_clearing:stripe": 1_000, "seller_available:ven_1": -918, "platform_fees": -82}


def test_the_reserve_is_released_after_ninety_days_once(stuck: Stuck) -> None:
    checkout = paid(stuck, venueId="ven_1")
    _days_later(stuck)
    stuck.reconcile()
    stuck.swept(91 * DAY)
    stuck.later(91 * DAY)
    stuck.reconcile()
    stuck.reconcile()
    assert entries(stuck, "reserve_released") == [{"seller_reserved:ven_1": -918, "seller_available:ven_1": 918}]
    assert stuck.types(checkout.body["id"])[-1] == "payments.reserve.released"


def test_two_runs_at_once_settle_it_once(stuck: Stuck) -> None:
    checkout = paid(stuck)
    _days_later(stuck)
    instances = [stuck.deployed.fresh("reconciler") for _ in range(3)]
    threads = [threading.Thread(target=each.handler, args=({}, context())) for each in instances]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stuck.types(checkout.body["id"]).count("payments.payment.settled") == 1
    assert len(entries(stuck, "payment_settled")) == 1
