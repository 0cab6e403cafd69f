"""Money that is set aside is approved once, waits for whoever says what becomes of it, and is taken or let go."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations

import pytest

from tests.support.builders import NOW, PRICE, a_draft, a_payment, a_report, a_session, captured, created
from tollgate.kernel.clock import to_iso
from tollgate.payments.approvals import awaits_capture, comes_too_late, is_authorized
from tollgate.payments.lifecycle import Fact, Meaning, State
from tollgate.payments.model import Change, Payment, Report, Session
from tollgate.payments.refunds import RefundReport, RefundState
from tollgate.payments.rerouting import Reroute

UNTIL = NOW + timedelta(days=7)
KEPT = Session("pi_1", None, UNTIL)
HELD = Report(Fact.APPROVED, NOW, session=KEPT, about="pi_1")
REFUND = Report(Fact.REFUND, NOW, refund=RefundReport(RefundState.SUCCEEDED, None, "re_1", PRICE, capture="pi_1"))
PAGE = Report(Fact.CHECKOUT_OPENED, NOW, session=a_session("pi_1"))


def _changed(payment: Payment, *reports: Report) -> Payment:
    for report in reports:
        outcome = payment.apply(report, NOW)
        assert isinstance(outcome, Change)
        payment = outcome.payment
    return payment


def _after(payment: Payment, *reports: Report) -> Payment:
    for report in reports:
        outcome = payment.apply(report, NOW)
        payment = outcome.payment if isinstance(outcome, Change) else payment
    return payment


def _hold() -> Payment:
    return created(direct=True, hold=True).payment


def test_one_change_knows_the_hold_and_where_it_is_kept() -> None:
    outcome = _hold().apply(HELD, NOW)
    assert isinstance(outcome, Change)
    assert outcome.event.type == "payments.payment.approved"
    assert outcome.event.data["held_until"] == to_iso(UNTIL)
    held = outcome.payment
    assert (held.state, held.approved, held.session) == (State.PENDING, 2, KEPT)
    assert (is_authorized(held), awaits_capture(held)) == (True, False)


def test_it_is_approved_once_whoever_tells() -> None:
    held = _changed(_hold(), HELD)
    assert held.apply(HELD, NOW) is Meaning.REPEAT
    assert held.apply(replace(HELD, session=replace(KEPT, expires_at=NOW)), NOW) is Meaning.REPEAT


def test_it_is_kept_for_longer_than_the_page_lives_on_which_the_buyer_agreed() -> None:
    held = _changed(_hold(), PAGE, HELD)
    assert held.session == KEPT
    assert is_authorized(held)


def test_another_charge_than_the_one_that_is_known_is_none_of_it() -> None:
    other = replace(HELD, session=replace(KEPT, reference="pi_2"), about="pi_2")
    assert _changed(_hold(), PAGE).apply(other, NOW) is Meaning.STALE


@pytest.mark.parametrize("told", [HELD, a_report(Fact.APPROVED)])
def test_what_takes_itself_is_not_approved(told: Report) -> None:
    """Providers call authorised what they are about to take."""
    assert created(direct=True).payment.apply(told, NOW) is Meaning.STALE


def test_nothing_is_set_aside_that_nobody_could_take() -> None:
    assert _hold().apply(a_report(Fact.APPROVED), NOW) is Meaning.STALE


def test_money_that_was_taken_confirms_it_in_any_order() -> None:
    for order in permutations([HELD, HELD, PAGE, captured(), captured()]):
        payment = _after(_hold(), *order)
        assert (payment.state, len(payment.captures), payment.review) == (State.CONFIRMED, 1, None)
        assert not is_authorized(payment)


def test_while_nobody_says_more_it_is_set_aside_in_any_order() -> None:
    for order in permutations([HELD, HELD, PAGE, PAGE]):
        payment = _after(_hold(), *order)
        assert (payment.session, is_authorized(payment)) == (KEPT, True)


@pytest.mark.parametrize("end", [Fact.EXPIRED, Fact.CANCELLED])
def test_what_was_let_go_is_cancelled_in_any_order(end: Fact) -> None:
    for order in permutations([HELD, HELD, PAGE, a_report(end)]):
        payment = _after(_hold(), *order)
        assert (payment.state, is_authorized(payment)) == (State.CANCELLED, False)


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=1)])
@pytest.mark.parametrize("told", [Fact.CANCELLED, Fact.EXPIRED])
def test_what_has_lapsed_has_expired_whoever_tells_and_in_whatever_words(told: Fact, late: timedelta) -> None:
    outcome = _changed(_hold(), HELD).apply(Report(told, UNTIL + late, reason=None), NOW)
    assert isinstance(outcome, Change)
    in_words = _changed(_hold(), HELD).apply(a_report(Fact.CANCELLED, UNTIL + late, reason="automatic"), NOW)
    assert isinstance(in_words, Change)
    for change in (outcome, in_words):
        assert (change.payment.state, change.payment.reason) == (State.CANCELLED, "expired")
        assert (change.event.type, change.event.data["reason"]) == ("payments.payment.cancelled", "expired")


def test_what_was_let_go_before_its_time_says_why() -> None:
    early = a_report(Fact.CANCELLED, UNTIL - timedelta(seconds=1), reason="requested")
    assert _changed(_hold(), HELD, early).reason == "requested"
    unheard = a_report(Fact.CANCELLED, UNTIL, reason="abandoned")
    assert _changed(_hold(), PAGE, unheard).reason == "abandoned"


def test_money_that_was_taken_after_all_is_never_lost() -> None:
    ended = _changed(_hold(), HELD, a_report(Fact.CANCELLED))
    assert _changed(ended, captured()).review == "late_capture"


@pytest.mark.parametrize("fact", [Fact.DECLINED, Fact.FAILED])
def test_what_the_bank_will_not_pay_fails(fact: Fact) -> None:
    assert _changed(_hold(), HELD, Report(fact, NOW, about="pi_1")).state is State.FAILED


@pytest.mark.parametrize("at", [NOW - timedelta(minutes=1), NOW, NOW + timedelta(minutes=1)])
def test_a_decline_of_one_try_says_nothing_of_what_another_has_set_aside(at: datetime) -> None:
    """The buyer's first card was declined, and its event comes last, by whatever clock."""
    held = _changed(_hold(), PAGE, HELD)
    assert held.apply(a_report(Fact.DECLINED, at), NOW) is Meaning.STALE
    assert _changed(_hold(), PAGE, a_report(Fact.DECLINED, at)).state is State.FAILED


@pytest.mark.parametrize("end", [Fact.DECLINED, Fact.FAILED, Fact.EXPIRED, Fact.CANCELLED])
def test_what_is_set_aside_for_a_payment_that_has_ended_comes_too_late(end: Fact) -> None:
    ended = _changed(_hold(), PAGE, a_report(end))
    assert ended.apply(HELD, NOW) is Meaning.STALE
    assert comes_too_late(ended, HELD)


def test_what_was_refused_when_it_was_taken_can_be_set_aside_again_and_is_too_late() -> None:
    assert comes_too_late(_changed(_hold(), HELD, Report(Fact.DECLINED, NOW, about="pi_1")), HELD)


@pytest.mark.parametrize(
    "payment",
    [
        _hold(),
        _changed(_hold(), HELD),
        _changed(_hold(), HELD, captured()),
        _changed(_hold(), HELD, a_report(Fact.CANCELLED)),
        _changed(_hold(), a_report(Fact.FAILED), captured()),
        _changed(created(direct=True).payment, a_report(Fact.FAILED)),
    ],
    ids=["open", "approved", "taken", "let go", "taken late", "no hold"],
)
def test_an_approval_of_what_is_open_was_taken_or_let_go_or_is_no_hold_is_not_too_late(payment: Payment) -> None:
    assert not comes_too_late(payment, HELD)


@pytest.mark.parametrize("end", [Fact.FAILED, Fact.EXPIRED, Fact.CANCELLED])
@pytest.mark.parametrize("approved", [True, False])
def test_what_goes_back_of_a_hold_that_was_let_go_was_never_taken(end: Fact, approved: bool) -> None:
    """Stripe tells of it as a refund, and may do so before it tells of the end."""
    held = _changed(_hold(), *([HELD] if approved else []))
    assert held.apply(REFUND, NOW) is Meaning.EARLY
    ended = _changed(held, a_report(end))
    assert ended.apply(REFUND, NOW) is Meaning.STALE
    assert _changed(ended, captured(), REFUND).refundable == 0, "money that was taken after all goes back as ever"


def test_a_wish_of_ours_that_yields_waits_and_one_that_was_carried_out_does_not() -> None:
    held, wish = _changed(_hold(), HELD), Report(Fact.CANCELLED, NOW, yields=True)
    assert held.apply(wish, NOW) is Meaning.STALE
    assert _changed(held, replace(wish, yields=False)).state is State.CANCELLED


def test_money_that_takes_its_time_once_we_took_it_is_still_ours_to_ask_about() -> None:
    slow = _changed(_hold(), HELD, a_report(Fact.PROCESSING))
    assert (slow.state, is_authorized(slow)) == (State.PROCESSING, True)
    assert _changed(slow, captured()).state is State.CONFIRMED


@pytest.mark.parametrize("hold", [True, False])
def test_whether_it_is_held_follows_the_provider(hold: bool) -> None:
    turned = Report(Fact.REROUTED, NOW, reason="unreachable", reroute=Reroute("square", "failover", 175, hold))
    assert _changed(created(direct=True, hold=not hold).payment, turned).hold is hold


def test_somebody_looks_at_it_once_a_day_and_once_it_has_lapsed() -> None:
    held = _changed(_hold(), HELD)
    assert held.due_at == NOW + timedelta(days=1)
    assert replace(held, updated_at=UNTIL - timedelta(hours=1)).due_at == UNTIL + timedelta(minutes=5)
    assert _hold().due_at == NOW + timedelta(minutes=15)


def test_nothing_is_set_aside_of_what_was_paid_or_is_under_review_or_was_a_page() -> None:
    held = _changed(_hold(), HELD)
    assert not is_authorized(_changed(held, captured()))
    assert not is_authorized(_changed(held, captured(amount=PRICE * 2)))
    assert not is_authorized(_changed(a_payment(), a_report(Fact.APPROVED)))
    assert not is_authorized(a_draft(hold=True))
