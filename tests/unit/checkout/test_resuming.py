"""A checkout whose function was killed, or whose provider was away: the next try goes on from there."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.support.builders import a_pricing_item, a_session, usd
from tests.support.checkout_world import CheckoutWorld, a_wish, at_commit, kill
from tollgate.checkout.ports import (
    Anew,
    FindOutcome,
    Lookup,
    NoRecovery,
    Opened,
    OpenOutcome,
    ProviderUnavailable,
    Unknown,
    Unreachable,
)
from tollgate.checkout.presentation import present
from tollgate.kernel.idempotency import LEASE, DuplicateInProgress, LeaseLost
from tollgate.payments.lifecycle import State


def test_while_someone_works_on_it_others_are_told_to_wait(world: CheckoutWorld) -> None:
    refused: list[int] = []

    def ask_again() -> None:
        with pytest.raises(DuplicateInProgress) as caught:
            world.another_opening().create(a_wish(), present)
        refused.append(caught.value.retry_after_seconds)

    world.provider.meanwhile = ask_again
    assert world.create().status == 201
    assert refused == [28]
    assert len(world.provider.opened) == 1


@pytest.mark.parametrize("point", ["provider", "second transaction"])
def test_a_killed_try_is_resumed_after_its_lease_with_the_same_parameters_and_key(
    world: CheckoutWorld, point: str
) -> None:
    if point == "provider":
        world.provider.meanwhile = kill
    else:
        world.unit_of_work.before = at_commit(2, kill)
    world.killed()
    with pytest.raises(DuplicateInProgress):
        world.create()
    world.clock.advance(LEASE)
    world.catalog.put(a_pricing_item(unit=usd(9900)))
    response = world.create()
    assert response.status == 201
    assert world.provider.opened[0] == world.provider.opened[1]
    assert len(world.provider.sessions) == 1
    assert world.payment().amount == usd(5000)
    assert world.history() == ["payments.payment.created", "payments.checkout.opened"]
    assert world.create() == response.replay()


def test_killed_before_the_first_transaction_nothing_happened(world: CheckoutWorld) -> None:
    world.unit_of_work.before = at_commit(1, kill)
    world.killed()
    assert not world.store.items
    assert not world.provider.opened
    assert world.create().status == 201


@pytest.mark.parametrize("outcome", [Unreachable("no connection"), Unknown("timeout")])
def test_a_provider_that_is_away_frees_the_key_and_the_next_try_gives_the_same_payment(
    world: CheckoutWorld, outcome: OpenOutcome
) -> None:
    world.provider.script = [outcome]
    with pytest.raises(ProviderUnavailable) as caught:
        world.create()
    assert caught.value.retry_after_seconds > 0
    waiting = world.payment()
    assert (waiting.state, waiting.version, waiting.session) == (State.PENDING, 1, None)
    assert world.create().status == 201
    assert world.payment().id == waiting.id
    assert world.provider.opened[0] == world.provider.opened[1]


def test_an_unknown_outcome_is_never_taken_for_a_failure(world: CheckoutWorld) -> None:
    world.provider.script = [Unknown("timeout")] * 5
    for _ in range(5):
        with pytest.raises(ProviderUnavailable):
            world.create()
    assert world.payment().state is State.PENDING
    assert len(set(world.provider.opened)) == 1


def test_a_key_that_the_provider_would_only_fail_again_is_replaced(world: CheckoutWorld) -> None:
    """A page that no buyer has seen cannot be paid: it alone may be asked for anew."""
    world.provider.script = [Unknown("APIError 500", key_spent=True), Unknown("timeout")]
    for _ in range(2):
        with pytest.raises(ProviderUnavailable):
            world.create()
    assert world.create().status == 201
    keys = [key for _, key in world.provider.opened]
    payment = world.payment()
    assert keys == [payment.provider_key("checkout", attempt) for attempt in (1, 2, 2)]
    assert len({parameters for parameters, _ in world.provider.opened}) == 1
    assert payment.state is State.PENDING


def test_what_cannot_be_released_because_it_was_taken_over_is_left_alone(world: CheckoutWorld) -> None:
    world.provider.script = [Unknown("timeout")]

    def taken_over_meanwhile() -> None:
        world.provider.meanwhile = lambda: None
        world.clock.advance(LEASE)
        world.provider.script.insert(0, None)
        assert world.another_opening().create(a_wish(), present).status == 201

    world.provider.meanwhile = taken_over_meanwhile
    with pytest.raises(ProviderUnavailable):
        world.create()
    assert world.create().replayed


def test_when_two_resume_one_wins_and_the_other_writes_nothing(world: CheckoutWorld) -> None:
    world.provider.meanwhile = kill
    world.killed()
    world.clock.advance(LEASE)
    winner: list[str] = []
    take_over = world.unit_of_work.commits + 2  # after the try to begin anew
    world.unit_of_work.before = at_commit(
        take_over, lambda: winner.append(world.another_opening().create(a_wish(), present).body)
    )
    with pytest.raises(LeaseLost):
        world.create()
    assert len(world.provider.opened) == 2
    assert world.payment().version == 2
    assert world.create().body == winner[0]


def test_who_slept_past_the_lease_cannot_write_what_it_learned(world: CheckoutWorld) -> None:
    def taken_over_meanwhile() -> None:
        world.provider.meanwhile = lambda: None
        world.clock.advance(LEASE)
        world.another_opening().create(a_wish(), present)

    world.provider.meanwhile = taken_over_meanwhile
    with pytest.raises(LeaseLost):
        world.create()
    assert world.history() == ["payments.payment.created", "payments.checkout.opened"]


def test_past_the_providers_memory_nothing_is_sent_again(world: CheckoutWorld) -> None:
    world.provider.meanwhile = kill
    world.killed()
    world.clock.advance(world.provider.window)
    response = world.create()
    assert (response.status, json.loads(response.body)["code"]) == (409, "INVALID_STATE")
    payment = world.payment()
    assert (payment.state, payment.reason) == (State.CANCELLED, "abandoned")
    assert len(world.provider.opened) == 1
    assert world.create() == response.replay()


def test_just_within_the_providers_memory_it_is_sent_again(world: CheckoutWorld) -> None:
    world.provider.meanwhile = kill
    world.killed()
    world.clock.advance(world.provider.window - timedelta(seconds=1))
    assert world.create().status == 201
    assert len(world.provider.sessions) == 1


def _left_behind(world: CheckoutWorld) -> None:
    world.provider.meanwhile = kill
    world.killed()
    world.clock.advance(LEASE)


def test_a_provider_that_can_be_asked_is_asked_before_anything_is_made_again(world: CheckoutWorld) -> None:
    world.provider.declared = Lookup()
    _left_behind(world)
    world.provider.found = Opened(a_session("cs_found"))
    assert json.loads(world.create().body)["providerCheckoutSessionId"] == "cs_found"
    assert len(world.provider.opened) == 1


def test_what_the_provider_surely_does_not_have_is_made_again(world: CheckoutWorld) -> None:
    world.provider.declared = Lookup()
    _left_behind(world)
    assert world.create().status == 201
    assert world.provider.opened[0] == world.provider.opened[1]


def test_where_what_was_made_is_worth_nothing_another_is_made_however_late(world: CheckoutWorld) -> None:
    world.provider.declared = Anew()
    _left_behind(world)
    world.clock.advance(timedelta(days=30))
    assert world.create().status == 201
    assert len(world.provider.opened) == 2


@pytest.mark.parametrize("answer", [Unreachable("no connection"), Unknown("timeout")])
def test_a_provider_that_cannot_be_asked_leaves_it_unknown(world: CheckoutWorld, answer: FindOutcome) -> None:
    world.provider.declared = Lookup()
    _left_behind(world)
    world.provider.found = answer
    with pytest.raises(ProviderUnavailable):
        world.create()
    assert world.payment().state is State.PENDING
    assert len(world.provider.opened) == 1


def test_where_nobody_can_tell_it_stays_unknown_until_no_page_lives_any_more(world: CheckoutWorld) -> None:
    world.provider.declared = NoRecovery(page_life=timedelta(hours=1))
    _left_behind(world)
    with pytest.raises(ProviderUnavailable):
        world.create()
    assert world.payment().state is State.PENDING
    world.clock.advance(timedelta(hours=1))
    assert json.loads(world.create().body)["code"] == "INVALID_STATE"
    assert (world.payment().state, world.payment().reason) == (State.CANCELLED, "abandoned")
    assert len(world.provider.opened) == 1


def test_whoever_resumes_in_the_callers_place_answers_in_the_callers_words(world: CheckoutWorld) -> None:
    _left_behind(world)
    (record,) = world.store.of("idempotency")
    world.opening.resume(record)
    answer = world.create()
    assert (answer.status, answer.replayed) == (201, True)
    assert answer.body == json.dumps(present(world.shown()), separators=(",", ":"))
