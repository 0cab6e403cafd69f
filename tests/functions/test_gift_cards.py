"""Gift cards are spent by their codes: once, by whoever may, and never more than is on them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.functions.giving import HOLDER, SERVICE, Cards
from tests.support.calls import counted_calls
from tests.support.deployment import deployment
from tests.support.engine import Engine
from tests.support.requests import context, http_event, new_key
from tollgate.kernel.ids import derived

CREDIT = f"customer_credit:{derived('cus', 'demo', HOLDER)}"


def test_some_of_a_card_is_spent_and_the_rest_stays(cards: Cards) -> None:
    given = cards.given(10_000)
    answer = cards.use(given.code, 3_000, reference="order-7")
    assert (answer.status, answer.body) == (
        200,
        {
            "success": True,
            "giftCardId": given.id,
            "used": 3_000,
            "balance": 7_000,
            "held": 0,
            "currency": "USD",
            "status": "active",
            "reference": "order-7",
        },
    )
    assert cards.see(given.code, "/balance").body["balance"] == 7_000
    assert cards.events(given.id) == ["ordered", "activated", "used"]
    assert cards.entries() == [("gift_card_used", {"gift_card_liability": -3_000, "seller_available:tenant": 3_000})]


def test_a_redeemed_card_is_the_users_credit_at_once(cards: Cards) -> None:
    given = cards.given(10_000)
    answer = cards.redeem(given.code)
    assert (answer.status, answer.body) == (
        200,
        {
            "success": True,
            "giftCardId": given.id,
            "credited": 10_000,
            "currency": "USD",
            "votes": 1_000,
            "balance": 0,
            "redeemedAt": answer.body["redeemedAt"],
        },
    )
    assert cards.credit().body == {"userId": HOLDER, "available": 10_000, "currency": "USD"}
    assert cards.credit(query="currency=EUR").body["available"] == 0
    assert cards.events(given.id) == ["ordered", "activated", "redeemed"]
    assert cards.entries() == [("gift_card_redeemed", {"gift_card_liability": -10_000, CREDIT: 10_000})]
    again = cards.redeem(given.code, who=cards.holder("somebody-else"))
    assert (again.status, again.body["code"]) == (409, "GIFT_CARD_REDEEMED")


@pytest.mark.parametrize(
    "written", [str.lower, lambda code: code.replace("-", ""), lambda code: code.replace("-", " ")]
)
def test_a_code_is_read_however_people_write_it(cards: Cards, written: Callable[[str], str]) -> None:
    given = cards.given()
    code = written(given.code)
    assert cards.see(code, "/balance").status == 200
    assert cards.use(code, 1_000).status == 200
    assert cards.redeem(code).body["credited"] == 9_000


def test_of_fifty_at_once_that_take_thirty_of_a_hundred_three_get_it(cards: Cards) -> None:
    given = cards.given(10_000)
    answers = _at_once(cards, f"/gift-cards/{given.code}/use", {"amount": 3_000})
    codes = Counter(each.get("code") for each in answers)
    assert codes[None] == 3
    assert set(codes) <= {None, "INSUFFICIENT_GIFT_CARD_BALANCE", "CONCURRENT_CHANGE", "STORE_UNAVAILABLE"}
    assert cards.see(given.code, "/balance").body["balance"] == 1_000
    assert cards.events(given.id) == ["ordered", "activated", "used", "used", "used"]
    assert len(cards.entries()) == 3


def test_of_fifty_that_redeem_at_once_one_does(cards: Cards) -> None:
    given = cards.given(10_000)
    answers = _at_once(cards, "/gift-cards/redeem", {"code": given.code})
    codes = Counter(each.get("code") for each in answers)
    assert codes[None] == 1
    assert set(codes) <= {None, "GIFT_CARD_REDEEMED", "CONCURRENT_CHANGE", "STORE_UNAVAILABLE"}
    assert cards.credit().body["available"] == 10_000
    assert len(cards.entries()) == 1


def _at_once(cards: Cards, path: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    instances = [cards.deployed.fresh("gift_card_api") for _ in range(10)]
    headers = cards.holder()

    def ask(number: int) -> dict[str, Any]:
        sent = {"content-type": "application/json", **headers, "idempotency-key": new_key()}
        event = http_event("POST", path, sent, "", json.dumps(body).encode())
        return dict(json.loads(instances[number % 10].handler(event, context())["body"]))

    with ThreadPoolExecutor(10) as pool:
        return list(pool.map(ask, range(50)))


def test_the_same_request_again_takes_nothing_more(cards: Cards) -> None:
    given, key = cards.given(10_000), new_key()
    first, again = (cards.use(given.code, 10_000, key) for _ in range(2))
    assert (again.body, again.headers["idempotency-replayed"]) == (first.body, "true")
    assert first.headers["idempotency-key"] == key
    assert "idempotency-replayed" not in first.headers
    assert cards.events(given.id) == ["ordered", "activated", "used"]


def test_a_card_that_was_redeemed_by_this_very_request_is_told_so_again(cards: Cards) -> None:
    given, key = cards.given(10_000), new_key()
    first, again = cards.redeem(given.code, key), cards.redeem(given.code.lower().replace("-", ""), key)
    assert (again.status, again.body) == (200, first.body)
    assert again.headers["idempotency-replayed"] == "true"
    assert cards.credit().body["available"] == 10_000


def test_a_key_is_for_one_request(cards: Cards) -> None:
    given, other = cards.given(), cards.given()
    key, redeeming = new_key(), new_key()
    cards.use(given.code, 1_000, key)
    cards.redeem(given.code, redeeming)
    answers = [
        cards.use(given.code, 2_000, key),
        cards.use(other.code, 1_000, key),
        cards.use(given.code, 1_000, key, reference="another"),
        cards.redeem(other.code, redeeming),
    ]
    assert [(each.status, each.body["code"]) for each in answers] == [(422, "IDEMPOTENCY_KEY_REUSED")] * 4
    assert cards.see(other.code, "/balance").body["balance"] == 10_000


def test_a_key_may_come_in_the_body(cards: Cards) -> None:
    given, key = cards.given(), new_key()
    path, who = f"/gift-cards/{given.code}/use", cards.holder()
    for name in ("idempotency_key", "idempotencyKey"):
        body = {"amount": 1_000, name: key}
        answer = cards.deployed.call("POST", path, body, headers=who, function="gift_card_api")
        assert (answer.status, answer.headers["idempotency-key"]) == (200, key)
    assert cards.see(given.code, "/balance").body["balance"] == 9_000
    bare = cards.deployed.call("POST", path, {"amount": 1_000}, headers=who, function="gift_card_api")
    assert (bare.status, bare.body["code"]) == (400, "IDEMPOTENCY_KEY_MISSING")
    two = cards.use(given.code, 1_000, new_key(), idempotency_key=new_key())
    assert (two.status, two.body["code"]) == (400, "IDEMPOTENCY_KEY_INVALID")


def test_a_redeemed_card_is_spent_for_others_and_for_its_user(cards: Cards) -> None:
    given = cards.given()
    cards.redeem(given.code)
    for who in (cards.holder(), cards.holder("another"), SERVICE):
        answer = cards.use(given.code, 1, who=who)
        assert (answer.status, answer.body["code"]) == (409, "GIFT_CARD_REDEEMED")


def test_more_than_is_left_is_refused_and_stores_nothing(cards: Cards) -> None:
    given = cards.given(10_000)
    before = cards.deployed.items()
    answer = cards.use(given.code, 10_001)
    assert (answer.status, answer.body["code"]) == (422, "INSUFFICIENT_GIFT_CARD_BALANCE")
    assert cards.use(given.code, 1, currency="EUR").body["errors"][0]["field"] == "currency"
    assert sorted(cards.deployed.items(), key=str) == sorted(before, key=str)


def test_who_has_an_expired_or_stopped_card_is_told_why_it_is_not_taken(
    aging_cards: tuple[Cards, Callable[[float], None]],
) -> None:
    cards, put_clock_at = aging_cards
    expired, frozen, unpaid = cards.given(days=1), cards.given(days=9), cards.given(paid=False)
    cards.stop(frozen.id)
    put_clock_at(2 * 86_400)
    for given, code in ((expired, "GIFT_CARD_EXPIRED"), (frozen, "GIFT_CARD_FROZEN"), (unpaid, "INVALID_STATE")):
        for answer in (cards.use(given.code), cards.redeem(given.code), cards.use(given.code, who=SERVICE)):
            assert (answer.status, answer.body["code"]) == (409, code)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": "100"}, "amount"),
        ({"amount": 1.5}, "amount"),
        ({"amount": 10**30}, "amount"),
        ({"currency": "usd"}, "currency"),
        ({"reference": ""}, "reference"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_wish_is_told_which_field(cards: Cards, body: dict[str, Any], field: str) -> None:
    answer = cards.use(cards.given().code, **body)
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, field)


def test_garbage_is_refused(cards: Cards) -> None:
    given = cards.given()
    for code in (1, None, "", "x" * 65, [given.code]):
        assert cards.redeem(code).body["errors"][0]["field"] == "code"
    assert cards.see(given.code, query="colour=red").body["errors"][0]["field"] == "colour"
    assert cards.credit(query="currency=usd").body["errors"][0]["field"] == "currency"
    assert cards.credit(SERVICE, query="userId=").body["errors"][0]["field"] == "userId"
    for card in ("gft_1", given.code, "gft_%23"):
        assert cards.administer(card).status == 404
        assert cards.administer(card, "/history").status == 404
    for reason in ("", "x" * 201, "two\nlines", None):
        assert cards.stop(given.id, reason=reason).body["errors"][0]["field"] == "reason"


def test_where_gift_cards_are_off_or_have_no_key_none_is_there(engine: Engine) -> None:
    with deployment(engine, ENABLE_GIFT_CARDS="false") as made:
        _all_disabled(Cards(made))
    with deployment(engine) as made:
        secret = f"{made.prefix}/gift_cards"
        made.client("secretsmanager").put_secret_value(SecretId=secret, SecretString="{}")
        _all_disabled(Cards(made))


def _all_disabled(cards: Cards) -> None:
    given = cards.given()
    for answer in (cards.see(given.code), cards.use(given.code), cards.redeem(given.code)):
        assert (answer.status, answer.body["code"]) == (409, "GIFT_CARDS_DISABLED")
    assert cards.administer(given.id).status == 200


def test_a_setting_that_cannot_be_read_stops_the_function_at_its_start(engine: Engine) -> None:
    with (
        deployment(engine, GIFT_CARD_AMOUNTS="USD:twenty") as made,
        pytest.raises(ValueError, match="GIFT_CARD_AMOUNTS is 'USD:twenty'"),
    ):
        made.function("gift_card_api")


def test_spending_is_one_read_and_one_transaction(cards: Cards) -> None:
    given = cards.given()
    cards.use(given.code, 1)
    for spend, units in ((lambda: cards.use(given.code, 1_000), 8), (lambda: cards.redeem(given.code), 10)):
        with counted_calls() as calls:
            assert spend().status == 200
        assert calls.made == ["dynamodb.BatchGetItem", "dynamodb.TransactWriteItems"]
        (written,) = (len(request["TransactItems"]) for request in calls.requests if "TransactItems" in request)
        assert 2 * written == units
