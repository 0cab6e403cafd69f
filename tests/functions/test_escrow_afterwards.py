"""What banks and providers do with the money of a resale, what is settled of it, and what its venue gets."""

from __future__ import annotations

import pytest

from tests.functions.reconciling import Stuck
from tests.functions.refunding import refund
from tests.functions.reselling import MARKET, SELLER, VENUE, Market
from tests.functions.test_stats import messages
from tests.support.requests import a_mock_event, context, new_key
from tollgate.marketplace.purchasing import account_of

ACCOUNT = account_of("demo", SELLER)


@pytest.fixture
def market(stuck: Stuck) -> Market:
    return Market(stuck)


def test_a_bank_that_takes_it_back_stops_it_and_one_that_gives_up_lets_it_go_on(market: Market) -> None:
    escrow = market.bought()
    _chargeback(market)
    assert market.escrow(escrow["id"])["status"] == "disputed"
    assert market.resolve(escrow["id"], "release").body["code"] == "INVALID_STATE"
    assert market.resolve(escrow["id"], "refund").body["code"] == "INVALID_STATE"
    assert refund(market.stuck, escrow["paymentId"]).status in {409, 422}
    _closed(market, "won")
    assert market.told(escrow["id"])[-2:] == ["disputed", "resumed"]
    market.confirm(escrow["id"])
    assert market.step(escrow["id"])["outcome"] == "released"
    assert market.balances().get(f"escrow:{escrow['id']}", 0) == 0


def test_a_bank_that_keeps_it_ends_it(market: Market) -> None:
    escrow = market.bought()
    _chargeback(market)
    _closed(market, "lost")
    assert (market.escrow(escrow["id"])["status"], market.escrow(escrow["id"])["reason"]) == ("refunded", "chargeback")
    assert market.give_back(escrow["id"]) == "nothing"
    assert market.refunded() == 0
    balances = market.balances()
    assert (balances.get(f"escrow:{escrow['id']}", 0), balances.get("disputes", 0)) == (0, 0)


def test_what_is_given_back_at_the_provider_ends_it_and_a_part_is_for_a_person(market: Market) -> None:
    escrow = market.bought()
    _at_stripe(market, escrow["paymentId"], 5_000)
    assert market.escrow(escrow["id"])["status"] == "disputed"
    market.confirm(escrow["id"])
    assert market.step(escrow["id"])["outcome"] == "waiting"
    market.resolve(escrow["id"], "release")
    assert market.entries("escrow_released") == [
        {
            f"escrow:{escrow['id']}": -10_000,
            f"royalties:{VENUE}": 1_000,
            "platform_fees": 500,
            f"seller_pending:{ACCOUNT}": 8_500,
        }
    ]
    whole = market.bought(ticket="tic_2")
    _at_stripe(market, whole["paymentId"], 15_000)
    assert (market.escrow(whole["id"])["status"], market.escrow(whole["id"])["reason"]) == (
        "refunded",
        "refunded_at_provider",
    )
    assert market.give_back(whole["id"]) == "nothing"
    assert market.balances().get(f"escrow:{whole['id']}", 0) == 0


def test_nobody_is_paid_out_while_it_is_held_and_its_parts_settle_after_the_release(market: Market) -> None:
    escrow = market.bought()
    market.later(71)
    market.stuck.reconcile()
    assert not market.entries("payment_settled")
    market.confirm(escrow["id"])
    market.step(escrow["id"])
    market.later(24)
    market.stuck.reconcile()
    (posted,) = market.entries("payment_settled")
    assert (posted[f"seller_pending:{ACCOUNT}"], posted[f"seller_available:{ACCOUNT}"]) == (-12_750, 11_475)
    assert posted[f"seller_reserved:{ACCOUNT}"] == 1_275
    balances = market.balances()
    assert (balances[f"royalties:{VENUE}"], balances.get(f"escrow:{escrow['id']}", 0)) == (1_500, 0)
    assert balances["platform_fees"] == 750


def test_money_that_comes_after_its_purchase_has_failed_goes_back(market: Market) -> None:
    """The provider said that it was not made, and then that it was. Meanwhile somebody else has bought the ticket."""
    listing = market.listed()
    declined = market.ask(
        "POST",
        f"{MARKET}/purchase",
        {"listingId": listing, "sources": {"mock": "soft"}, "method": "mock"},
        who={**market.deployed.as_user("user-2"), "idempotency-key": new_key()},
    )
    assert declined.status == 402
    (payment,) = market.deployed.stored("payment")
    id_ = payment["pk"]["S"].split("#")[2]
    assert market.buy(listing).status == 200
    late = {"id": id_, "providerCheckoutSessionId": "late", "amount": 15_000, "currency": "USD"}
    market.deployed.tell(a_mock_event(late))
    market.deployed.apply_inbox()
    assert market.deployed.events(id_)[-1]["data"]["review"] == "late_capture"
    assert market.give_back_held(id_) == "succeeded"
    assert market.give_back_held(id_) == "for_a_person"  # nothing is held any more
    assert len(market.entries("held_money_refunded")) == 1
    assert {each["state"]["S"] for each in market.deployed.stored("escrow")} == {"funded", "cancelled"}
    assert market.listing(listing)["status"] == "sold"
    assert market.balances().get("unallocated", 0) == 0


def test_royalties_are_counted_once_and_reported_by_event(market: Market) -> None:
    first = market.released(ticket="tic_1")["id"]
    second = market.released(ticket="tic_2", eventId="evt_other", eventName="Other", price=20_000)["id"]
    third = market.released(ticket="tic_3")["id"]
    assert market.count_royalties(first, second) == []
    assert market.count_royalties(first, second, third, third) == []
    report = market.royalties().body
    assert report == {
        "totalRoyalties": 5_000,
        "transactionCount": 3,
        "averageRoyalty": 1_667,
        "currency": "USD",
        "byEvent": [
            {"eventId": "evt_concert", "eventName": "Concert", "royalties": 3_000, "transactions": 2},
            {"eventId": "evt_other", "eventName": "Other", "royalties": 2_000, "transactions": 1},
        ],
    }
    day = market.escrow(first)["endedAt"][:10]
    assert market.royalties(f"startDate={day}&endDate={day}").body["transactionCount"] == 3
    assert market.royalties("endDate=2020-01-01").body["transactionCount"] == 0
    assert market.royalties("currency=EUR").body["totalRoyalties"] == 0
    for query in (
        "startDate=2026-02-30",
        "startDate=1.1.2026",
        "startDate=2025-01-01&endDate=2026-01-02",
        "startDate=2026-01-02&endDate=2026-01-01",
        "currency=XXX",
        "x=1",
    ):
        assert market.royalties(query).status == 422, query
    assert market.royalties("startDate=2025-01-01&endDate=2026-01-01").status == 200


def test_what_was_not_released_is_not_counted_and_a_message_of_nobody_comes_again(market: Market) -> None:
    escrow = market.bought()["id"]
    counter = market.deployed.function("royalty_counter")
    told = {**market.deployed.events(escrow)[1], "type": "payments.escrow.released"}

    assert counter.handler({"Records": messages(told)}, context()) == {"batchItemFailures": []}
    assert market.royalties().body["transactionCount"] == 0
    nobody = {**told, "aggregate": {"type": "escrow", "id": "esc_00000000000000000000000000"}}
    assert len(counter.handler({"Records": messages(nobody)}, context())["batchItemFailures"]) == 1


def _chargeback(market: Market) -> None:
    """The bank has taken everything back, and we know."""
    (intent,) = market.stuck.stripe.client.v1.payment_intents.list({"limit": 1}).data
    market.stuck.stripe.control(f"payment_intents/{intent.id}/dispute", reason="fraudulent")
    _told_of(market, "charge.dispute.funds_withdrawn")


def _closed(market: Market, outcome: str) -> None:
    (dispute,) = market.stuck.stripe.client.v1.disputes.list({"limit": 1}).data
    market.stuck.stripe.control(f"disputes/{dispute.id}/close", outcome=outcome)
    _told_of(market, "charge.dispute.closed")


def _told_of(market: Market, type_: str) -> None:
    """Whose dispute it is, only the charge tells: the reconciler asks."""
    market.hear(type_)
    market.stuck.later(120)
    market.stuck.reconcile()


def _at_stripe(market: Market, payment: str, amount: int) -> None:
    """Somebody gives back at Stripe's dashboard."""
    stripe = market.stuck.stripe
    intents = stripe.client.v1.payment_intents.list({"limit": 100}).data
    (intent,) = (each for each in intents if payment in each.metadata.to_dict().values())
    stripe.client.v1.refunds.create({"payment_intent": intent.id, "amount": amount})
    stripe.receiver.told("refund.created", intent.id)
    market.hear()
    market.stuck.later(120)
    market.stuck.reconcile()
