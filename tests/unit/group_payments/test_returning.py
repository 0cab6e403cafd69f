"""What goes back is what somebody came for: held money, and of a group that has failed all, each capture once."""

from __future__ import annotations

import pytest

from tests.support.builders import captured
from tests.support.fakes import CountingIds
from tests.support.groups import LIFE, RememberingWorld
from tollgate.adapters.providers.mock.refunds import MockRefunds
from tollgate.group_payments.returning import GroupReturns
from tollgate.payments.model import Payment
from tollgate.payments.ports import PaymentKey
from tollgate.refunds.returning import NOTHING, Returning
from tollgate.refunds.service import Refunding


@pytest.fixture
def world() -> RememberingWorld:
    return RememberingWorld()


def _returning(world: RememberingWorld) -> Returning:
    store = world.store
    refunding = Refunding(
        payments=store.payments,
        recorder=world.recorder,
        idempotency=store.idempotency,
        providers={"stripe": MockRefunds()},
        unit_of_work=store.unit_of_work,
        clock=world.clock,
        ids=CountingIds(),
    )
    return Returning(store.payments, refunding)


def _twice(world: RememberingWorld, payment: Payment) -> Payment:
    """Its money came a second time."""
    return world.recorder.record(payment, captured("pi_twice", payment.amount)).payment


def _key(payment: Payment) -> PaymentKey:
    return PaymentKey(payment.tenant, payment.id)


@pytest.mark.parametrize("members", [1, 2])
def test_of_money_that_came_twice_one_goes_back_and_never_the_share(world: RememberingWorld, members: int) -> None:
    """Whether the group is complete by then or open, and however often somebody comes for it."""
    group = world.made(members=members)
    payment = _twice(world, world.paid(group, 0))
    assert payment.review == "second_capture"
    returning = _returning(world)
    assert [returning.give_back_held(_key(payment), "twice") for _ in range(3)] == ["succeeded", NOTHING, NOTHING]
    after = world.store.payments.get(_key(payment))
    assert after is not None
    assert (after.refundable, after.review, world.states(group)[0]) == (5_000, None, "paid")


def test_somebody_who_was_slow_gives_back_nothing_more(world: RememberingWorld) -> None:
    """An admin has refunded the held money after they had read that there was some."""
    group = world.made(members=1)
    payment = _twice(world, world.paid(group, 0))
    world.refunded(payment, "ref_admin")
    returning = _returning(world)
    assert returning._all(payment, ["pi_twice"], "twice") == NOTHING
    after = world.store.payments.get(_key(payment))
    assert after is not None
    assert after.refundable == 5_000


def test_of_a_group_that_has_failed_all_that_came_goes_back(world: RememberingWorld) -> None:
    group = world.made(members=3)
    twice, once = _twice(world, world.paid(group, 0)), world.paid(group, 1)
    world.clock.advance(LIFE)
    world.deadline.step("demo", group.group.id)
    returns = GroupReturns(world.store.groups, _returning(world), world.checkouts)
    assert [returns.give_back("demo", group.group.id) for _ in range(2)] == ["returning", "nothing"]
    for payment in (twice, once):
        after = world.store.payments.get(_key(payment))
        assert after is not None
        assert (after.refundable, after.review) == (0, None)
    assert world.states(group) == ["refunded", "refunded", "pending"]
    assert set(world.books()) <= {"provider_clearing:stripe", "provider_fees"}


def test_of_an_open_group_nothing_goes_back(world: RememberingWorld) -> None:
    group = world.made()
    payment = world.paid(group, 0)
    assert (
        GroupReturns(world.store.groups, _returning(world), world.checkouts).give_back("demo", group.group.id)
        == "nothing"
    )
    assert _returning(world).give_back(_key(payment), "group_open") == NOTHING
    assert world.states(group)[0] == "paid"
