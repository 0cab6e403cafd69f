"""Showing and cancelling a checkout: only to its owner, and never against what the provider knows."""

from __future__ import annotations

import pytest

from tests.support.builders import NOW, a_report, captured, usd
from tests.support.checkout_world import CheckoutWorld, at_commit, kill
from tollgate.checkout.ports import Closed, CloseOutcome, ProviderUnavailable, Unknown, Unreachable
from tollgate.kernel.access import Viewer
from tollgate.kernel.errors import NotFound
from tollgate.kernel.idempotency import LEASE
from tollgate.kernel.ids import derived
from tollgate.payments.errors import InvalidTransition
from tollgate.payments.lifecycle import Fact, State
from tollgate.payments.model import Report

OWNER, ADMIN = Viewer("demo", "user-1"), Viewer("demo", None)


@pytest.fixture
def opened(world: CheckoutWorld) -> CheckoutWorld:
    world.create()
    return world


@pytest.mark.parametrize("viewer", [OWNER, ADMIN])
def test_owner_and_admin_see_it(opened: CheckoutWorld, viewer: Viewer) -> None:
    payment = opened.payment()
    assert opened.desk.get(viewer, payment.id) == payment
    shown, history = opened.desk.history(viewer, payment.id)
    assert shown == payment
    assert [event["sequence"] for event in history] == [1, 2]


@pytest.mark.parametrize("viewer", [Viewer("demo", "user-2"), Viewer("other", None), Viewer("other", "user-1")])
def test_to_everyone_else_it_does_not_exist(opened: CheckoutWorld, viewer: Viewer) -> None:
    payment = opened.payment()
    for attempt in (opened.desk.get, opened.desk.history, opened.desk.cancel):
        with pytest.raises(NotFound):
            attempt(viewer, payment.id)
    assert opened.payment() == payment


@pytest.mark.parametrize("payment_id", ["", "pay_", "1", "../x", derived("pay", "none"), derived("evt", "1")])
def test_what_is_no_payment_is_not_found(opened: CheckoutWorld, payment_id: str) -> None:
    with pytest.raises(NotFound):
        opened.desk.get(ADMIN, payment_id)


def test_a_checkout_is_found_by_the_providers_reference(opened: CheckoutWorld) -> None:
    assert opened.desk.find("cs_1") == opened.shown()
    assert opened.desk.find("cs_9") is None


def test_cancelling_closes_the_session_first_and_twice_is_fine(opened: CheckoutWorld) -> None:
    cancelled = opened.desk.cancel(OWNER, opened.payment().id)
    assert (cancelled.state, cancelled.reason) == (State.CANCELLED, "requested")
    assert opened.provider.closed == ["cs_1"]
    assert opened.desk.cancel(OWNER, cancelled.id) == cancelled
    assert len(opened.provider.closed) == 1
    assert opened.history()[-1] == "payments.payment.cancelled"


def test_when_the_provider_says_paid_the_payment_confirms(opened: CheckoutWorld) -> None:
    opened.provider.ending = Closed(captured())
    with pytest.raises(InvalidTransition):
        opened.desk.cancel(OWNER, opened.payment().id)
    assert opened.payment().state is State.CONFIRMED


def test_when_the_provider_is_still_working_on_it_it_is_processing(opened: CheckoutWorld) -> None:
    opened.provider.ending = Closed(Report(Fact.PROCESSING, NOW))
    with pytest.raises(InvalidTransition):
        opened.desk.cancel(OWNER, opened.payment().id)
    assert opened.payment().state is State.PROCESSING


@pytest.mark.parametrize("ending", [Unknown("timeout"), Unreachable("no connection")])
def test_when_the_provider_cannot_tell_nothing_is_cancelled(opened: CheckoutWorld, ending: CloseOutcome) -> None:
    opened.provider.ending = ending
    before = opened.payment()
    with pytest.raises(ProviderUnavailable):
        opened.desk.cancel(OWNER, before.id)
    assert opened.payment() == before


@pytest.mark.parametrize("report", [captured(), a_report(Fact.PROCESSING), a_report(Fact.FAILED)])
def test_what_went_on_or_ended_cannot_be_cancelled(opened: CheckoutWorld, report: Report) -> None:
    opened.record(report)
    before = opened.payment()
    with pytest.raises(InvalidTransition):
        opened.desk.cancel(OWNER, before.id)
    assert opened.payment() == before
    assert not opened.provider.closed


def test_what_holds_money_cannot_be_cancelled(opened: CheckoutWorld) -> None:
    opened.record(captured(amount=usd(1)))
    with pytest.raises(InvalidTransition):
        opened.desk.cancel(OWNER, opened.payment().id)
    assert not opened.provider.closed


@pytest.fixture
def crossed(world: CheckoutWorld) -> CheckoutWorld:
    """A checkout whose page is stored just before somebody stores that it was cancelled."""
    world.provider.meanwhile = kill
    world.killed()
    world.clock.advance(LEASE)
    world.unit_of_work.before = at_commit(world.unit_of_work.commits + 1, world.create)
    return world


def test_a_page_that_is_made_while_we_cancel_is_closed_before_anything_is_cancelled(crossed: CheckoutWorld) -> None:
    cancelled = crossed.desk.cancel(OWNER, crossed.payment().id)
    assert (cancelled.state, crossed.provider.closed) == (State.CANCELLED, ["cs_1"])
    assert crossed.history()[-2:] == ["payments.checkout.opened", "payments.payment.cancelled"]


def test_a_page_that_is_made_while_we_cancel_and_may_still_be_paid_is_not_cancelled(crossed: CheckoutWorld) -> None:
    crossed.provider.ending = Unknown("timeout")
    with pytest.raises(ProviderUnavailable):
        crossed.desk.cancel(OWNER, crossed.payment().id)
    assert crossed.payment().state is State.PENDING
    crossed.provider.ending = Closed(captured())
    with pytest.raises(InvalidTransition):
        crossed.desk.cancel(OWNER, crossed.payment().id)
    assert crossed.payment().state is State.CONFIRMED


def test_paid_while_we_cancel_stays_paid(opened: CheckoutWorld) -> None:
    opened.unit_of_work.before = at_commit(3, lambda: opened.record(captured()))
    with pytest.raises(InvalidTransition):
        opened.desk.cancel(OWNER, opened.payment().id)
    assert opened.payment().state is State.CONFIRMED
