"""What is held of a resale goes to the seller or back to the buyer, whoever asks, and whatever happens at once."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from tests.functions.reconciling import Stuck
from tests.functions.refunding import refund
from tests.functions.reselling import BUYER, HOUR, SELLER, SERVICE, VENUE, Market, at_once
from tollgate.marketplace.purchasing import account_of

ACCOUNT = account_of("demo", SELLER)
ENDS = {"released", "refunded"}


@pytest.fixture
def market(stuck: Stuck) -> Market:
    return Market(stuck)


def ended_once(market: Market, escrow: str) -> str:
    """How it ended: once, and its money is nowhere else."""
    told = market.told(escrow)
    assert len([each for each in told if each in ENDS]) == 1, told
    status = str(market.escrow(escrow)["status"])
    assert status in told
    if status == "refunded":
        assert market.give_back(escrow) in {"succeeded", "nothing"}
    assert market.balances().get(f"escrow:{escrow}", 0) == 0
    return status


def test_a_transfer_releases_the_money_with_royalties_and_the_fee(market: Market) -> None:
    escrow = market.released()
    assert (escrow["status"], escrow["reason"], escrow["sellerPayout"]) == ("released", "transferred", 12_750)
    assert market.told(escrow["id"]) == ["created", "funded", "transfer_confirmed", "released"]
    assert market.entries("escrow_released") == [
        {
            f"escrow:{escrow['id']}": -15_000,
            f"royalties:{VENUE}": 1_500,
            "platform_fees": 750,
            f"seller_pending:{ACCOUNT}": 12_750,
        }
    ]
    (released,) = [e for e in market.deployed.events(escrow["id"]) if e["type"].endswith(".released")]
    assert released["data"]["royalties"] == [{"recipient": VENUE, "amount": 1_500}]


def test_confirming_and_stepping_again_changes_nothing(market: Market) -> None:
    escrow = market.released()
    confirmed = market.confirm(escrow["id"])
    assert (confirmed.status, confirmed.body["escrow"]) == (200, market.escrow(escrow["id"], SERVICE))
    assert market.step(escrow["id"]) == {
        "tenant": "demo",
        "escrow": escrow["id"],
        "outcome": "released",
        "seconds": None,
    }
    assert len(market.entries("escrow_released")) == 1


def test_a_step_before_anything_is_due_waits_for_the_deadline(market: Market) -> None:
    escrow = market.bought()
    step = market.step(escrow["id"])
    assert (step["outcome"], 72 * HOUR - 60 <= step["seconds"] <= 72 * HOUR) == ("waiting", True)


def test_without_a_transfer_the_money_goes_back_at_the_deadline_and_the_ticket_is_the_sellers(market: Market) -> None:
    escrow = market.bought()
    market.later(71)
    assert market.step(escrow["id"])["outcome"] == "waiting"
    market.later(1)
    assert market.step(escrow["id"])["outcome"] == "refunded"
    assert market.escrow(escrow["id"])["reason"] == "not_transferred"
    assert market.give_back(escrow["id"]) == "succeeded"
    assert market.give_back(escrow["id"]) == "nothing"
    assert (market.refunded(), market.escrow(escrow["id"])["refunded"]) == (15_000, 15_000)
    assert market.confirm(escrow["id"]).body["code"] == "INVALID_STATE"
    assert market.put_up().status == 201  # the seller may try again
    assert market.balances().get(f"escrow:{escrow['id']}", 0) == 0


def test_the_reconciler_ends_what_its_machine_has_left_and_gives_back_what_a_queue_has(market: Market) -> None:
    escrow = market.bought()
    market.later(72.5)
    market.stuck.reconcile()
    assert market.escrow(escrow["id"])["status"] == "funded"  # the machine has an hour
    market.later(1)
    assert market.stuck.reconcile()["examined"]["escrows"] == 1
    assert market.escrow(escrow["id"])["status"] == "refunded"
    assert market.refunded() == 0
    market.later(0.5)
    market.stuck.reconcile()
    assert market.refunded() == 15_000
    market.later(48)
    assert "escrows" not in market.stuck.reconcile()["examined"]


def test_what_a_provider_cannot_give_back_now_is_tried_again_more_and_more_rarely(market: Market) -> None:
    escrow = market.bought()
    market.later(72)
    market.step(escrow["id"])
    market.stuck.stripe.control("api/faults", kind="503", method="POST", path="/v1/refunds", times=99)
    market.later(0.5)
    assert market.stuck.reconcile()["examined"]["escrows"] == 1
    assert "escrows" not in market.stuck.reconcile()["examined"]
    market.later(0.25)
    assert "escrows" not in market.stuck.reconcile()["examined"]  # put off by half an hour
    market.stuck.stripe.control("api/faults", "DELETE")
    market.later(1)
    market.stuck.reconcile()
    assert market.refunded() == 15_000


def test_a_complaint_stops_everything_until_somebody_decides(market: Market) -> None:
    escrow = market.bought()["id"]
    assert market.dispute(escrow, who=market.deployed.as_user(SELLER)).status == 404
    disputed = market.dispute(escrow)
    assert (disputed.status, disputed.body["escrow"]["status"]) == (200, "disputed")
    assert market.dispute(escrow).status == 200
    assert market.escrow(escrow)["complaint"] == "never came"
    assert market.escrow(escrow, market.deployed.as_user(SELLER))["complaint"] is None
    market.confirm(escrow)
    market.later(100)
    assert market.step(escrow)["outcome"] == "waiting"
    market.stuck.reconcile()
    assert market.escrow(escrow)["status"] == "disputed"
    assert market.resolve(escrow, "release", who=market.deployed.as_user(BUYER)).status == 403
    resolved = market.resolve(escrow, "release")
    assert (resolved.body["escrow"]["status"], resolved.body["escrow"]["reason"]) == ("released", "resolved")
    assert market.resolve(escrow, "release").status == 200
    assert market.resolve(escrow, "refund").body["code"] == "INVALID_STATE"
    assert ended_once(market, escrow) == "released"


def test_a_decision_for_the_buyer_gives_all_of_it_back(market: Market) -> None:
    escrow = market.bought()["id"]
    market.dispute(escrow)
    assert market.resolve(escrow, "refund").body["escrow"]["status"] == "refunded"
    assert market.resolve(escrow, "release").body["code"] == "INVALID_STATE"
    assert market.give_back(escrow) == "succeeded"
    assert market.refunded() == 15_000


def _moves(market: Market, escrow: str) -> dict[str, Callable[[], Any]]:
    """All that may happen to what is held."""
    step = market.deployed.fresh("escrow_step")
    payment = str(market.escrow(escrow)["paymentId"])
    return {
        "release": lambda: (market.confirm(escrow), market.step(escrow, step)),
        "refund": lambda: refund(market.stuck, payment),
        "resolve": lambda: market.resolve(escrow, "refund"),
        "dispute": lambda: market.dispute(escrow),
    }


@pytest.mark.parametrize("order", list(itertools.permutations(("release", "refund", "dispute"))), ids="-".join)
def test_in_whatever_order_they_come_the_money_goes_one_way(market: Market, order: tuple[str, ...]) -> None:
    escrow = market.bought()["id"]
    moves = _moves(market, escrow)
    for each in order:
        moves[each]()
    # What is disputed is not released before somebody has decided.
    released = order.index("release") < min(order.index("refund"), order.index("dispute"))
    assert ended_once(market, escrow) == ("released" if released else "refunded")
    assert market.refunded() == 15_000
    assert market.balances().get(f"seller_pending:{ACCOUNT}", 0) == (-1_500 if released else 0)


@pytest.mark.parametrize("times", range(3))
def test_release_refund_and_dispute_at_once_end_in_one_way(market: Market, times: int) -> None:
    escrow = market.bought()["id"]
    market.deployed.function("checkout_api")
    moves = _moves(market, escrow)
    del moves["refund"]  # what has been released may be refunded by the seller's money, and is below
    at_once(*moves.values(), *[moves["release"]] * times)
    if market.escrow(escrow)["status"] == "disputed":
        market.resolve(escrow, "release")
    ended_once(market, escrow)


def test_release_and_a_refund_at_once_leave_nothing_behind(market: Market) -> None:
    escrow = market.bought()["id"]
    market.deployed.function("checkout_api")
    moves = _moves(market, escrow)
    at_once(moves["release"], moves["refund"], moves["release"])
    told = [each for each in market.told(escrow) if each in ENDS]
    assert len(told) == 1
    assert market.balances().get(f"escrow:{escrow}", 0) == 0
    assert market.refunded() in {0, 15_000}


def test_a_refund_after_the_release_is_the_sellers(market: Market) -> None:
    escrow = market.released()
    assert refund(market.stuck, escrow["paymentId"], amount=1_000).status == 200
    assert market.told(escrow["id"])[-1] == "released"
    (posted,) = market.entries("refund_succeeded")
    assert posted["provider_clearing:stripe"] == 1_000
    assert posted[f"seller_pending:{ACCOUNT}"] == -950
    assert posted["platform_fees"] == -50


def test_only_who_is_concerned_sees_an_escrow(market: Market) -> None:
    escrow = market.bought()["id"]
    for who in (BUYER, SELLER):
        assert market.escrow(escrow, market.deployed.as_user(who))["id"] == escrow
    for stranger in (market.deployed.as_user("user-9"), market.deployed.as_user(BUYER, "tenant_123")):
        assert market.ask("GET", f"/api/v1/marketplace/escrows/{escrow}", who=stranger).status == 404
        assert market.dispute(escrow, who=stranger).status == 404
    assert (
        market.ask("POST", f"/internal/transfers/{escrow}/confirm", who=market.deployed.as_user(SELLER)).status == 403
    )
