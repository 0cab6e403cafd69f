"""Groups whose messages are lost: what no queue has taken, let go or given back, the reconciler does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functions.charging import Till, a_till
from tests.functions.grouping import LIFE, MINUTE, Friends, friends_at
from tests.functions.test_group_payments_failing import confirmed_after_the_end, nothing_is_left
from tests.simulators.square_world import a_square
from tests.simulators.world import a_world
from tests.support.engine import Engine

DAY = 24 * 60 * MINUTE


@pytest.fixture
def till(engine: Engine, tmp_path: Path) -> Iterator[Till]:
    with a_world(tmp_path) as stripe, a_square() as square, a_till(engine, stripe, square, tmp_path) as made:
        yield made


@pytest.fixture
def friends(till: Till) -> Friends:
    return friends_at(till)


def test_what_no_queue_has_taken_the_reconciler_takes(friends: Friends) -> None:
    group = friends.made(2)
    for member in range(2):
        friends.contribute(group, member)
    friends.till.reconciled_later(5 * MINUTE)
    assert (friends.state(group), friends.states(group), friends.held()) == ("completed", ["paid", "paid"], 0)
    assert friends.types(group.id) == ["created", "authorized", "completed"]
    assert friends.till.takings() == {"stripe": 2, "square": 0}


def test_what_came_late_and_no_queue_has_let_go_the_reconciler_does(friends: Friends) -> None:
    group = friends.made(1)
    confirmed_after_the_end(friends, group)
    friends.till.reconciled_later(15 * MINUTE)
    assert friends.types(group.members[0]) == ["requested", "held", "released"]
    nothing_is_left(friends, group)
    assert friends.till.stuck.findings() == {}


def test_what_no_queue_gave_back_the_reconciler_does(friends: Friends) -> None:
    group = friends.made(3)
    friends.paid(group, 0)
    friends.contribute(group, 1)
    friends.till.reconciled_later(LIFE + 5 * MINUTE)
    assert friends.state(group) == "expired"
    assert (friends.refunds(), friends.held()) == ([], 1)
    friends.till.reconciled_later(15 * MINUTE)
    friends.settled()
    assert friends.states(group) == ["refunded", "released", "pending"]
    nothing_is_left(friends, group)
    assert "owed_refunds" not in friends.till.stuck.findings()


def test_late_money_that_no_queue_gave_back_the_reconciler_does(friends: Friends) -> None:
    group = friends.made(1)
    payment = confirmed_after_the_end(friends, group)
    friends.till.stuck.stripe.client.v1.payment_intents.capture(friends.transaction(payment)["providerReference"])
    friends.till.stuck.pass_on("payment_intent.succeeded")
    friends.settled()
    friends.till.reconciled_later(MINUTE)
    assert (friends.refunds(), friends.till.stuck.findings()) == ([], {})
    friends.till.reconciled_later(15 * MINUTE)
    assert friends.till.stuck.findings()["held_money"]["remedy"] == "refund"
    friends.settled()
    nothing_is_left(friends, group)
    friends.till.reconciled_later(DAY)
    assert friends.till.stuck.repairs() == {"held_money": "done"}
