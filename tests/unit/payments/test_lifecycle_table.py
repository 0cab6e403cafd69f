"""The payment's life, cell by cell, written down a second time and by hand: what each fact does in each state."""

from __future__ import annotations

import pytest

from tests.support.builders import NOW, a_payment, a_report
from tollgate.payments.lifecycle import ASIDE, Fact, Meaning, State
from tollgate.payments.model import Change

# What a payment becomes and the event that tells of it, or the meaning that leaves it as it was.
EXPECTED = """
    fact             state       becomes     event
    checkout_opened  pending     pending     payments.checkout.opened
    checkout_opened  processing  processing  payments.checkout.opened
    checkout_opened  confirmed   confirmed   payments.checkout.opened
    checkout_opened  settled     settled     payments.checkout.opened
    checkout_opened  failed      failed      payments.checkout.opened
    checkout_opened  cancelled   cancelled   payments.checkout.opened

    approved         pending     pending     payments.payment.approved
    approved         processing  processing  payments.payment.approved
    approved         confirmed   -           stale
    approved         settled     -           stale
    approved         failed      -           stale
    approved         cancelled   -           stale

    rerouted         pending     pending     payments.payment.rerouted
    rerouted         processing  -           stale
    rerouted         confirmed   -           stale
    rerouted         settled     -           stale
    rerouted         failed      -           stale
    rerouted         cancelled   -           stale

    processing       pending     processing  payments.payment.processing
    processing       processing  -           repeat
    processing       confirmed   -           stale
    processing       settled     -           stale
    processing       failed      -           stale
    processing       cancelled   -           stale

    declined         pending     pending     payments.payment.declined
    declined         processing  processing  payments.payment.declined
    declined         confirmed   -           stale
    declined         settled     -           stale
    declined         failed      -           stale
    declined         cancelled   -           stale

    captured         pending     confirmed   payments.purchase.confirmed
    captured         processing  confirmed   payments.purchase.confirmed
    captured         confirmed   -           repeat
    captured         settled     -           repeat
    captured         failed      failed      payments.payment.review_required
    captured         cancelled   cancelled   payments.payment.review_required

    settled          pending     -           early
    settled          processing  -           early
    settled          confirmed   settled     payments.payment.settled
    settled          settled     -           repeat
    settled          failed      -           early
    settled          cancelled   -           early

    failed           pending     failed      payments.transaction.failed
    failed           processing  failed      payments.transaction.failed
    failed           confirmed   -           stale
    failed           settled     -           stale
    failed           failed      -           repeat
    failed           cancelled   -           stale

    expired          pending     cancelled   payments.payment.cancelled
    expired          processing  cancelled   payments.payment.cancelled
    expired          confirmed   -           stale
    expired          settled     -           stale
    expired          failed      -           stale
    expired          cancelled   -           repeat

    cancelled        pending     cancelled   payments.payment.cancelled
    cancelled        processing  cancelled   payments.payment.cancelled
    cancelled        confirmed   -           stale
    cancelled        settled     -           stale
    cancelled        failed      -           stale
    cancelled        cancelled   -           repeat
"""
CELLS = [tuple(line.split()) for line in EXPECTED.splitlines()[2:] if line.strip()]


def test_the_table_has_every_cell_once() -> None:
    assert sorted(cell[:2] for cell in CELLS) == sorted(
        (fact.value, state.value) for fact in set(Fact) - ASIDE for state in State
    )


@pytest.mark.parametrize(("fact", "state", "becomes", "result"), CELLS, ids=str)
def test_a_fact_does_what_the_table_says(fact: str, state: str, becomes: str, result: str) -> None:
    payment = a_payment(State(state), session=None)
    outcome = payment.apply(a_report(Fact(fact)), NOW)
    if becomes == "-":
        assert outcome == Meaning(result)
    else:
        assert isinstance(outcome, Change)
        assert (outcome.payment.state, outcome.event.type) == (State(becomes), result)
        assert outcome.event.sequence == outcome.payment.version == payment.version + 1
