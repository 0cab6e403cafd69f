"""A page that the provider lists, of which nothing is stored: closed, unless somebody still asks for it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.builders import NOW, a_session
from tests.support.checkout_world import CheckoutWorld, kill
from tests.support.memory.reconciliation import MemoryFindings, MemoryRuns
from tollgate.checkout.ports import SeenSession
from tollgate.kernel.access import Viewer
from tollgate.payments.lifecycle import Fact, State
from tollgate.payments.model import Report, Session
from tollgate.reconciliation.notes import Notes
from tollgate.reconciliation.provider_sessions import PASSES, ProviderSessions


@pytest.fixture
def world() -> CheckoutWorld:
    """With a page whose answer was lost, and which the provider lists."""
    world = CheckoutWorld()
    world.provider.meanwhile = kill
    world.killed()
    payment = world.payment()
    world.provider.listed = [SeenSession(_page(world), NOW, payment.tenant, payment.id, None)]
    world.clock.advance(PASSES["soon"] + timedelta(minutes=1))
    return world


def _page(world: CheckoutWorld) -> Session:
    ((_, session),) = world.provider.sessions.values()
    return session


def _swept(world: CheckoutWorld) -> dict[str, int]:
    """What was mended."""

    def fail(_: str, error: Exception) -> None:
        raise error

    notes = Notes(MemoryFindings(world.store), world.unit_of_work, world.clock, fail)
    runs = MemoryRuns(world.store, world.unit_of_work)
    sessions = ProviderSessions(world.payments, world.providers, world.recorder, runs, world.clock)
    assert sessions.sweep(notes, lambda: False)
    return dict(notes.repaired)


def test_the_page_of_a_payment_that_was_cancelled_meanwhile_is_closed(world: CheckoutWorld) -> None:
    world.desk.cancel(Viewer("demo", "user-1"), world.payment().id)
    assert _swept(world) == {"stray_page": 1}
    assert world.provider.closed == [_page(world).reference]


def test_a_page_that_was_withdrawn_and_can_still_be_paid_is_closed(world: CheckoutWorld) -> None:
    """It became known after its payment had ended, and the provider did not answer whether it was closed."""
    world.desk.cancel(Viewer("demo", "user-1"), world.payment().id)
    world.record(Report(Fact.CHECKOUT_OPENED, NOW, session=_page(world)))
    assert _swept(world) == {"stray_page": 1}
    assert world.provider.closed == [_page(world).reference]


def test_the_page_of_a_request_that_may_still_be_taken_up_stays(world: CheckoutWorld) -> None:
    assert _swept(world) == {}
    assert world.provider.closed == []


def test_a_payment_that_is_under_way_is_not_ended_by_a_page_that_is_none_of_it(world: CheckoutWorld) -> None:
    payment, ended = world.payment(), Report(Fact.EXPIRED, NOW, about="cs_lost")
    world.record(Report(Fact.PROCESSING, NOW))
    world.provider.listed = [SeenSession(a_session("cs_lost"), NOW, payment.tenant, payment.id, ended)]
    assert _swept(world) == {}
    assert world.payment().state is State.PROCESSING
