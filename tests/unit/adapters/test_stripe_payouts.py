"""Payouts in Stripe's words."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.support.builders import NOW
from tests.unit.payouts.test_payout import A_PAYOUT
from tollgate.adapters.providers.stripe.payouts import payout_parameters, report_of_payout
from tollgate.adapters.providers.stripe.webhooks import StripeEvents
from tollgate.inbox.model import ProviderEvent
from tollgate.inbox.ports import UnreadableEvent
from tollgate.kernel.errors import ValidationFailed
from tollgate.kernel.money import Money
from tollgate.payouts.model import PayoutReport, PayoutState
from tollgate.payouts.notices import PayoutNotice

ECHO = {"tollgate_tenant": "demo", "tollgate_payout": "pyt_1"}
AT_STRIPE: dict[str, Any] = {"id": "po_1", "amount": 19_800, "currency": "usd", "status": "paid", "metadata": ECHO}


def read(type_: str, **changes: Any) -> object:
    envelope = {"account": "acct_1", "data": {"object": {**AT_STRIPE, **changes}}, "created": 1}
    return StripeEvents().read(ProviderEvent("stripe", "evt_1", type_, json.dumps(envelope).encode(), NOW))


def test_both_steps_move_what_is_left_after_the_fee_and_echo_our_id() -> None:
    told = json.loads(payout_parameters(A_PAYOUT))
    assert told["transfer"] == {"amount": 19_800, "currency": "usd", "metadata": {**ECHO}, "destination": "acct_1"}
    assert told["payout"] == {
        "amount": 19_800,
        "currency": "usd",
        "metadata": ECHO,
        "method": "instant",
        "stripe_account": "acct_1",
    }
    assert json.loads(payout_parameters(replace(A_PAYOUT, instant=False)))["payout"]["method"] == "standard"


def test_more_than_stripe_takes_is_refused_before_it_is_sent() -> None:
    with pytest.raises(ValidationFailed):
        payout_parameters(replace(A_PAYOUT, amount=10**12))


@pytest.mark.parametrize("currency", ["HUF", "TWD"])
def test_what_stripe_pays_out_only_in_whole_units_is_refused_before_it_is_sent(currency: str) -> None:
    """Though it charges them with two digits. What counts is what is left after the fee."""
    whole = replace(A_PAYOUT, currency=currency, amount=20_100, fee=0)
    assert json.loads(payout_parameters(whole))["payout"]["amount"] == 20_100
    for refused in (replace(whole, amount=20_150), replace(whole, fee=201)):
        with pytest.raises(ValidationFailed) as caught:
            payout_parameters(refused)
        assert [each.field for each in caught.value.errors] == ["amount"]


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [("pending", PayoutState.SENT, None), ("in_transit", PayoutState.SENT, None), ("paid", PayoutState.PAID, None),
     ("failed", PayoutState.FAILED, "account_closed"), ("canceled", PayoutState.FAILED, "canceled"),
     ("of_the_future", PayoutState.SENT, None)],
)  # fmt: skip
def test_only_what_is_surely_over_is_over(status: str, state: PayoutState, reason: str | None) -> None:
    code = "account_closed" if status == "failed" else None
    told = report_of_payout({**AT_STRIPE, "status": status, "failure_code": code})
    assert told == PayoutReport(state, "po_1", reason=reason)


@pytest.mark.parametrize("type_", ["payout.paid", "payout.failed", "payout.canceled"])
def test_an_event_tells_whose_payout_of_which_account_it_is_about(type_: str) -> None:
    told = PayoutReport(PayoutState.PAID, "po_1")
    assert read(type_) == PayoutNotice("demo", "pyt_1", "acct_1", Money(19_800, "USD"), told)


def test_what_others_pay_out_is_not_ours() -> None:
    assert read("payout.paid", metadata={}) is None
    assert read("payout.paid", metadata=None) is None
    assert read("payout.created") is None


@pytest.mark.parametrize(
    "changes",
    [{"amount": "x"}, {"currency": None}, {"metadata": {**ECHO, "tollgate_tenant": 5}}, {"metadata": 5},
     {"currency": "zzz"}],
)  # fmt: skip
def test_what_cannot_be_read_says_so(changes: dict[str, Any]) -> None:
    with pytest.raises(UnreadableEvent):
        read("payout.paid", **changes)
