"""Money that goes to venues: who may ask, how much, and once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.functions.paying_out import PATH, VENUE, Venue, a_venue
from tests.functions.reconciling import Stuck
from tests.support.calls import counted_calls
from tests.support.deployment import PLATFORM_TOKEN, deployment
from tests.support.engine import Engine
from tests.support.requests import context, http_event, new_key


@pytest.fixture
def venue(stuck: Stuck) -> Venue:
    return a_venue(stuck)


def test_a_balance_says_what_is_held_back_and_what_may_be_paid_now(venue: Venue) -> None:
    assert venue.ask().body == {
        "balance": {"available": 55_000, "pending": 7_000, "reserved": 5_000, "currency": "USD"},
        "payoutInfo": {"available": 55_000, "reserved": 5_000, "payable": 50_000},
    }
    assert venue.ask(query="currency=EUR").body["payoutInfo"] == {"available": 0, "reserved": 0, "payable": 0}


def test_a_payout_takes_the_money_at_once_and_tells_when_it_comes(venue: Venue) -> None:
    answer = venue.pay_out(20_000)
    assert answer.status == 200
    assert answer.body == {
        "success": True,
        "message": "Payout initiated",
        "payoutId": answer.body["payoutId"],
        "amount": 20_000,
        "fee": 0,
        "net": 20_000,
        "currency": "USD",
        "type": "standard",
        "estimatedArrival": "1-2 business days",
        "status": "sent",
    }
    assert venue.payable() == 30_000
    (transfer,), (payout,) = venue.at_stripe()
    echo = {"tollgate_tenant": "demo", "tollgate_payout": answer.body["payoutId"]}
    assert (transfer.amount, transfer.metadata.to_dict()) == (20_000, echo)
    assert (payout.amount, payout.method, payout.metadata.to_dict()) == (20_000, "standard", echo)
    assert venue.sequence() == ["requested", "sent"]
    assert venue.entries() == [
        ("payout_requested", {f"seller_available:{VENUE}": -20_000, "payouts_in_transit": 20_000})
    ]


def test_an_instant_payout_costs_one_percent_of_it(venue: Venue) -> None:
    answer = venue.pay_out(10_050, instant=True)
    assert (answer.body["fee"], answer.body["net"], answer.body["type"]) == (101, 9_949, "instant")
    assert answer.body["estimatedArrival"] == "30 minutes"
    _, (payout,) = venue.at_stripe()
    assert (payout.amount, payout.method) == (9_949, "instant")
    assert venue.payable() == 50_000 - 10_050
    assert venue.entries() == [
        ("payout_requested", {f"seller_available:{VENUE}": -10_050, "payouts_in_transit": 10_050})
    ]


def test_the_fee_of_an_instant_payout_is_earned_when_the_bank_has_paid(venue: Venue) -> None:
    venue.pay_out(10_050, instant=True)
    _, (payout,) = venue.at_stripe()
    venue.stuck.stripe.control(f"payouts/{payout.id}/settle", outcome="paid")
    venue.hear("payout.paid")
    assert venue.entries()[0] == (
        "payout_paid",
        {"payouts_in_transit": -10_050, "provider_clearing:stripe": 9_949, "platform_fees": 101},
    )


def test_of_fifty_at_once_that_take_everything_one_wins(venue: Venue) -> None:
    instances = [venue.stuck.deployed.fresh("venue_api") for _ in range(10)]
    headers = venue.owner()

    def ask(number: int) -> int:
        sent = {"content-type": "application/json", **headers, "idempotency-key": new_key()}
        event = http_event("POST", f"{PATH}/payout", sent, "", b'{"amount": 50000}')
        return int(instances[number % 10].handler(event, context())["statusCode"])

    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(ask, range(50)))
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 422, 503}
    transfers, payouts = venue.at_stripe()
    assert ([each.amount for each in transfers], [each.amount for each in payouts]) == ([50_000], [50_000])
    assert venue.payable() == 0
    taken = {f"seller_available:{VENUE}": -50_000, "payouts_in_transit": 50_000}
    assert venue.entries() == [("payout_requested", taken)]
    balances = {each["pk"]["S"]: int(each["amount"]["N"]) for each in venue.stuck.deployed.stored("balance")}
    assert balances["BALANCE#demo#USD#payouts_in_transit"] == 50_000
    assert sum(balances.values()) == 0


def test_the_days_limit_holds_however_many_ask_at_once(stuck: Stuck) -> None:
    venue = a_venue(stuck, 30_000_000, at_stripe=40_000_000)
    instances = [stuck.deployed.fresh("venue_api") for _ in range(5)]
    headers = venue.owner()

    def ask(number: int) -> str:
        sent = {"content-type": "application/json", **headers, "idempotency-key": new_key()}
        event = http_event("POST", f"{PATH}/payout", sent, "", b'{"amount": 1000000}')
        answer = instances[number % 5].handler(event, context())
        return "paid" if answer["statusCode"] == 200 else str(answer["body"])

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(ask, range(50)))
    refused = [each for each in answers if each != "paid"]
    assert len(refused) >= 45
    assert all("PAYOUT_LIMIT_EXCEEDED" in each or "STORE_UNAVAILABLE" in each for each in refused)
    assert venue.payable() == 30_000_000 - 1_000_000 * answers.count("paid")
    while (answer := venue.pay_out(1_000_000)).status == 200:
        assert venue.payable() >= 25_000_000
    assert (answer.status, answer.body["code"]) == (422, "PAYOUT_LIMIT_EXCEEDED")
    assert venue.payable() == 25_000_000
    stuck.later(24 * 3600)
    assert venue.pay_out(1_000_000).status == 200


def test_more_than_is_payable_is_refused_and_nothing_is_stored(venue: Venue) -> None:
    answer = venue.pay_out(50_001)
    assert (answer.status, answer.body["code"]) == (422, "INSUFFICIENT_FUNDS")
    assert venue.ask("/payouts").body["payouts"] == []
    assert venue.at_stripe() == ([], [])
    assert venue.pay_out(20_000, currency="EUR").body["code"] == "INSUFFICIENT_FUNDS"


def test_the_same_request_again_is_the_same_payout(venue: Venue) -> None:
    key = new_key()
    first, second = (venue.pay_out(20_000, key) for _ in range(2))
    assert (second.body, second.headers["idempotency-replayed"]) == (first.body, "true")
    assert len(venue.at_stripe()[1]) == 1
    other = venue.pay_out(30_000, key)
    assert (other.status, other.body["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_without_an_account_nothing_can_be_paid_out(stuck: Stuck) -> None:
    venue = Venue(stuck)
    venue.earn(50_000)
    answer = venue.pay_out()
    assert (answer.status, answer.body["code"]) == (409, "PAYOUT_ACCOUNT_MISSING")


def test_who_may_see_and_who_may_move_the_money(venue: Venue) -> None:
    admin = venue.stuck.deployed.as_user("boss", role="admin")
    service = {"x-platform-internal-token": PLATFORM_TOKEN, "x-tenant-id": "demo"}
    manager, buyer = venue.owner(role="venue_manager"), venue.owner(role="user")
    elsewhere, other = venue.owner(venues=["ven_2"]), venue.owner(tenant="other")
    for who in (venue.owner(), manager, admin, service):
        assert venue.ask(who=who).status == 200
    for who in (buyer, elsewhere):
        assert [venue.ask(path, who=who).status for path in ("/balance", "/payouts", "/account")] == [403] * 3
    assert venue.ask(who=other).body["balance"]["available"] == 0
    assert [venue.pay_out(who=who).status for who in (manager, buyer, elsewhere, other)] == [403, 403, 403, 409]
    assert [venue.pay_out(10_000, who=who).status for who in (venue.owner(), admin, service)] == [200] * 3
    for who in (venue.owner(), manager, buyer):
        assert venue.connect("acct_mine", who=who).status == 403
        assert venue.ask("/account", who=who).status == 403
    assert venue.connect(venue.account, who=service).status == 200
    assert venue.ask("/account", who=admin).body == {
        "venueId": VENUE,
        "stripeAccount": venue.account,
        "risk": "standard",
        "reserveBasisPoints": 1_000,
    }


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"amount": 9_999}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": "20000"}, "amount"),
        ({"amount": 2.5}, "amount"),
        ({"amount": 10**30}, "amount"),
        ({"instant": "yes"}, "instant"),
        ({"currency": "usd"}, "currency"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_wish_is_told_which_field(venue: Venue, body: dict[str, Any], field: str) -> None:
    answer = venue.pay_out(**body)
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, field)


def test_garbage_is_refused(venue: Venue) -> None:
    call, owner = venue.stuck.deployed.call, venue.owner()
    bare = call("POST", f"{PATH}/payout", {"amount": 20_000}, headers=owner, function="venue_api")
    assert (bare.status, bare.body["code"]) == (400, "IDEMPOTENCY_KEY_MISSING")
    assert venue.pay_out(20_000, "not-a-key").body["code"] == "IDEMPOTENCY_KEY_INVALID"
    assert venue.pay_out(20_000, currency="XXQ").status == 422
    for query in ("currency=usd", "colour=red"):
        assert venue.ask(query=query).status == 422
    assert venue.ask("/payouts", query="cursor=nonsense").body["code"] == "CURSOR_INVALID"
    assert venue.ask("/payouts/pyt_1").status == 404
    assert venue.connect("ba_1").status == 422
    admin = venue.stuck.deployed.as_user("boss", role="admin")
    assert call("GET", "/api/v1/venues/ven%231/balance", headers=admin, function="venue_api").status == 404


def test_payouts_are_listed_page_by_page_newest_first(venue: Venue) -> None:
    made = []
    for _ in range(3):
        made.append(venue.pay_out(10_000).body["payoutId"])
        venue.stuck.later(1)
    first = venue.ask("/payouts", query="limit=2").body
    second = venue.ask("/payouts", query=f"limit=2&cursor={first['nextCursor']}").body
    listed = [each["id"] for each in first["payouts"] + second["payouts"]]
    assert (listed, second["nextCursor"]) == (made[::-1], None)
    other = venue.stuck.deployed.call(
        "GET",
        "/api/v1/venues/ven_2/payouts",
        headers=venue.owner(venues=["ven_2"]),
        query=f"cursor={first['nextCursor']}",
        function="venue_api",
    )
    assert other.body["code"] == "CURSOR_INVALID"


@pytest.mark.parametrize("instant", [False, True])
def test_a_payout_is_four_calls(venue: Venue, *, instant: bool) -> None:
    venue.pay_out(10_000)
    with counted_calls() as calls:
        assert venue.pay_out(10_000, instant=instant).status == 200
    assert calls.made == [
        "dynamodb.GetItem",
        "dynamodb.TransactWriteItems",
        "dynamodb.PutItem",
        "dynamodb.TransactWriteItems",
    ]
    written = [len(request["TransactItems"]) for request in calls.requests if "TransactItems" in request]
    assert 2 * sum(written) + 1 <= 19


def test_where_stripe_is_off_the_mock_pays_at_once(engine: Engine) -> None:
    with deployment(engine, ENABLE_STRIPE="false") as deployed:
        stuck: Any = type("WithoutStripe", (), {"deployed": deployed})
        venue = Venue(stuck, "acct_mock")
        venue.earn(50_000)
        assert venue.connect("acct_mock").status == 200
        assert venue.pay_out(20_000).body["status"] == "paid"
        assert venue.sequence() == ["requested", "paid"]
        assert [kind for kind, _ in venue.entries()] == ["payout_paid", "payout_requested"]
