"""A checkout on the real adapters, with a fault at each of its calls: one payment, one page, one answer."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.support.builders import NOW
from tests.support.checkout_world import ScriptedProvider, a_wish
from tests.support.fakes import CountingIds
from tests.support.faults import FakeTime, Fault, cancelled, faulty, lost_answer, lost_request, refused
from tests.support.stores import OnDynamo
from tests.support.without_tenders import pages_of, plain_drafting, plain_recorder
from tollgate.checkout.opening import CheckoutOpening
from tollgate.checkout.pages import with_page
from tollgate.checkout.presentation import present
from tollgate.kernel.clock import FixedClock
from tollgate.kernel.errors import RetryableError
from tollgate.kernel.idempotency import LEASE, Response
from tollgate.kernel.ids import derived
from tollgate.payments.lifecycle import State
from tollgate.payments.ports import PaymentKey

KEY = PaymentKey("demo", derived("pay", *a_wish().scope))
FAULTS: dict[str, Fault] = {
    "conflict": cancelled("TransactionConflict", "None", "None"),
    "throttled": refused("ThrottlingException"),
    "fault": refused("InternalServerError", 500),
    "lost request": lost_request,
    "lost answer": lost_answer,
}


class Checkout:
    """The checkout room on tables, with a scripted provider."""

    def __init__(self, tables: OnDynamo) -> None:
        self.time = FakeTime()
        self.store = tables.sibling(patience=self.time.patience())
        self.provider = ScriptedProvider()
        self.clock = FixedClock(NOW)
        self.opening = CheckoutOpening(
            payments=self.store.payments,
            parked=self.store.parking,
            idempotency=self.store.idempotency,
            drafting=plain_drafting([self.provider], self.clock),
            recorder=plain_recorder(self.store.payments, self.store.parking, self.store.unit_of_work, self.clock),
            ways=pages_of({"stripe": self.provider}),
            unit_of_work=self.store.unit_of_work,
            clock=self.clock,
            ids=CountingIds(),
        )

    def create(self, *faults: Fault | None) -> Response:
        with faulty(self.store.connection, self.time) as http:
            http.plan = iter(faults)
            return self.opening.create(a_wish(), present)

    def is_opened_once(self, response: Response) -> None:
        payment = self.store.payments.get(KEY)
        assert payment is not None
        assert (payment.state, payment.version) == (State.PENDING, 2)
        assert json.loads(response.body) == present(with_page(self.store.payments, payment))
        types = [event["type"] for event in self.store.payments.history(KEY)]
        assert types == ["payments.payment.created", "payments.checkout.opened"]
        assert len(self.provider.sessions) == 1
        assert self.create() == response.replay()


@pytest.fixture
def checkout(served: OnDynamo) -> Checkout:
    return Checkout(served)


@pytest.mark.parametrize("second", [None, *FAULTS])
@pytest.mark.parametrize("first", [None, *FAULTS])
def test_a_fault_at_either_transaction_changes_nothing(
    checkout: Checkout, first: str | None, second: str | None
) -> None:
    faults = [*([FAULTS[first]] if first else []), None, *([FAULTS[second]] if second else [])]
    checkout.is_opened_once(checkout.create(*faults))
    assert len(checkout.provider.opened) == 1


@pytest.mark.parametrize("fault", [name for name in FAULTS if name != "lost answer"])
def test_a_store_that_is_gone_before_the_page_is_made_leaves_no_page(checkout: Checkout, fault: str) -> None:
    with pytest.raises(RetryableError):
        checkout.create(*[FAULTS[fault]] * 500)
    assert not checkout.provider.opened
    checkout.is_opened_once(checkout.create())


def test_a_store_that_took_it_and_never_answered_is_found_out_by_the_next_try(checkout: Checkout) -> None:
    with pytest.raises(RetryableError):
        checkout.create(*[lost_answer] * 500)
    assert not checkout.provider.opened
    checkout.clock.advance(LEASE)
    checkout.is_opened_once(checkout.create())
    assert len(checkout.provider.opened) == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_a_store_that_is_gone_after_the_page_was_made_is_resumed_with_the_same_page(
    checkout: Checkout, fault: str
) -> None:
    with pytest.raises(RetryableError):
        checkout.create(None, *[FAULTS[fault]] * 500)
    checkout.clock.advance(LEASE + timedelta(seconds=1))
    checkout.is_opened_once(checkout.create())
    assert len(set(checkout.provider.opened)) == 1
