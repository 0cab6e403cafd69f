"""Friends buy together: each pays a share once, the last one completes the group, and the books agree."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.functions.charging import BACK, Till, a_till
from tests.functions.grouping import ORGANIZER, OUR_VENUE, Friends, a_group, friends_at
from tests.simulators.square_world import a_square
from tests.simulators.world import a_world
from tests.support.engine import Engine
from tests.support.requests import new_key


@pytest.fixture
def till(engine: Engine, tmp_path: Path) -> Iterator[Till]:
    with a_world(tmp_path) as stripe, a_square() as square, a_till(engine, stripe, square, tmp_path) as made:
        yield made


@pytest.fixture
def friends(till: Till) -> Friends:
    return friends_at(till)


def test_two_friends_pay_one_after_the_other_and_have_bought(friends: Friends) -> None:
    group = friends.made(venueId=OUR_VENUE)
    assert group.body["groupPayment"]["totalAmount"] == 20_000
    assert [each["amount"] for each in group.body["paymentLinks"]] == [10_000, 10_000]
    first = friends.contribute(group, 0)
    told = "The money is set aside, and is taken once all have paid"
    assert (first.status, first.body["success"], first.body["message"]) == (202, True, told)
    assert first.body["groupStatus"] == {
        "status": "partially_paid",
        "totalMembers": 2,
        "paidMembers": 1,
        "heldMembers": 1,
        "totalExpected": 20_000,
        "totalCollected": 10_000,
        "percentageCollected": 50,
    }
    assert friends.state(group) == "partially_paid"
    assert (friends.take(), friends.books(), friends.held()) == ([], {}, 1)
    second = friends.contribute(group, 1)
    assert (second.status, second.body["groupStatus"]["percentageCollected"]) == (202, 100)
    assert (friends.state(group), friends.states(group)) == ("partially_paid", ["held", "held"])
    seen = friends.status(group).body
    assert (seen["summary"]["heldMembers"], [each["paid"] for each in seen["group"]["members"]]) == (2, [True, True])
    assert seen["group"]["authorizedAt"] is not None
    assert friends.take() == friends.take() == []
    assert (friends.state(group), friends.states(group)) == ("completed", ["paid", "paid"])
    assert friends.status(group).body["summary"]["heldMembers"] == 0
    assert friends.types(group.id) == ["created", "authorized", "completed"]
    assert friends.till.takings() == {"stripe": 2, "square": 0}
    (completed,) = friends.entries("group_completed")
    assert completed[f"escrow:{group.id}"] == -20_000
    assert f"escrow:{group.id}" not in friends.books()
    assert friends.types(first.body["payment"]["id"]) == ["created", "approved", "received"]
    assert friends.types(group.members[0]) == ["requested", "held", "paid"]


def test_a_webhook_of_a_share_is_no_second_payment(friends: Friends) -> None:
    group = friends.made()
    for member in range(2):
        friends.contribute(group, member)
    friends.till.stuck.pass_on("payment_intent.amount_capturable_updated")
    friends.settled()
    assert friends.seen(group).group.progress.collected == 20_000
    friends.take()
    friends.till.stuck.pass_on("payment_intent.succeeded")
    friends.settled()
    assert friends.types(group.id) == ["created", "authorized", "completed"]
    assert friends.seen(group).group.progress.collected == 20_000


def test_thirty_members_contribute_at_once_and_two_of_them_twice(friends: Friends) -> None:
    group = friends.made(30, price=333)
    wishes = [*range(30), 0, 29]
    answers = friends.together(*(partial(friends.by_mock, group, member) for member in wishes))
    assert sorted(each.status for each in answers) == [200] * 30 + [409] * 2
    assert {each.body["code"] for each in answers if each.status == 409} <= {"SHARE_BEING_PAID", "SHARE_ALREADY_PAID"}
    assert friends.types(group.id) == ["created", "completed"]
    seen = friends.seen(group)
    assert {each.state for each in seen.shares} == {"paid"}
    assert len({each.payment for each in seen.shares}) == 30
    assert (seen.group.progress.paid, seen.group.progress.collected) == (30, seen.group.total.amount)
    assert len(friends.entries("group_completed")) == 1
    assert f"escrow:{group.id}" not in friends.books()


def test_what_thirty_members_have_set_aside_at_once_is_taken_once(friends: Friends) -> None:
    """Two of them ask twice, and three capturers hear of it."""
    group = friends.made(30, price=333)
    answers = friends.together(*(partial(friends.contribute, group, member) for member in [*range(30), 0, 29]))
    assert sorted(each.status for each in answers) == [202] * 30 + [409] * 2
    assert (friends.held(), friends.till.takings()["stripe"]) == (30, 0)
    assert friends.together(friends.take, friends.take, friends.take)
    assert friends.take() == []
    assert (friends.held(), friends.till.takings()["stripe"], set(friends.states(group))) == (0, 30, {"paid"})
    assert friends.types(group.id) == ["created", "authorized", "completed"]
    assert len(friends.entries("group_completed")) == 1


def test_one_at_square_and_one_who_is_taken_at_once_complete_a_group_as_well(friends: Friends) -> None:
    group = friends.made(3)
    assert friends.contribute(group, 0, provider="square", sources={"square": "cnon:card-nonce-ok"}).status == 202
    assert friends.contribute(group, 1).status == 202
    assert friends.by_mock(group, 2).status == 200
    assert (friends.state(group), friends.states(group)) == ("partially_paid", ["held", "held", "paid"])
    assert friends.take() == []
    assert (friends.state(group), friends.till.takings()) == ("completed", {"stripe": 1, "square": 1})


def test_the_same_request_is_answered_the_same_and_another_body_is_refused(friends: Friends) -> None:
    group, key = friends.made(), new_key()
    first, again = (friends.contribute(group, key=key) for _ in range(2))
    assert (again.status, again.body["payment"], again.headers["idempotency-replayed"]) == (
        202,
        first.body["payment"],
        "true",
    )
    other = friends.contribute(group, card="pm_card_mastercard", key=key)
    assert (other.status, other.body["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    late = friends.contribute(group)
    assert (late.status, late.body["code"]) == (409, "SHARE_ALREADY_PAID")
    assert friends.held() == 1
    # Keys are those of one member: another's says nothing of the first's.
    assert friends.contribute(group, 1, key=key).status == 202
    friends.take()
    done = friends.contribute(group, key=key)
    assert (done.status, done.body["payment"]["outcome"], friends.till.takings()["stripe"]) == (200, "succeeded", 2)


def test_a_declined_card_is_followed_by_another(friends: Friends) -> None:
    group = friends.made()
    declined = friends.contribute(group, card="pm_card_visa_chargeDeclinedInsufficientFunds")
    assert (declined.status, declined.body["code"], friends.states(group)[0]) == (402, "PAYMENT_DECLINED", "pending")
    assert friends.contribute(group).status == 202
    assert friends.states(group) == ["held", "pending"]


def test_a_page_that_was_left_is_called_off_by_the_next_card(friends: Friends) -> None:
    group = friends.made()
    waiting = friends.contribute(group, card="pm_card_threeDSecure2Required", returnUrl=BACK)
    assert (waiting.status, waiting.body["success"], waiting.body["payment"]["outcome"]) == (
        202,
        False,
        "requires_action",
    )
    assert friends.states(group)[0] == "paying"
    assert friends.contribute(group).status == 202
    intent = friends.transaction(waiting.body["payment"]["id"])["providerReference"]
    late = friends.till.stuck.stripe.client.v1.payment_intents.retrieve(intent)
    assert (late.status, friends.states(group)[0], friends.held()) == ("canceled", "held", 1)


def test_a_page_that_is_passed_pays_the_share(friends: Friends) -> None:
    group = friends.made(1)
    waiting = friends.contribute(group, card="pm_card_threeDSecure2Required", returnUrl=BACK)
    intent = friends.transaction(waiting.body["payment"]["id"])["providerReference"]
    friends.till.stuck.stripe.control(f"payment_intents/{intent}/authenticate", outcome="succeeded")
    friends.till.stuck.pass_on("payment_intent.amount_capturable_updated")
    friends.settled()
    assert friends.states(group) == ["held"]
    assert friends.take() == []
    assert friends.state(group) == "completed"


def test_a_member_who_has_confirmed_unheard_is_not_called_off(friends: Friends) -> None:
    group = friends.made(1)
    waiting = friends.contribute(group, card="pm_card_threeDSecure2Required", returnUrl=BACK)
    payment = waiting.body["payment"]["id"]
    intent = friends.transaction(payment)["providerReference"]
    friends.till.stuck.stripe.control(f"payment_intents/{intent}/authenticate", outcome="succeeded")
    codes = [friends.contribute(group, card="pm_card_mastercard").body["code"] for _ in range(2)]
    assert codes == ["SHARE_BEING_PAID", "SHARE_ALREADY_PAID"]
    assert (friends.types(payment)[-1], friends.states(group), friends.held()) == ("approved", ["held"], 1)
    friends.settled()
    assert friends.types(payment)[-1] == "approved"


def test_whose_outcome_nobody_knows_is_charged_no_second_time(friends: Friends) -> None:
    group, key = friends.made(1), new_key()
    friends.till.fault("stripe", "drop")
    lost = friends.contribute(group, key=key)
    assert (lost.status, lost.body["payment"]["outcome"]) == (202, "unknown")
    other = friends.contribute(group, card="pm_card_mastercard")
    assert (other.status, other.body["code"]) == (409, "SHARE_BEING_PAID")
    again = friends.contribute(group, key=key)
    assert (again.status, again.body["groupStatus"]["percentageCollected"]) == (202, 100)
    friends.take()
    assert (friends.till.takings()["stripe"], friends.state(group)) == (1, "completed")


def test_the_organizer_covers_what_nobody_pays(friends: Friends) -> None:
    group, key = friends.made(5, price=777), new_key()
    friends.contribute(group, 3)
    covered, again = (friends.cover(group, key=key) for _ in range(2))
    assert (covered.status, covered.body["groupStatus"]["percentageCollected"]) == (202, 100)
    assert again.body == covered.body
    friends.take()
    assert (friends.state(group), friends.till.takings()["stripe"]) == ("completed", 2)
    assert covered.body["payment"]["amount"] == 4 * 2 * 777
    assert friends.cover(group).body["code"] in ("SHARE_ALREADY_PAID", "GROUP_NOT_OPEN")


def test_of_a_completed_group_a_share_is_refunded_like_a_sale(friends: Friends) -> None:
    group = friends.made(venueId=OUR_VENUE)
    paid = [friends.contribute(group, member).body["payment"]["id"] for member in range(2)]
    friends.take()
    admin = friends.deployed.as_user("boss", role="admin")
    headers = {**admin, "idempotency-key": new_key()}
    answer = friends.deployed.call("POST", f"/transactions/{paid[0]}/refund", {"amount": 4_000}, headers=headers)
    assert answer.status == 200, answer.body
    assert f"escrow:{group.id}" not in friends.books()
    assert friends.states(group) == ["paid", "paid"]


def test_while_a_group_is_open_no_share_is_refunded_alone(friends: Friends) -> None:
    group = friends.made()
    headers = friends.deployed.as_user("boss", role="admin")
    for payment in (friends.paid(group), friends.contribute(group, 1).body["payment"]["id"]):
        keyed = {**headers, "idempotency-key": new_key()}
        answer = friends.deployed.call("POST", f"/transactions/{payment}/refund", {}, headers=keyed)
        assert (answer.status, answer.body["code"]) == (409, "INVALID_STATE")


def test_nobody_takes_a_share_out_alone_that_is_set_aside(friends: Friends) -> None:
    group = friends.made()
    ann = friends.deployed.as_user("ann")
    payment = friends.contribute(group, who={**ann, **group.link()}).body["payment"]["id"]
    answer = friends.deployed.call("POST", f"/payments/checkout/{payment}/cancel", headers=ann)
    assert (answer.status, answer.body["code"]) == (409, "INVALID_STATE")
    assert (friends.states(group), friends.held(), friends.state(group)) == (["held", "pending"], 1, "partially_paid")


def test_a_group_is_made_once_under_a_key_and_one_is_made_where_none_comes(friends: Friends) -> None:
    body, key = a_group(), new_key()
    first, again = (friends.ask(body, key=key) for _ in range(2))
    assert (first.status, again.body, again.headers["idempotency-replayed"]) == (201, first.body, "true")
    assert friends.ask(a_group(3), key=key).body["code"] == "IDEMPOTENCY_KEY_REUSED"
    made = friends.deployed.call(
        "POST", "/api/v1/group-payments/create", body, headers=friends.organizer(), function="group_payment_api"
    )
    assert (made.status, len(made.headers["idempotency-key"])) == (201, 36)
    assert len(friends.deployed.stored("group")) == 2
    assert friends.ask(body, key=made.headers["idempotency-key"]).body == made.body
    assert made.body["groupPayment"]["organizerId"] == ORGANIZER
