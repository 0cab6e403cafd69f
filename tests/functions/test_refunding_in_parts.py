"""What was paid in parts goes back in parts, in the order that the deployment sets; and the books agree with it all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.functions.giving import DEMO, HOLDER, Cards
from tests.functions.reconciling import Stuck
from tests.functions.refunding import stripes
from tests.support.deployment import Deployment, deployment
from tests.support.engine import Engine
from tests.support.requests import context, new_key
from tollgate.kernel.ids import derived

CREDIT = f"customer_credit:{derived('cus', DEMO, HOLDER)}"
LIABILITY = "gift_card_liability"


def _paid(cards: Cards) -> tuple[str, str]:
    """100.00, of which a card paid 30.00, credit 10.00 and the mock the rest; the payment, and the card's code."""
    given = cards.bought(25_000)
    cards.use(given.code, 22_000)
    cards.redeem(cards.bought(2_500).code)
    checkout = cards.pay(given.code, credit=1_000).body
    assert checkout["due"] == 6_000
    cards.hear(checkout)
    return checkout["id"], given.code


def _there(cards: Cards, code: str) -> tuple[int, int]:
    """On the card, and of the holder's credit."""
    return cards.see(code, who=cards.holder()).body["giftCard"]["balance"], cards.credit().body["available"]


@pytest.mark.parametrize(
    ("order", "provider", "card", "credit"),
    [("card_first", 6_000, 1_000, 0), ("gift_card_first", 3_000, 3_000, 1_000), ("ratio", 4_200, 2_100, 700)],
)
def test_a_part_goes_back_in_the_deployments_order_and_then_the_rest(
    engine: Engine, order: str, provider: int, card: int, credit: int
) -> None:
    with deployment(engine, REFUND_ORDER=order) as made:
        cards = Cards(made)
        payment, code = _paid(cards)
        first = cards.refund(payment, amount=7_000)
        assert (first.status, first.body["refund"]["amount"]) == (200, 7_000)
        assert first.body["refund"]["ontoTenders"] == card + credit == 7_000 - provider
        assert _there(cards, code) == (card, 1_500 + credit)
        seen = cards.payment(payment)
        assert (seen["status"], seen["refunded"], seen["refundable"]) == ("partially_refunded", 7_000, 3_000)
        assert cards.refund(payment).body["refund"]["amount"] == 3_000
        assert _there(cards, code) == (3_000, 2_500)
        assert cards.payment(payment)["status"] == "refunded"
        assert cards.refund(payment, amount=1).status == 422
        _hold_books(cards)


def test_the_same_refund_again_gives_nothing_more(cards: Cards) -> None:
    payment, code = _paid(cards)
    key = new_key()
    first, again = (cards.refund(payment, key, amount=7_000) for _ in range(2))
    assert (again.status, again.body, again.headers["idempotency-replayed"]) == (200, first.body, "true")
    other = cards.refund(payment, key, amount=6_999)
    assert (other.status, other.body["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert _there(cards, code) == (1_000, 1_500)


def test_what_tenders_covered_goes_back_to_them_alone(cards: Cards) -> None:
    given = cards.bought(10_000)
    checkout = cards.pay(given.code).body
    assert checkout["status"] == "confirmed"
    for amount in (4_000, 6_000):
        assert cards.refund(checkout["id"], amount=amount).body["refund"]["ontoTenders"] == amount
    assert cards.see(given.code, "/balance").body["balance"] == 10_000
    assert cards.events(given.id)[-2:] == ["restored", "restored"]
    _hold_books(cards)


def test_a_refund_can_be_spent_though_the_card_had_expired_meanwhile(aging_cards: Any) -> None:
    cards, put_clock_at = aging_cards
    given = cards.given(10_000, days=1)
    checkout = cards.pay(given.code).body
    put_clock_at(30 * 86_400)
    assert cards.refund(checkout["id"]).status == 200
    assert cards.use(given.code, 10_000).status == 200


def test_stripe_gives_back_its_part_and_no_more(stuck: Stuck) -> None:
    cards = Cards(stuck.deployed)
    given = cards.given(3_000)
    checkout = cards.pay(given.code, method="card")
    stuck.pay(checkout)
    stuck.pass_on("checkout.session.completed")
    stuck.deployed.apply_inbox()
    assert cards.refund(checkout.body["id"]).body["refund"]["ontoTenders"] == 3_000
    assert [each.amount for each in stripes(stuck)] == [7_000]
    assert cards.see(given.code, "/balance").body["balance"] == 3_000
    stuck.pass_on("refund.created")
    stuck.deployed.apply_inbox()
    assert cards.events(given.id) == ["ordered", "activated", "held", "captured", "restored"]


def test_the_books_know_what_is_owed_on_cards_and_to_customers_whatever_has_happened(cards: Cards) -> None:
    """Used, redeemed, paid with, given up, refunded, and held at this moment."""
    payment, code = _paid(cards)
    given = cards.bought(25_000)
    cards.hear(cards.pay(tenders=[_some(given.code, 4_000)]).body, "expired")
    cards.hear(cards.pay(tenders=[_some(given.code, 5_000)]).body)
    cards.pay(tenders=[_some(given.code, 6_000), {"type": "credit", "amount": 500}])
    cards.refund(payment, amount=8_000)
    never = cards.buy()
    cards.hear(never.body, "failed")
    back = cards.bought(5_000)
    assert cards.refund(back.card.payment_id).status == 200
    balances = _hold_books(cards)
    assert balances[LIABILITY] == 25_000 - 5_000 + _there(cards, code)[0]
    assert balances[CREDIT] == cards.credit().body["available"] + 500


def _some(code: str, amount: int) -> dict[str, Any]:
    return {"type": "gift_card", "code": code, "amount": amount}


def _hold_books(cards: Cards) -> dict[str, int]:
    """Every account sums to zero with the rest, and what is owed on cards is what is on them, held or not."""
    balances = _balances(cards.deployed)
    stored = cards.deployed.stored("gift_card")
    held = sum(amount for each in stored for _, amount in json.loads(each.get("holds", {"S": "[]"})["S"]))
    assert balances[LIABILITY] == sum(int(each["available"]["N"]) for each in stored) + held
    return balances


def _balances(deployed: Deployment) -> dict[str, int]:
    records = {"Records": deployed.stream("CORE_TABLE")}
    assert deployed.function("ledger_projector").handler(records, context()) == {"batchItemFailures": []}
    who = deployed.as_user("boss", role="admin")
    told = deployed.call("GET", "/admin/ledger/trial-balance", headers=who, function="admin_api").body
    assert told["balanced"]
    (block,) = told["currencies"]
    return {each["account"]: each["balance"] for each in block["accounts"]}
