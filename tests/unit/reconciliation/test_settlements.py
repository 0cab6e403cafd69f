"""What was never taken is not asked about."""

from __future__ import annotations

from datetime import timedelta

from tests.support.builders import NOW, a_payment, usd
from tests.support.stores import InMemory
from tests.support.without_tenders import plain_recorder
from tollgate.kernel.clock import FixedClock
from tollgate.payments.lifecycle import State
from tollgate.payments.model import open_payment
from tollgate.payments.ports import PaymentKey
from tollgate.payments.values import Capture
from tollgate.reconciliation.notes import Notes
from tollgate.reconciliation.ports import DuePayment
from tollgate.reconciliation.settlements import Settlements


def test_a_trial_that_was_confirmed_while_it_was_due_is_not_settled() -> None:
    stored, clock = InMemory(), FixedClock(NOW + timedelta(days=3))
    trial = a_payment(State.CONFIRMED, amount=usd(0), captures=(Capture("in_1", usd(0), NOW),))
    stored.unit_of_work.commit(*stored.payments.create(open_payment(trial)))
    recorder = plain_recorder(stored.payments, stored.parking, stored.unit_of_work, clock)
    settlements = Settlements(stored.payments, {}, stored.sellers, recorder, stored.unit_of_work, clock)
    notes = Notes(stored.findings, stored.unit_of_work, clock, lambda _what, _error: None)
    settlements.examine(DuePayment(PaymentKey(trial.tenant, trial.id)), notes)
    assert stored.payments.get(PaymentKey(trial.tenant, trial.id)) is not None
