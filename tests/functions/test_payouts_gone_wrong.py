"""Payouts that are refused, whose answers are lost, and that come back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.functions.paying_out import VENUE, Venue, a_venue
from tests.functions.reconciling import Killed, Stuck
from tests.support.requests import new_key
from tollgate.adapters.providers.stripe.payout_client import StripePayouts
from tollgate.checkout.ports import Unknown, Unreachable

MINUTE, HOUR = 60, 3600


@pytest.fixture
def venue(stuck: Stuck) -> Venue:
    return a_venue(stuck)


def test_a_refusal_gives_everything_back(stuck: Stuck) -> None:
    venue = a_venue(stuck, 5_000_000, at_stripe=0)
    answer = venue.pay_out(5_000_000)
    assert (answer.status, answer.body["code"]) == (502, "PAYOUT_FAILED")
    venue.project()
    assert venue.payable() == 5_000_000
    assert (venue.only()["status"], venue.only()["reason"]) == ("failed", "balance_insufficient")
    assert venue.sequence() == ["requested", "failed"]
    assert [kind for kind, _ in venue.entries()] == ["payout_requested", "payout_requested_reversed"]
    stuck.stripe.earned(20_000_000)
    # The day's limit is free again, too.
    assert venue.pay_out(5_000_000).status == 200


def test_what_comes_back_can_be_asked_for_as_soon_as_it_is_projected(stuck: Stuck) -> None:
    """A payout of the same money that comes before is refused for want of it, and takes nothing."""
    venue = a_venue(stuck, 20_000, at_stripe=0)
    assert venue.pay_out(20_000).body["code"] == "PAYOUT_FAILED"
    stuck.stripe.earned(20_000_000)
    assert venue.pay_out(20_000).body["code"] == "INSUFFICIENT_FUNDS"
    venue.project()
    assert (venue.payable(), venue.only()["status"]) == (20_000, "failed")
    assert venue.pay_out(20_000).body["status"] == "sent"


def test_what_a_bank_sends_back_on_another_day_leaves_the_limits_of_both_days(stuck: Stuck) -> None:
    venue = a_venue(stuck, 5_000_000, at_stripe=20_000_000)
    assert venue.pay_out(5_000_000).status == 200
    counted = _counted(venue)
    assert list(counted.values()) == [5_000_000]
    stuck.later(24 * HOUR)
    _settle(venue, "failed")
    venue.hear("payout.failed")
    venue.project()
    assert (venue.payable(), _counted(venue)) == (5_000_000, counted)
    assert venue.pay_out(5_000_000).status == 200


def test_a_refusal_is_answered_again_as_it_was(stuck: Stuck) -> None:
    venue, key = a_venue(stuck, at_stripe=0), new_key()
    first = venue.pay_out(20_000, key)
    stuck.stripe.earned(1_000_000)
    second = venue.pay_out(20_000, key)
    assert (first.status, second.status, second.headers["idempotency-replayed"]) == (502, 502, "true")


def test_a_transfer_whose_payout_is_refused_is_taken_back(venue: Venue) -> None:
    venue.stuck.stripe.control(f"accounts/{venue.account}", payouts_enabled=False)
    assert venue.pay_out(20_000).body["code"] == "PAYOUT_FAILED"
    venue.project()
    assert (venue.payable(), venue.only()["reason"]) == (50_000, "payouts_not_allowed")
    assert venue.stuck.stripe.balance(venue.account) == (20_000, 0)
    venue.stuck.reconcile()
    assert venue.stuck.stripe.balance(venue.account) == (0, 0)
    again = venue.stuck.reconcile()
    assert again["examined"].get("payouts", 0) == 0


@pytest.mark.parametrize("step", ["transfer", "pay_out"])
@pytest.mark.parametrize("later", [6 * MINUTE, 30 * HOUR])
def test_an_answer_that_was_lost_is_asked_for(
    venue: Venue, step: str, later: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _answer_lost(monkeypatch, step):
        answer = venue.pay_out(20_000)
    assert (answer.status, answer.body["status"]) == (200, "unknown")
    assert venue.payable() == 30_000
    venue.stuck.later(later)
    assert venue.stuck.reconcile()["repaired"]["unsure_payout"] == 1
    if step == "transfer" and later == 30 * HOUR:
        # Nobody may send it any more, and the money is not at the bank.
        venue.project()
        assert (venue.only()["status"], venue.payable()) == ("failed", 50_000)
        assert venue.stuck.stripe.balance(venue.account) == (0, 0)
    else:
        assert venue.only()["status"] in ("sent", "paid")
        assert [len(each) for each in venue.at_stripe()] == [1, 1]


@pytest.mark.parametrize("step", ["transfer", "pay_out"])
def test_what_never_came_there_is_sent_again_under_its_own_key(
    venue: Venue, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: list[str] = []
    send = getattr(StripePayouts, step)

    def vanish(_payouts: StripePayouts, _parameters: str, key: str) -> Unknown:
        keys.append(key)
        return Unknown("timeout")

    def noted(payouts: StripePayouts, parameters: str, key: str) -> Any:
        keys.append(key)
        return send(payouts, parameters, key)

    with monkeypatch.context() as patched:
        patched.setattr(StripePayouts, step, vanish)
        assert venue.pay_out(20_000).body["status"] == "unknown"
    monkeypatch.setattr(StripePayouts, step, noted)
    venue.stuck.later(6 * MINUTE)
    venue.stuck.reconcile()
    assert venue.only()["status"] == "sent"
    assert keys[0] == keys[1]
    assert [len(each) for each in venue.at_stripe()] == [1, 1]
    assert venue.sequence() == ["requested", "unknown", "sent"]


def test_what_never_came_there_and_may_not_be_sent_any_more_has_failed(
    venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(StripePayouts, "transfer", lambda *_: Unknown("timeout"))
        venue.pay_out(20_000)
    venue.stuck.later(24 * HOUR)
    venue.stuck.reconcile()
    venue.project()
    assert (venue.only()["reason"], venue.payable()) == ("never_made", 50_000)
    assert venue.at_stripe() == ([], [])


@pytest.mark.parametrize("step", ["transfer", "pay_out"])
def test_a_request_whose_function_died_is_finished_in_its_place(
    venue: Venue, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, send = new_key(), getattr(StripePayouts, step)

    def dying(payouts: StripePayouts, parameters: str, provider_key: str) -> Any:
        send(payouts, parameters, provider_key)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(StripePayouts, step, dying)
        with pytest.raises(Killed):
            venue.pay_out(20_000, key)
    del venue.stuck.deployed.modules["venue_api"]
    assert venue.pay_out(20_000, key).body["code"] == "DUPLICATE_IN_PROGRESS"
    venue.stuck.later(MINUTE)
    assert venue.stuck.reconcile()["repaired"]["unfinished_request"] == 1
    assert venue.only()["status"] == "sent"
    assert [len(each) for each in venue.at_stripe()] == [1, 1]
    answer = venue.pay_out(20_000, key)
    assert (answer.status, answer.headers["idempotency-replayed"]) == (200, "true")


def test_a_provider_that_was_surely_not_asked_is_asked_by_the_next_try(
    venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = new_key()
    with monkeypatch.context() as patched:
        patched.setattr(StripePayouts, "pay_out", lambda *_: Unreachable("no connection"))
        assert venue.pay_out(20_000, key).body["code"] == "PROVIDER_UNAVAILABLE"
    assert venue.pay_out(20_000, key).body["status"] == "sent"
    assert [len(each) for each in venue.at_stripe()] == [1, 1]


def test_what_the_bank_has_is_posted_once(venue: Venue) -> None:
    venue.pay_out(20_000)
    _settle(venue, "paid")
    venue.hear("payout.paid")
    venue.hear()
    assert venue.sequence() == ["requested", "sent", "paid"]
    assert venue.entries()[0] == (
        "payout_paid",
        {"payouts_in_transit": -20_000, "provider_clearing:stripe": 20_000},
    )


@pytest.mark.parametrize("first_paid", [False, True])
def test_what_a_bank_sends_back_is_the_venues_again(venue: Venue, *, first_paid: bool) -> None:
    answer = venue.pay_out(20_000, instant=True)
    if first_paid:
        _settle(venue, "paid")
        venue.hear("payout.paid")
    _settle(venue, "failed")
    venue.hear("payout.failed")
    venue.project()
    assert venue.payout(answer)["status"] == "failed"
    assert (venue.payable(), venue.only()["reason"]) == (50_000, "account_closed")
    totals: dict[str, int] = {}
    for _, postings in venue.entries():
        for account, amount in postings.items():
            totals[account] = totals.get(account, 0) + amount
    assert set(totals.values()) == {0}
    assert venue.sequence() == ["requested", "sent", *(["paid"] if first_paid else []), "failed"]
    venue.stuck.reconcile()
    assert venue.stuck.stripe.balance(venue.account) == (0, 0)


def test_a_notice_swapped_with_the_one_before_changes_nothing(venue: Venue) -> None:
    venue.pay_out(20_000)
    _settle(venue, "paid")
    _settle(venue, "failed")
    venue.stuck.stripe.receiver.wait_for("payout.paid", "payout.failed")
    receiver = venue.stuck.stripe.receiver
    sent = list(zip(receiver.bodies, receiver.signatures, strict=False))
    for body, header in reversed(sent):
        assert venue.stuck.deployed.webhook("stripe", body, header).status == 200
        venue.stuck.deployed.apply_inbox()
    venue.project()
    assert (venue.only()["status"], venue.payable()) == ("failed", 50_000)


def test_a_notice_of_another_account_moves_nothing(venue: Venue) -> None:
    """Whoever has an account of their own may write our echo on their payouts."""
    answer = venue.pay_out(20_000)
    thief = venue.stuck.stripe.transferred(20_000).destination
    echo = {"tollgate_tenant": "demo", "tollgate_payout": answer.body["payoutId"]}
    forged = venue.stuck.stripe.client.v1.payouts.create(
        params={"amount": 20_000, "currency": "usd", "metadata": echo}, options={"stripe_account": thief}
    )
    venue.stuck.stripe.control(f"payouts/{forged.id}/settle", outcome="failed")
    venue.hear("payout.failed")
    venue.project()
    assert (venue.only()["status"], venue.payable()) == ("sent", 30_000)


def test_a_notice_of_a_payout_that_is_not_here_waits(venue: Venue) -> None:
    echo = {"tollgate_tenant": "demo", "tollgate_payout": "pyt_" + "0" * 26}
    account = venue.stuck.stripe.transferred(20_000).destination
    made = venue.stuck.stripe.client.v1.payouts.create(
        params={"amount": 20_000, "currency": "usd", "metadata": echo}, options={"stripe_account": account}
    )
    venue.stuck.stripe.control(f"payouts/{made.id}/settle", outcome="paid")
    venue.hear("payout.paid")
    statuses = {
        each["type"]["S"]: each["status"]["S"] for each in venue.stuck.deployed.stored("provider_event", "INBOX_TABLE")
    }
    assert statuses["payout.paid"] == "parked"


def test_a_bank_that_tells_nothing_is_asked_about(venue: Venue) -> None:
    venue.pay_out(20_000, instant=True)
    venue.stuck.later(3 * HOUR)
    venue.stuck.reconcile()
    assert venue.only()["status"] == "paid"
    assert f"seller_available:{VENUE}" in str(venue.entries())


def _counted(venue: Venue) -> dict[str, int]:
    """What counts towards each day."""
    (held,) = (
        each
        for each in venue.stuck.deployed.stored("balance")
        if each["pk"]["S"].endswith(f"#seller_available:{VENUE}")
    )
    return {name: int(value["N"]) for name, value in held.items() if name.startswith("paid_")}


def _settle(venue: Venue, outcome: str) -> None:
    _, (payout,) = venue.at_stripe()
    venue.stuck.stripe.control(f"payouts/{payout.id}/settle", outcome=outcome)


@contextmanager
def _answer_lost(monkeypatch: pytest.MonkeyPatch, step: str) -> Iterator[None]:
    send = getattr(StripePayouts, step)

    def lost(payouts: StripePayouts, parameters: str, key: str) -> Unknown:
        send(payouts, parameters, key)
        return Unknown("timeout")

    with monkeypatch.context() as patched:
        patched.setattr(StripePayouts, step, lost)
        yield
