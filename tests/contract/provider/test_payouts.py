"""Payouts: moved and sent once per key, found by our id, taken back once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.contract.provider.providers import PayingProvider, a_payout
from tollgate.checkout.ports import Rejected
from tollgate.payouts.model import Payout, PayoutReport, PayoutState
from tollgate.payouts.providers import Answered, Found, TakenBack, Transferred

# Square pays nobody but the merchant out.
pytestmark = pytest.mark.parametrize("provider", ["books", "stripe"], indirect=True)


def _ready(provider: PayingProvider) -> Payout:
    provider.earn(50_000)
    return a_payout(provider, provider.account())


def _transferred(provider: PayingProvider, payout: Payout) -> str:
    outcome = provider.payouts.transfer(provider.payouts.parameters(payout), "key_t")
    assert isinstance(outcome, Transferred)
    return outcome.reference


def _sent(provider: PayingProvider, payout: Payout) -> PayoutReport:
    outcome = provider.payouts.pay_out(provider.payouts.parameters(payout), "key_p")
    assert isinstance(outcome, Answered)
    return outcome.report


def _with_transfer(provider: PayingProvider) -> Payout:
    payout = _ready(provider)
    return replace(payout, transfer=_transferred(provider, payout))


def test_the_same_keys_are_the_same_transfer_and_the_same_payout(provider: PayingProvider) -> None:
    payout = _with_transfer(provider)
    assert _transferred(provider, payout) == payout.transfer
    assert _sent(provider, payout) == _sent(provider, payout)


def test_what_was_not_transferred_cannot_be_sent(provider: PayingProvider) -> None:
    payout = _ready(provider)
    assert isinstance(provider.payouts.pay_out(provider.payouts.parameters(payout), "key_p"), Rejected)


def test_a_payout_is_found_by_our_id_as_far_as_it_is(provider: PayingProvider) -> None:
    payout = _ready(provider)
    assert provider.payouts.find(payout) == Found(None, None)
    reference = _transferred(provider, payout)
    assert provider.payouts.find(payout) == Found(reference, None)
    sent = _sent(provider, payout)
    assert provider.payouts.find(payout) == Found(reference, sent)
    assert sent.reference is not None
    provider.bank_takes(sent.reference)
    found = provider.payouts.find(payout)
    assert isinstance(found, Found)
    assert found.report is not None
    assert found.report.state is PayoutState.PAID


def test_a_payout_arrives_by_itself(provider: PayingProvider) -> None:
    payout = _with_transfer(provider)
    assert _sent(provider, payout).state is PayoutState.SENT
    provider.advance(timedelta(days=5))
    assert provider.told("payout.paid")


def test_a_transfer_is_taken_back_once(provider: PayingProvider) -> None:
    payout = _with_transfer(provider)
    for _ in range(2):
        assert provider.payouts.take_back(payout, "key_b") == TakenBack()
    provider.advance(timedelta(days=2))
    assert provider.payouts.take_back(payout, "key_b") == TakenBack()


def test_what_is_with_the_bank_is_not_taken_back_before_it_comes_back(provider: PayingProvider) -> None:
    payout = _with_transfer(provider)
    sent = _sent(provider, payout)
    assert sent.reference is not None
    provider.bank_takes(sent.reference)
    assert isinstance(provider.payouts.take_back(payout, "key_b"), Rejected)
    provider.bank_refuses(sent.reference)
    assert provider.payouts.take_back(payout, "key_b2") == TakenBack()
