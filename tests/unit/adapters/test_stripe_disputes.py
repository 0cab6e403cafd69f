"""What Stripe asks for a dispute is posted in the currency in which it asks, also where it had converted the sale."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.builders import NOW, a_payment, a_provider_event
from tollgate.adapters.providers.stripe.webhooks import StripeEvents
from tollgate.inbox.model import Notice
from tollgate.payments.disputes import DisputeState
from tollgate.payments.lifecycle import Meaning, State
from tollgate.payments.model import Change


def _told(type_: str, status: str, *taken: dict[str, Any]) -> Notice:
    dispute = {
        "id": "du_1",
        "object": "dispute",
        "amount": 5_000,
        "currency": "usd",
        "status": status,
        "charge": "ch_1",
        "payment_intent": "pi_1",
        "metadata": {},
        "balance_transactions": list(taken),
    }
    payload = {"id": "evt_1", "type": type_, "created": int(NOW.timestamp()), "data": {"object": dispute}}
    notice = StripeEvents().read(a_provider_event(type=type_, payload=json.dumps(payload).encode()))
    assert isinstance(notice, Notice)
    return notice


def _moved(*taken: dict[str, Any]) -> dict[str, dict[str, int]]:
    """What the withdrawal of a dispute moves in the ledger, by currency."""
    told = _told("charge.dispute.funds_withdrawn", "needs_response", *taken)
    assert told.first is None
    change = a_payment(State.CONFIRMED).apply(told.report, NOW)
    assert isinstance(change, Change)
    return {entry.currency: {each.account: each.amount for each in entry.postings} for entry in change.entries}


@pytest.mark.parametrize(
    ("taken", "fees"),
    [
        ({"amount": -5_000, "currency": "usd", "fee": 1_500}, {"USD": -1_500}),
        ({"amount": -4_500, "currency": "eur", "fee": 2_000}, {"USD": 0, "EUR": -2_000}),
        ({"amount": -700_000, "currency": "isk", "fee": 200_000}, {"USD": 0, "ISK": -2_000}),
        ({"amount": -4_500, "currency": "eur", "fee": 0}, {"USD": 0}),
    ],
)
def test_a_disputes_fee_is_posted_in_its_own_currency(taken: dict[str, Any], fees: dict[str, int]) -> None:
    moved = _moved(taken)
    assert {currency: each.get("provider_fees", 0) for currency, each in moved.items()} == fees
    assert moved["USD"]["disputes"] == -5_000


def test_a_withdrawal_without_a_word_of_its_fee_has_none() -> None:
    assert "provider_fees" not in _moved()["USD"]


@pytest.mark.parametrize("end", ["won", "lost"])
def test_an_end_whose_beginning_was_lost_tells_of_both_and_the_fee_is_taken_once(end: str) -> None:
    taken = {"amount": -5_000, "currency": "usd", "fee": 1_500}
    closed = _told("charge.dispute.closed", end, taken)
    assert closed.first is not None
    opened = a_payment(State.CONFIRMED).apply(closed.first, NOW)
    assert isinstance(opened, Change)
    ended = opened.payment.apply(closed.report, NOW)
    assert isinstance(ended, Change)
    assert [each.state for each in ended.payment.disputes] == [DisputeState(end)]
    posted = [each for change in (opened, ended) for entry in change.entries for each in entry.postings]
    assert sum(each.amount for each in posted if each.account == "provider_fees") == -1_500
    late = _told("charge.dispute.funds_withdrawn", "needs_response", taken)
    assert ended.payment.apply(late.report, NOW) is Meaning.STALE
