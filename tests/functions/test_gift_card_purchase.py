"""A gift card from its purchase to its code in a mail, and what becomes of it when its price goes back."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from tests.functions.giving import MESSAGE, RECIPIENT, SENDER, Cards, no_cards_code
from tests.functions.mailing import BUYER, verified
from tests.functions.reconciling import Stuck
from tests.functions.refunding import refund
from tests.support.calls import counted_calls
from tests.support.deployment import Deployment, deployment
from tests.support.engine import Engine
from tests.support.requests import context, new_key
from tollgate.kernel.clock import from_iso

CODE = re.compile(r"(?<!\S)[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}(?!\S)")
MINUTE = 60
LIABILITY = "gift_card_liability"


def _bought(cards: Cards, how: str = "captured", **fields: Any) -> dict[str, Any]:
    """A purchase of which the mock said this."""
    answer = cards.buy(**fields)
    assert answer.status == 201, answer.body
    cards.hear(answer.body, how)
    return dict(answer.body)


def _on_the_bus(deployed: Deployment) -> list[dict[str, Any]]:
    """Every event so far, as the relay hands it to EventBridge."""
    deployed.client("events").create_event_bus(Name=deployed.environment["EVENT_BUS"])
    with counted_calls() as calls:
        records = {"Records": deployed.stream("CORE_TABLE")}
        assert deployed.function("event_relay").handler(records, context()) == {"batchItemFailures": []}
    entries = [entry for request in calls.requests for entry in request.get("Entries", [])]
    return [{"type": each["DetailType"], **json.loads(each["Detail"])["data"]} for each in entries]


def _mailed_code(deployed: Deployment) -> str:
    """Out of the only mail, which the mailer sends now."""
    post = verified(deployed)
    assert post.deliver() == []
    (mail,) = post.sent()
    assert mail["To"] == [RECIPIENT]
    (code,) = set(CODE.findall(mail["BodyText"]))
    return str(code)


def test_fifty_dollars_become_a_code_for_a_year_then_five_hundred_votes_and_fifty_dollars_of_credit(
    cards: Cards,
) -> None:
    bought = _bought(cards, amount=5_000, giftMessage="Happy birthday!")
    post = verified(cards.deployed)
    assert post.deliver() == []
    (mail,) = post.sent()
    assert mail["To"] == [RECIPIENT]
    assert "Happy birthday!" in mail["BodyText"]
    (code,) = CODE.findall(mail["BodyText"])
    card = cards.see(code).body["giftCard"]
    assert (card["id"], card["status"], card["balance"], card["currency"]) == (
        bought["giftCardId"],
        "active",
        5_000,
        "USD",
    )
    activated = cards.deployed.events(card["id"])[1]
    assert from_iso(card["expiresAt"]) - from_iso(activated["occurred_at"]) == timedelta(days=365)
    redeemed = cards.redeem(code, who=cards.holder("recipient-user-id"))
    assert (redeemed.body["credited"], redeemed.body["votes"], redeemed.body["balance"]) == (5_000, 500, 0)
    assert cards.credit(cards.holder("recipient-user-id")).body["available"] == 5_000
    assert redeemed.body["redeemedAt"] == cards.administer(card["id"]).body["giftCard"]["redeemedAt"]
    (told,) = [each for each in _on_the_bus(cards.deployed) if each["type"] == "payments.gift_card.redeemed"]
    assert (told["user_id"], told["redeemed"], told["currency"], told["votes"]) == (
        "recipient-user-id",
        5_000,
        "USD",
        500,
    )


def test_a_card_waits_for_its_money_and_nobody_is_mailed_before(cards: Cards) -> None:
    bought = cards.buy(giftMessage=MESSAGE, senderName=SENDER).body
    assert (bought["status"], bought["amount"], bought["due"], bought["tenders"]) == ("pending", 5_000, 5_000, [])
    shown = cards.administer(bought["giftCardId"]).body["giftCard"]
    assert (shown["status"], shown["available"], shown["paymentId"]) == ("pending", 0, bought["id"])
    assert (shown["recipientEmail"], shown["message"], shown["senderName"]) == (RECIPIENT, MESSAGE, SENDER)
    post = verified(cards.deployed)
    assert (post.deliver(), post.sent()) == ([], [])


def test_a_sold_card_is_owed_and_no_income_yet(cards: Cards) -> None:
    bought = _bought(cards, amount=10_000)
    ((what, postings),) = cards.entries()
    assert (what, postings[LIABILITY]) == ("gift_card_sold", 10_000)
    assert "platform_fees" not in postings
    assert sum(postings.values()) == 0
    assert cards.events(bought["giftCardId"]) == ["ordered", "activated"]


def test_the_buyer_gets_the_receipt_and_the_friend_the_code(cards: Cards) -> None:
    _bought(cards, customerEmail=BUYER)
    post = verified(cards.deployed)
    assert post.deliver() == []
    mails = {mail["To"][0]: mail for mail in post.sent()}
    assert set(mails) == {BUYER, RECIPIENT}
    assert not CODE.findall(json.dumps(mails[BUYER]))


@pytest.mark.parametrize("how", ["failed", "expired"])
def test_a_card_that_was_never_paid_can_never_be_spent(cards: Cards, how: str) -> None:
    bought = _bought(cards, how)
    assert cards.administer(bought["giftCardId"]).body["giftCard"]["status"] == "cancelled"
    assert cards.events(bought["giftCardId"]) == ["ordered", "cancelled"]
    assert cards.entries() == []
    post = verified(cards.deployed)
    assert (post.deliver(), post.sent()) == ([], [])


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"amount": 4_000}, "amount"),
        ({"amount": 5_001}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": -2_500}, "amount"),
        ({"amount": 50.0}, "amount"),
        ({"currency": "EUR"}, "currency"),
        ({"recipientEmail": "nobody"}, "recipientEmail"),
        ({"giftMessage": "two\nlines"}, "giftMessage"),
        ({"giftMessage": "x" * 501}, "giftMessage"),
        ({"tenders": [{"type": "credit"}]}, "tenders"),
    ],
)
def test_what_is_not_on_offer_is_refused_by_its_field_and_stores_nothing(
    cards: Cards, wish: dict[str, Any], field: str
) -> None:
    answer = cards.buy(**wish)
    assert (answer.status, answer.body["code"]) == (422, "VALIDATION_ERROR")
    assert answer.body["errors"][0]["field"] == field
    assert not [each for kind in ("gift_card", "payment", "idempotency") for each in cards.deployed.stored(kind)]


def test_a_deployment_sells_what_it_says(engine: Engine) -> None:
    with deployment(engine, GIFT_CARD_AMOUNTS="USD:1000-50000;JPY:3000", GIFT_CARD_CODE_LENGTH="16") as made:
        cards = Cards(made)
        assert [cards.buy(amount=each).status for each in (999, 1_000, 50_000, 50_001)] == [422, 201, 201, 422]
        assert [cards.buy(amount=each, currency="JPY").status for each in (3_000, 3_001)] == [201, 422]


def test_the_same_purchase_again_makes_one_card(cards: Cards) -> None:
    key = new_key()
    first, again = (cards.buy(key) for _ in range(2))
    assert (again.status, again.body, again.headers["idempotency-replayed"]) == (201, first.body, "true")
    assert len(cards.deployed.stored("gift_card")) == 1
    other = cards.buy(key, amount=10_000)
    assert (other.status, other.body["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_a_card_that_nobody_has_touched_can_be_given_back(cards: Cards) -> None:
    bought = _bought(cards)
    code = _mailed_code(cards.deployed)
    assert cards.refund(bought["id"]).status == 200
    assert cards.administer(bought["giftCardId"]).body["giftCard"]["status"] == "cancelled"
    assert cards.see(code).status == 404
    for answer in (cards.use(code, 1), cards.redeem(code)):
        assert (answer.status, answer.body["code"]) == (409, "INVALID_STATE")
    assert sum(postings[LIABILITY] for _, postings in cards.entries()) == 0


def test_a_card_of_which_something_was_used_cannot_be_given_back(cards: Cards) -> None:
    bought = _bought(cards)
    code = _mailed_code(cards.deployed)
    cards.use(code, 1)
    answer = cards.refund(bought["id"])
    assert (answer.status, answer.body["code"]) == (409, "INVALID_STATE")
    assert cards.see(code).body["giftCard"]["balance"] == 4_999


def test_the_buyers_bank_stops_the_card_and_lets_it_go_again(stuck: Stuck) -> None:
    """Stripe tells of the dispute first, and of how it ended then."""
    cards = Cards(stuck.deployed)
    bought = cards.buy(method="card")
    stuck.pay(bought)
    stuck.pass_on("checkout.session.completed")
    stuck.deployed.apply_inbox()
    (intent,) = stuck.stripe.client.v1.payment_intents.list({"limit": 1}).data
    stuck.stripe.control(f"payment_intents/{intent.id}/dispute", reason="fraudulent")
    _hear(stuck, "charge.dispute.funds_withdrawn")
    card = bought.body["giftCardId"]
    assert cards.administer(card).body["giftCard"]["available"] == 0
    assert refund(stuck, bought.body["id"]).status in (409, 422)
    (dispute,) = stuck.stripe.client.v1.disputes.list({"limit": 1}).data
    stuck.stripe.control(f"disputes/{dispute.id}/close", outcome="won")
    _hear(stuck, "charge.dispute.closed")
    assert cards.administer(card).body["giftCard"]["available"] == 5_000
    assert cards.events(card)[-1] == "reinstated"


def _hear(stuck: Stuck, type_: str) -> None:
    stuck.pass_on(type_)
    stuck.deployed.apply_inbox()
    stuck.later(2 * MINUTE)
    assert stuck.reconcile()["repaired"]["parked_event"] >= 1


def test_who_makes_codes_up_finds_no_bought_card(cards: Cards) -> None:
    _bought(cards)
    assert cards.see(no_cards_code()).status == 404
