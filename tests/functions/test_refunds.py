"""Money that goes back: who may ask, how much, and once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.functions.reconciling import Stuck
from tests.functions.refunding import REFUNDED, entries, paid, refund, shown, stripes
from tests.support.calls import counted_calls
from tests.support.deployment import PLATFORM_TOKEN
from tests.support.requests import context, http_event, new_key


def test_a_full_refund_gives_everything_back_and_says_so(stuck: Stuck) -> None:
    checkout = paid(stuck)
    answer = refund(stuck, checkout.body["id"], reason="Moved to Ulm")
    assert (answer.status, answer.body["success"]) == (200, True)
    assert (answer.body["refund"]["amount"], answer.body["refund"]["status"]) == (10_000, "succeeded")
    seen = shown(stuck, checkout)
    assert (seen["status"], seen["refundable"], seen["refunded"]) == ("refunded", 0, 10_000)
    assert stuck.types(checkout.body["id"])[-2:] == ["payments.refund.requested", REFUNDED]
    (made,) = stripes(stuck)
    assert (made.amount, made.metadata["tollgate_payment"]) == (10_000, checkout.body["id"])
    assert "Ulm" not in str(stuck.deployed.stored("event"))


def test_it_is_posted_with_the_platforms_part_of_the_fee(stuck: Stuck) -> None:
    checkout = paid(stuck, venueId="ven_1")
    assert shown(stuck, checkout)["platformFee"] == 820
    assert entries(stuck, "payment_confirmed") == [
        {
            "provider_clearing:stripe": -9_680,
            "seller_pending:ven_1": 9_180,
            "platform_fees": 820,
            "provider_fees": -320,
        }
    ]
    for amount in (3_333, 3_333, 3_334):
        assert refund(stuck, checkout.body["id"], amount=amount).status == 200
    posted = entries(stuck, "refund_succeeded")
    assert sum(each["platform_fees"] for each in posted) == -820
    assert sum(each["seller_pending:ven_1"] for each in posted) == -9_180
    assert sum(each["provider_clearing:stripe"] for each in posted) == 10_000


def test_partial_refunds_add_up_to_what_was_taken_and_no_further(stuck: Stuck) -> None:
    checkout = paid(stuck)
    assert refund(stuck, checkout.body["id"], amount=4_000).status == 200
    assert shown(stuck, checkout)["status"] == "partially_refunded"
    refused = refund(stuck, checkout.body["id"], amount=6_001)
    assert (refused.status, refused.body["code"]) == (422, "REFUND_EXCEEDS_ORIGINAL")
    assert refund(stuck, checkout.body["id"]).body["refund"]["amount"] == 6_000
    assert refund(stuck, checkout.body["id"]).status == 422
    path = f"/transactions/{checkout.body['id']}/refunds"
    listed = stuck.deployed.call("GET", path, headers=stuck.deployed.as_user()).body
    assert ([each["amount"] for each in listed["refunds"]], listed["refundable"]) == ([4_000, 6_000], 0)


def test_of_fifty_at_once_that_together_exceed_it_one_wins(stuck: Stuck) -> None:
    checkout = paid(stuck)
    instances = [stuck.deployed.fresh("checkout_api") for _ in range(10)]
    headers = stuck.deployed.as_user("boss", role="admin")

    def ask(number: int) -> int:
        sent = {"content-type": "application/json", **headers, "idempotency-key": new_key()}
        event = http_event("POST", f"/transactions/{checkout.body['id']}/refund", sent, "", b'{"amount": 6000}')
        return int(instances[number % 10].handler(event, context())["statusCode"])

    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(ask, range(50)))
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 422, 503}
    assert [refund.amount for refund in stripes(stuck)] == [6_000]
    assert shown(stuck, checkout)["refundable"] == 4_000
    (posted,) = entries(stuck, "refund_succeeded")
    assert (posted["provider_clearing:stripe"], sum(posted.values())) == (6_000, 0)


def test_the_same_request_again_is_the_same_refund(stuck: Stuck) -> None:
    checkout, key = paid(stuck), new_key()
    first, second = (refund(stuck, checkout.body["id"], key, amount=1_000) for _ in range(2))
    assert (second.body, second.headers["idempotency-replayed"]) == (first.body, "true")
    assert len(stripes(stuck)) == 1
    other = refund(stuck, checkout.body["id"], key, amount=2_000)
    assert (other.status, other.body["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_what_was_never_paid_cannot_go_back(stuck: Stuck) -> None:
    answer = refund(stuck, stuck.checkout().body["id"])
    assert (answer.status, answer.body["code"]) == (409, "INVALID_STATE")


def test_who_may_give_money_back(stuck: Stuck) -> None:
    checkout = paid(stuck, venueId="ven_1")
    payment, who = checkout.body["id"], stuck.deployed.as_user
    assert refund(stuck, payment, who=who("user-1"), amount=1).status == 403
    assert refund(stuck, payment, who=who("m", role="venue_manager", venues=["ven_1"]), amount=1).status == 403
    assert refund(stuck, payment, who=who("o", role="venue_owner", venues=["ven_2"]), amount=1).status == 404
    assert refund(stuck, payment, who=who("b", tenant="other", role="admin"), amount=1).status == 404
    assert refund(stuck, payment, who=who("o", role="venue_owner", venues=["ven_1"]), amount=1).status == 200
    service = {"x-platform-internal-token": PLATFORM_TOKEN, "x-tenant-id": "demo"}
    assert refund(stuck, payment, who=service, amount=1).status == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [({"amount": 0}, "amount"), ({"amount": "5"}, "amount"), ({"reason": ""}, "reason"), ({"x": 1}, "x")],
)
def test_a_wrong_wish_is_told_which_field(stuck: Stuck, body: dict[str, Any], field: str) -> None:
    answer = refund(stuck, "pay_" + "0" * 26, **body)
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, field)


def test_a_key_is_needed(stuck: Stuck) -> None:
    headers = stuck.deployed.as_user("boss", role="admin")
    answer = stuck.deployed.call("POST", "/transactions/pay_x/refund", {}, headers=headers)
    assert answer.body["code"] == "IDEMPOTENCY_KEY_MISSING"


def test_a_refund_is_three_calls(stuck: Stuck) -> None:
    first, second = paid(stuck), paid(stuck)
    refund(stuck, first.body["id"])
    with counted_calls() as calls:
        assert refund(stuck, second.body["id"]).status == 200
    assert calls.made == ["dynamodb.GetItem", "dynamodb.TransactWriteItems", "dynamodb.TransactWriteItems"]
    written = [len(request["TransactItems"]) for request in calls.requests if "TransactItems" in request]
    assert 2 * sum(written) <= 18
