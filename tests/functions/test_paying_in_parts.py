"""Checkouts that are paid with gift cards and credit beside the provider: all parts are taken, or none."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.functions.giving import DEMO, HOLDER, Cards, no_cards_code
from tests.functions.reconciling import Stuck
from tests.functions.test_stats import count, last_day, messages, published
from tests.support.deployment import Answer
from tests.support.requests import a_checkout, context, http_event, new_key
from tollgate.kernel.ids import derived

CUSTOMER = derived("cus", DEMO, HOLDER)
PRICE = 10_000  # of two tickets
LIABILITY = "gift_card_liability"


def _rich(cards: Cards, credit: int = 2_500) -> None:
    """The holder has so much credit."""
    assert cards.redeem(cards.given(credit).code).status == 200


def _refused(answer: Answer, field: str, code: str = "TENDER_REFUSED") -> None:
    assert (answer.status, answer.body["code"], answer.body["errors"][0]["field"]) == (422, code, field)


def _left(cards: Cards, code: str) -> tuple[int, int]:
    """Available, and held."""
    shown = cards.see(code, "/balance", cards.holder()).body
    return shown["balance"], shown["held"]


def _parts(checkout: dict[str, Any]) -> list[tuple[str, int, str]]:
    return [(each["type"], each["amount"], each["status"]) for each in checkout["tenders"]]


def test_a_card_credit_and_stripe_pay_one_purchase_together(stuck: Stuck) -> None:
    cards = Cards(stuck.deployed)
    given = cards.given(3_000)
    _rich(cards)
    checkout = cards.pay(given.code, credit=1_500, method="card", venueId="ven_1")
    assert (checkout.status, checkout.body["amount"], checkout.body["due"]) == (201, PRICE, 5_500)
    assert _parts(checkout.body) == [("gift_card", 3_000, "held"), ("credit", 1_500, "held")]
    assert checkout.body["tenders"][0]["giftCardId"] == given.id
    page = httpx.get(checkout.body["checkoutUrl"], trust_env=False).text
    assert "55.00" in page
    assert "100.00" not in page
    assert (_left(cards, given.code), cards.credit().body["available"]) == ((0, 3_000), 1_000)
    stuck.pay(checkout)
    stuck.pass_on("checkout.session.completed", "payment_intent.succeeded")
    stuck.deployed.apply_inbox()
    paid = cards.payment(checkout.body["id"])
    assert (paid["status"], paid["captured"], paid["refundable"]) == ("confirmed", 5_500, PRICE)
    assert {each["status"] for each in paid["tenders"]} == {"captured"}
    assert (_left(cards, given.code), cards.credit().body["available"]) == ((0, 0), 1_000)
    assert cards.events(given.id) == ["ordered", "activated", "held", "captured"]
    (sale,) = [postings for what, postings in cards.entries() if what == "payment_confirmed"]
    assert (sale[LIABILITY], sale[f"customer_credit:{CUSTOMER}"]) == (-3_000, -1_500)
    assert sale["provider_clearing:stripe"] + sale["provider_fees"] == -5_500
    assert sale["seller_pending:ven_1"] + sale["platform_fees"] == PRICE


@pytest.mark.parametrize("how", ["failed", "expired", "cancelled"])
def test_what_was_held_is_there_again_when_nothing_comes_of_the_checkout(cards: Cards, how: str) -> None:
    given = cards.given(3_000)
    _rich(cards)
    checkout = cards.pay(given.code, credit=1_500).body
    if how == "cancelled":
        path = f"/payments/checkout/{checkout['id']}/cancel"
        assert cards.deployed.call("POST", path, headers=cards.holder()).status == 200
    else:
        cards.hear(checkout, how)
    assert {each["status"] for each in cards.payment(checkout["id"])["tenders"]} == {"voided"}
    assert (_left(cards, given.code), cards.credit().body["available"]) == ((3_000, 0), 2_500)
    cards.deployed.apply_inbox()
    assert cards.events(given.id) == ["ordered", "activated", "held", "released"]
    assert cards.pay(given.code, credit=2_500).status == 201


def test_money_that_comes_after_the_parts_were_let_go_is_for_a_person(cards: Cards) -> None:
    given = cards.given(3_000)
    checkout = cards.pay(given.code).body
    cards.hear(checkout, "expired")
    cards.hear(checkout)
    seen = cards.payment(checkout["id"])
    assert (seen["status"], seen["captured"], seen["review"]) == ("cancelled", 7_000, "late_capture")
    assert _left(cards, given.code) == (3_000, 0)


def test_what_the_tenders_cover_is_paid_at_once_without_a_page(cards: Cards) -> None:
    given, key = cards.given(6_000), new_key()
    _rich(cards, 5_000)
    first = cards.pay(given.code, credit=4_000, key=key)
    assert (first.status, first.body["status"], first.body["due"]) == (201, "confirmed", 0)
    assert (first.body["checkoutUrl"], first.body["provider"]) == (None, "balance")
    assert _parts(first.body) == [("gift_card", 6_000, "captured"), ("credit", 4_000, "captured")]
    again = cards.pay(given.code, credit=4_000, key=key)
    assert (again.status, again.body, again.headers["idempotency-replayed"]) == (201, first.body, "true")
    assert (_left(cards, given.code), cards.credit().body["available"]) == ((0, 0), 1_000)
    (sale,) = [postings for what, postings in cards.entries() if what == "payment_confirmed"]
    assert not [account for account in sale if account.startswith("provider_")]


def test_the_same_request_again_holds_nothing_twice(cards: Cards) -> None:
    given, key = cards.given(3_000), new_key()
    first, again = cards.pay(given.code, key=key), cards.pay(given.code.lower().replace("-", ""), key=key)
    assert (again.status, again.body, again.headers["idempotency-replayed"]) == (201, first.body, "true")
    assert _left(cards, given.code) == (0, 3_000)
    other = cards.pay(key=key)
    assert (other.status, other.body["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_a_wish_may_name_how_much_of_a_card(cards: Cards) -> None:
    given, other = cards.given(20_000), cards.given(4_000)
    some = [{"type": "gift_card", "code": given.code, "amount": 2_500}, {"type": "gift_card", "code": other.code}]
    checkout = cards.pay(tenders=some).body
    assert (checkout["due"], [each["amount"] for each in checkout["tenders"]]) == (3_500, [2_500, 4_000])
    assert _left(cards, given.code) == (17_500, 2_500)
    for amount in (17_501, PRICE + 1):
        too_much = [{"type": "gift_card", "code": given.code, "amount": amount}]
        _refused(cards.pay(tenders=too_much), "tenders.0.code")


def test_the_same_card_twice_is_refused_by_its_field(cards: Cards) -> None:
    given = cards.given(3_000)
    _refused(cards.pay(given.code, given.code.lower()), "tenders.1.code")
    twice = [{"type": "credit", "amount": 1}, {"type": "credit", "amount": 1}]
    assert cards.pay(tenders=twice).status == 422
    assert _left(cards, given.code) == (3_000, 0)


def test_a_card_that_cannot_be_spent_is_told_by_its_field(
    aging_cards: tuple[Cards, Callable[[float], None]],
) -> None:
    cards, put_clock_at = aging_cards
    _rich(cards, 100)
    expired, frozen, unpaid, foreign, spent, neighbours = (
        cards.given(days=1),
        cards.given(days=9),
        cards.given(paid=False),
        cards.given(currency="EUR"),
        cards.given(500),
        cards.given(500),
    )
    cards.stop(frozen.id)
    cards.use(spent.code, 500)
    cards.redeem(neighbours.code, who=cards.holder("neighbour"))
    put_clock_at(2 * 86_400)
    before = len(cards.deployed.items())
    for given in (expired, frozen, unpaid, foreign, spent, neighbours):
        answer = cards.pay(given.code)
        _refused(answer, "tenders.0.code")
        assert given.code not in json.dumps(answer.body)
    _refused(cards.pay(credit=101), "tenders.0")
    assert len(cards.deployed.items()) == before


def test_a_code_that_no_card_has_is_a_guess_and_who_guesses_waits(cards: Cards) -> None:
    given = cards.given(3_000)
    for number in range(5):
        code = no_cards_code(number)
        answer = cards.pay(given.code, code)
        _refused(answer, "tenders.1.code", "TENDER_UNKNOWN")
        assert code not in json.dumps(answer.body)
    for blocked in (cards.pay(given.code), cards.use(given.code), cards.pay(no_cards_code(9))):
        assert (blocked.status, blocked.body["code"]) == (429, "TOO_MANY_ATTEMPTS")
        assert 50 <= int(blocked.headers["retry-after"]) <= 60
    assert not cards.deployed.stored("payment")
    assert cards.pay(given.code, who=cards.holder("another")).status == 201


def test_a_code_with_a_slip_is_no_guess_and_is_not_repeated(cards: Cards) -> None:
    given = cards.given(3_000)
    slip = given.code[:-1] + ("A" if given.code[-1] != "A" else "B")
    for wrong in (slip, "nonsense", "%20") * 3:
        answer = cards.pay(wrong)
        _refused(answer, "tenders.0.code")
        assert wrong not in json.dumps(answer.body)
    assert not cards.deployed.stored("guesses")


@pytest.mark.parametrize(
    ("tenders", "field"),
    [
        ([], "tenders"),
        ([{"type": "credit"}] * 6, "tenders"),
        ([{"type": "cash"}], "tenders.0.type"),
        ([{"type": "credit", "amount": 0}], "tenders.0.amount"),
        ([{"type": "credit", "amount": "5"}], "tenders.0.amount"),
        ([{"type": "gift_card"}], "tenders.0"),
        ([{"type": "credit", "code": "x"}], "tenders.0"),
    ],
)
def test_a_wrong_wish_is_told_which_field(cards: Cards, tenders: list[dict[str, Any]], field: str) -> None:
    _refused(cards.pay(tenders=tenders), field, "VALIDATION_ERROR")


def test_a_rest_that_stripe_would_not_charge_is_told_before_anything_is_held(cards: Cards) -> None:
    given = cards.given(PRICE - 49)
    _refused(cards.pay(given.code, method="card"), "tenders", "VALIDATION_ERROR")
    assert _left(cards, given.code) == (PRICE - 49, 0)
    assert not cards.deployed.stored("payment")


def test_of_twenty_checkouts_at_once_no_more_hold_a_card_than_it_has(cards: Cards) -> None:
    given = cards.given(10_000)
    instances = [cards.deployed.fresh("checkout_api") for _ in range(10)]
    tender = {"type": "gift_card", "code": given.code, "amount": 3_000}
    body, who = json.dumps(a_checkout(tenders=[tender])).encode(), cards.holder()

    def ask(number: int) -> dict[str, Any]:
        sent = {"content-type": "application/json", **who, "idempotency-key": new_key()}
        event = http_event("POST", "/payments/checkout", sent, "", body)
        return dict(json.loads(instances[number % 10].handler(event, context())["body"]))

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(ask, range(20)))
    codes = Counter(each.get("code") for each in answers)
    assert codes[None] == 3
    assert set(codes) <= {None, "TENDER_REFUSED", "CONCURRENT_CHANGE", "STORE_UNAVAILABLE"}
    assert _left(cards, given.code) == (1_000, 9_000)
    assert len(cards.deployed.stored("payment")) == 3


def test_of_two_checkouts_at_the_last_of_the_credit_one_gets_it(cards: Cards) -> None:
    _rich(cards, 4_000)
    first, second = cards.pay(credit=3_000), cards.pay(credit=3_000)
    assert first.status == 201
    _refused(second, "tenders.0")
    assert cards.credit().body["available"] == 1_000


def test_what_was_paid_before_is_no_revenue_of_the_day(cards: Cards) -> None:
    """It came in when the card was sold."""
    checkout = cards.pay(cards.given(3_000).code).body
    cards.hear(checkout)
    assert count(cards.deployed, messages(*published(cards.deployed))) == []
    assert (last_day(cards.deployed)["successful"], last_day(cards.deployed)["total_revenue"]) == (1, 7_000)


def test_lists_tell_of_each_part(cards: Cards) -> None:
    given = cards.given(3_000)
    checkout = cards.pay(given.code).body
    for path, who, function in (
        ("/transactions", cards.holder(), "checkout_api"),
        ("/admin/transactions", cards.admin(), "admin_api"),
    ):
        (listed,) = cards.deployed.call("GET", path, headers=who, function=function).body["transactions"]
        assert (listed["id"], listed["due"], listed["tenders"]) == (checkout["id"], 7_000, checkout["tenders"])


def test_services_pay_with_the_card_of_whom_they_name(cards: Cards) -> None:
    given = cards.given(3_000)
    cards.redeem(given.code)
    _refused(cards.pay(given.code), "tenders.0.code")
    body = a_checkout(userId=HOLDER, tenders=[{"type": "credit"}])
    raw = json.dumps(body).encode()
    signed = cards.deployed.as_service("POST", "/payments/checkout", raw)
    headers = {**signed, "idempotency-key": new_key()}
    answer = cards.deployed.call("POST", "/payments/checkout", raw=raw, headers=headers)
    assert (answer.status, answer.body["due"]) == (201, 7_000)
