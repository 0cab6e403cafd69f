"""Groups that do not come about: whoever has paid gets all of it back, once, whatever dies or crosses on the way."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tests.functions.charging import BACK, Till, a_till
from tests.functions.grouping import LIFE, MINUTE, Friends, Made, friends_at
from tests.functions.reconciling import Killed
from tests.simulators.square_world import a_square
from tests.simulators.world import a_world
from tests.support.deployment import Answer
from tests.support.engine import Engine
from tollgate.adapters.dynamodb.unit_of_work import DynamoUnitOfWork
from tollgate.adapters.providers.stripe.charges import StripeCharges
from tollgate.checkout.charge_ports import ChargeOutcome

DAY = 24 * 60 * MINUTE


@pytest.fixture
def till(engine: Engine, tmp_path: Path) -> Iterator[Till]:
    with a_world(tmp_path) as stripe, a_square() as square, a_till(engine, stripe, square, tmp_path) as made:
        yield made


@pytest.fixture
def friends(till: Till) -> Friends:
    return friends_at(till)


def nothing_is_left(friends: Friends, group: Made) -> None:
    """All that was taken went back, and the group owes nobody anything."""
    taken = friends.till.takings()
    assert sum(each.status == "succeeded" for each in friends.refunds()) == taken["stripe"]
    assert friends.held() == 0
    assert f"escrow:{group.id}" not in friends.books()
    assert "unallocated" not in friends.books()
    assert not friends.seen(group).group.owes_refunds


def test_a_group_whose_time_is_over_gives_everything_back_once(friends: Friends) -> None:
    group = friends.made(4)
    friends.paid(group, 0)
    for member in (1, 2):
        friends.contribute(group, member)
    assert friends.step(group)["outcome"] == "waiting"
    friends.later(LIFE)
    assert friends.step(group) == {"outcome": "expired", "until": None}
    assert friends.give_back() == friends.give_back() == []
    friends.settled()
    assert friends.states(group) == ["refunded", "released", "released", "pending"]
    assert (len(friends.refunds()), friends.till.takings()["stripe"]) == (1, 1)
    nothing_is_left(friends, group)
    late = friends.contribute(group, 3)
    assert (late.status, late.body["code"]) == (409, "GROUP_NOT_OPEN")
    assert friends.types(group.id) == ["created", "expired"]


def test_a_group_that_is_called_off_gives_everything_back(friends: Friends) -> None:
    group = friends.made()
    friends.contribute(group)
    first, again = (friends.cancel(group) for _ in range(2))
    assert (first.status, again.body, first.body["group"]["status"]) == (200, first.body, "cancelled")
    assert first.body["group"]["cancellationReason"] == "requested"
    friends.give_back()
    nothing_is_left(friends, group)
    assert friends.step(group)["outcome"] == "cancelled"


def test_a_page_at_the_bank_is_called_off_when_the_group_is_over(friends: Friends) -> None:
    group = friends.made(1)
    waiting = friends.contribute(group, card="pm_card_threeDSecure2Required", returnUrl=BACK)
    friends.later(LIFE)
    friends.step(group)
    assert friends.give_back() == friends.give_back() == []
    intent = friends.transaction(waiting.body["payment"]["id"])["providerReference"]
    assert friends.till.stuck.stripe.client.v1.payment_intents.retrieve(intent).status == "canceled"
    assert friends.states(group) == ["pending"]
    nothing_is_left(friends, group)


def confirmed_after_the_end(friends: Friends, group: Made) -> str:
    """The buyer agrees at their bank's page when the group is over, and nobody has called that off."""
    waiting = friends.contribute(group, card="pm_card_threeDSecure2Required", returnUrl=BACK)
    friends.later(LIFE)
    friends.step(group)
    payment = str(waiting.body["payment"]["id"])
    intent = friends.transaction(payment)["providerReference"]
    friends.till.stuck.stripe.control(f"payment_intents/{intent}/authenticate", outcome="succeeded")
    friends.till.stuck.pass_on("payment_intent.amount_capturable_updated")
    friends.settled()
    return payment


def test_what_is_set_aside_after_the_end_is_let_go_by_itself(friends: Friends) -> None:
    group = friends.made(1)
    payment = confirmed_after_the_end(friends, group)
    assert (friends.types(payment)[-1], friends.states(group), friends.held()) == ("approved", ["held"], 1)
    assert friends.take() == friends.take() == []
    assert (friends.types(payment)[-1], friends.states(group)) == ("cancelled", ["released"])
    assert friends.types(group.members[0]) == ["requested", "held", "released"]
    nothing_is_left(friends, group)


def test_what_is_captured_after_the_end_goes_back_by_itself(friends: Friends) -> None:
    """At the provider's dashboard."""
    group = friends.made(1)
    payment = confirmed_after_the_end(friends, group)
    intent = friends.transaction(payment)["providerReference"]
    friends.till.stuck.stripe.client.v1.payment_intents.capture(intent)
    friends.till.stuck.pass_on("payment_intent.succeeded")
    friends.settled()
    assert friends.types(payment)[-1] == "review_required"
    assert friends.states(group) == ["held"]
    assert friends.give_back() == friends.give_back() == []
    friends.settled()
    assert friends.transaction(payment)["refundable"] == 0
    assert (friends.states(group), friends.types(group.members[0])) == (["refunded"], ["requested", "held", "refunded"])
    nothing_is_left(friends, group)


def test_who_pays_while_the_group_ends_is_told_that_it_has(friends: Friends) -> None:
    group, charge = friends.made(2), StripeCharges.charge

    def ending(charges: StripeCharges, parameters: str, key: str) -> ChargeOutcome:
        answer = charge(charges, parameters, key)
        friends.later(LIFE)
        assert friends.step(group)["outcome"] == "expired"
        return answer

    with patch.object(StripeCharges, "charge", ending):
        answer = friends.contribute(group, 0)
    assert (answer.status, answer.body["success"], answer.body["groupStatus"]["status"]) == (202, False, "expired")
    assert "let go" in answer.body["message"]
    assert friends.take() == []
    assert friends.types(group.members[0]) == ["requested", "held", "released"]
    nothing_is_left(friends, group)


def _in_turn(asks: list[Callable[[], object]]) -> Callable[[], object]:
    return lambda: [ask() for ask in asks]


@pytest.mark.parametrize("order", list(itertools.permutations(("last", "end", "back"))), ids="-".join)
def test_of_expiry_and_the_last_share_one_wins_in_every_order(friends: Friends, order: tuple[str, ...]) -> None:
    """The share is being paid when the time is over, and its money comes before or after that; or its page is called
    off before it does.
    """
    group = friends.made(2)
    friends.contribute(group, 0)
    waiting = friends.contribute(group, 1, card="pm_card_threeDSecure2Required", returnUrl=BACK)
    intent = friends.transaction(waiting.body["payment"]["id"])["providerReference"]

    def last() -> None:
        if order.index("end") < order.index("back") < order.index("last"):
            assert friends.till.stuck.stripe.client.v1.payment_intents.retrieve(intent).status == "canceled"
            return
        friends.till.stuck.stripe.control(f"payment_intents/{intent}/authenticate", outcome="succeeded")
        friends.till.stuck.pass_on("payment_intent.amount_capturable_updated", about=intent)
        friends.settled()
        friends.take()

    def end() -> None:
        friends.later(LIFE)
        friends.step(group)

    steps: dict[str, Callable[[], object]] = {"last": last, "end": end, "back": friends.give_back}
    _in_turn([steps[each] for each in order])()
    friends.give_back()
    friends.settled()
    completed = order.index("last") < order.index("end")
    assert friends.types(group.id) == ["created", *(["authorized", "completed"] if completed else ["expired"])]
    if completed:
        assert (friends.refunds(), friends.states(group)) == ([], ["paid", "paid"])
        assert f"escrow:{group.id}" not in friends.books()
    else:
        nothing_is_left(friends, group)


def test_of_expiry_and_twelve_last_shares_at_once_one_wins(friends: Friends) -> None:
    """Whoever comes too late is told so, or has the money back."""
    group = friends.made(12)
    pays = [partial(friends.by_mock, group, member) for member in range(12)]
    friends.together(*pays[:6])
    friends.later(LIFE - 1)

    def end() -> Answer:
        friends.later(1)
        friends.step(group)
        return friends.status(group)

    friends.together(*pays[6:], end)
    friends.give_back()
    friends.settled()
    outcome = friends.types(group.id)[1:]
    assert outcome in (["completed"], ["expired"])
    seen = friends.seen(group)
    if outcome == ["completed"]:
        assert {each.state for each in seen.shares} == {"paid"}
    else:
        assert not {each.state for each in seen.shares} & {"paid", "paying"}
        assert not seen.group.owes_refunds
    assert f"escrow:{group.id}" not in friends.books()
    assert "unallocated" not in friends.books()


@pytest.mark.parametrize("dies_at", range(1, 8))
def test_whoever_gives_back_may_die_anywhere(friends: Friends, dies_at: int) -> None:
    group = friends.made(3)
    friends.paid(group, 0)
    friends.contribute(group, 1)
    friends.cancel(group)
    commit, commits = DynamoUnitOfWork.commit, [0]

    def dying(unit_of_work: DynamoUnitOfWork, *writes: Any) -> None:
        commits[0] += 1
        commit(unit_of_work, *writes)
        if commits[0] == dies_at:
            raise Killed

    with patch.object(DynamoUnitOfWork, "commit", dying):
        try:
            friends.give_back()
        except Killed:
            del friends.deployed.modules["refunder"]
    friends.later(MINUTE)
    friends.give_back()
    friends.settled()
    assert len(friends.refunds()) == 1
    nothing_is_left(friends, group)


def test_where_the_provider_does_not_answer_the_money_goes_back_later(friends: Friends) -> None:
    group = friends.made(3)
    friends.paid(group, 0)
    other = friends.by_mock(group, 1).body["payment"]["id"]
    friends.cancel(group)
    friends.till.stuck.stripe.control("api/faults", kind="drop", method="POST", path="/v1/refunds", work="never")
    assert friends.give_back() == []
    # One provider's silence is not the other members' matter.
    assert friends.transaction(other)["refundable"] == 0
    friends.later(MINUTE)
    friends.give_back()
    friends.till.reconciled_later(15 * MINUTE)
    friends.till.reconciled_later(DAY)
    nothing_is_left(friends, group)


def test_members_who_do_not_pay_are_reminded_before_it_is_over(friends: Friends) -> None:
    group = friends.made(2)
    friends.contribute(group, 0)
    outcomes = []
    for minutes in (0, 5, 3, 2):
        friends.later(minutes * MINUTE)
        outcomes.append(friends.step(group)["outcome"])
    assert outcomes == ["waiting", "waiting", "waiting", "expired"]
    assert friends.types(group.members[1]) == ["requested", "reminded", "reminded"]
    assert friends.status(group).body["group"]["members"][1]["remindersSent"] == 2
