"""Segpay's words about memberships, in ours; what proves them; and how long their periods are."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import a_provider_event, usd
from tests.support.fakes import MemorySecrets
from tests.unit.subscriptions.telling import PAYMENT, START, SUBSCRIPTION
from tests.unit.subscriptions.telling_at_segpay import (
    ECHO,
    PURCHASE,
    REF_KEY,
    SCHEDULE,
    SECOND,
    Reports,
    a_decline,
    a_sale,
    of_member,
)
from tollgate.adapters.providers.segpay.account import account_of
from tollgate.adapters.providers.segpay.door import SegpayDoor
from tollgate.adapters.providers.segpay.references import plan_proof, proof
from tollgate.adapters.providers.segpay.schedule import Schedule, period_of, schedule_of
from tollgate.adapters.providers.segpay.told import told_of
from tollgate.adapters.providers.segpay.webhooks import SegpayEvents
from tollgate.inbox.doors import Knock
from tollgate.inbox.model import Notice
from tollgate.inbox.ports import UnreadableEvent
from tollgate.kernel.money import Money
from tollgate.payments.lifecycle import Fact
from tollgate.payments.values import Billing, Capture, Period
from tollgate.subscriptions.notices import SubscriptionNotice
from tollgate.subscriptions.reports import Charged, Ended, Ending

SECRETS = MemorySecrets({"segpay/webhook": {"ref_keys": [REF_KEY]}})
LATER = SECOND + timedelta(days=1)


def _read(fields: Any, reports: Reports | None = None, at: datetime = LATER) -> Notice | SubscriptionNotice | None:
    event = a_provider_event(provider="segpay", payload=json.dumps(fields).encode(), received_at=at)
    read = SegpayEvents(SECRETS, (lambda: reports) if reports else None).read(event)
    assert read is None or isinstance(read, Notice | SubscriptionNotice)
    return read


def _told(fields: Any, reports: Reports | None = None) -> SubscriptionNotice:
    notice = _read(fields, reports)
    assert isinstance(notice, SubscriptionNotice)
    return notice


def _without(fields: dict[str, str], *names: str) -> dict[str, str]:
    return {name: text for name, text in fields.items() if name not in names}


def test_the_first_sale_pays_the_order_and_says_which_membership_it_is() -> None:
    notice = _read(a_sale("1001", START, "Initial"))
    assert isinstance(notice, Notice)
    assert (notice.tenant, notice.payment_id, notice.report.fact) == ("demo", PAYMENT, Fact.CAPTURED)
    assert notice.report.capture == Capture("1001", usd(3_999), START)
    assert notice.report.billing == Billing(SUBSCRIPTION, "1001", Period(START, SECOND), PURCHASE)


def test_a_trial_is_a_sale_of_nothing() -> None:
    schedule = Schedule(usd(0), usd(3_999), 14, 30).text
    proven = plan_proof(REF_KEY, "demo", PAYMENT, SUBSCRIPTION, schedule)
    free = a_sale("1001", START, "Initial", price="0.00", ival="0.00", iint="14", ref5=schedule, ref1=proven)
    notice = _read(free)
    assert isinstance(notice, Notice)
    assert notice.report.capture == Capture("1001", usd(0), START)
    assert notice.report.billing is not None
    assert notice.report.billing.period == Period(START, START + timedelta(days=14))


def test_another_amount_than_was_ordered_is_told_as_it_is() -> None:
    """It is held, and ended where it would be charged again: so is money that nobody expected anywhere."""
    notice = _read(a_sale("1001", START, "Initial", price="1.00"))
    assert isinstance(notice, Notice)
    assert notice.report.capture == Capture("1001", usd(100), START)


@pytest.mark.parametrize(
    "changes",
    [
        {"ref1": "0" * 64},
        {"ref1": proof(REF_KEY, "demo", PAYMENT, usd(3_999))},
        {"ref2": PAYMENT[:-1] + "0"},
        {"ref3": "another"},
        {"ref4": SUBSCRIPTION[:-1] + "0"},
        {"ref5": "3999:100:USD:30:30"},
        {"ref5": ""},
        {"rval": "19.99"},
        {"rval": "0"},
        {"rval": ""},
        {"iint": "300"},
        {"rint": "300"},
        {"currencycode": "EUR", "ref5": "x"},
        {"purchaseid": ""},
        {"tranid": ""},
        {"stage": ""},
        {"stage": "of the future"},
        {"price": "x"},
        {"approved": "No", "ref1": ""},
    ],
    ids=lambda changes: " ".join(f"{name}={text[:12]}" for name, text in changes.items()),
)
def test_a_first_sale_that_is_not_as_it_was_ordered_is_for_a_person(changes: dict[str, str]) -> None:
    with pytest.raises(UnreadableEvent):
        _read(a_sale("1001", START, "Initial") | changes)


def test_a_first_try_that_was_declined_leaves_the_page_open() -> None:
    notice = _read(a_decline("1001", START, stage="Initial"))
    assert isinstance(notice, Notice)
    assert (notice.report.fact, notice.report.reason) == (Fact.DECLINED, "card_declined")


@pytest.mark.parametrize("stage", ["Conversion", "REBILL", "InstantConversion"])
def test_a_later_charge_is_of_the_membership_whatever_it_costs(stage: str) -> None:
    notice = _told(a_sale("1002", SECOND, stage, price="59.99", rval="59.99"))
    assert (notice.tenant, notice.subscription_id, notice.reference) == ("demo", SUBSCRIPTION, PURCHASE)
    assert notice.fact == Charged("1002", usd(5_999), Period(SECOND, SECOND + timedelta(days=30)), SECOND)


def test_a_later_charge_that_was_declined_is_tried_again_by_segpay() -> None:
    fact = _told(a_decline("1002", SECOND)).fact
    assert isinstance(fact, Charged)
    assert fact.decline is not None
    assert _read(a_decline("1002", SECOND, stage="InstantConversion")) is None


@pytest.mark.parametrize("changes", [{"ref1": "0" * 64}, {"ref5": "3999:1:USD:30:30"}, {"ref3": "another"}])
def test_what_does_not_prove_itself_is_known_by_its_purchase_alone(changes: dict[str, str]) -> None:
    for fields in (a_sale("1002", SECOND, **changes), of_member("Cancel", SECOND, **changes)):
        notice = _told(fields)
        assert (notice.tenant, notice.subscription_id, notice.reference) == (None, None, PURCHASE)
        assert notice.claimed
    assert not _told(_without(a_sale("1002", SECOND), *ECHO)).claimed


def test_what_others_sell_again_over_the_same_account_is_never_for_a_person() -> None:
    theirs = _without(a_sale("1002", SECOND), *ECHO, "rint")
    for fields in (theirs, theirs | {"purchaseid": ""}, theirs | {"currencycode": "XXX"}, theirs | {"approved": ""}):
        assert _read(fields) is None


def test_ends_are_told_in_segpays_time() -> None:
    assert _told(of_member("Cancel", SECOND)).fact == Ending(SECOND, ends=True)
    assert _told(of_member("Cancel", SECOND, transtime="")).fact == Ending(LATER, ends=True)
    again = of_member("Reactivation", SECOND, reactivationtimestamp="02/27/2026 09:00:00 AM")
    assert _told(again).fact == Ending(datetime.fromisoformat("2026-02-27T09:00:00+00:00"), ends=False)
    assert _told(of_member("Reactivation", SECOND)).fact == Ending(SECOND, ends=False)
    assert _read(of_member("Cancel", SECOND, purchaseid="")) is None
    assert _read(of_member("Enable", SECOND)) is None


def test_one_that_is_over_waits_for_what_was_charged_last() -> None:
    reports = Reports()
    assert _told(of_member("Disable", SECOND), reports).fact == Ended(SECOND, None, unpaid=True)
    reports.last = "1009"
    assert _told(of_member("Disable", SECOND), reports).fact == Ended(SECOND, "1009", unpaid=True)
    theirs = _without(of_member("Disable", SECOND), *ECHO)
    assert _told(theirs, reports).fact == Ended(SECOND, None, unpaid=True)
    assert _told(of_member("Disable", SECOND)).fact == Ended(SECOND, None, unpaid=True)


def test_what_goes_back_of_a_period_is_known_by_its_sale_alone() -> None:
    credit = a_sale("1010", SECOND, trantype="Credit", relatedtranid="1002", price="-39.99")
    for fields in (credit, credit | {"trantype": "Charge"}, credit | {"action": "Void"}):
        notice = _read(fields)
        assert isinstance(notice, Notice)
        assert (notice.tenant, notice.payment_id, notice.reference) == ("demo", None, "1002")


@given(st.dictionaries(st.sampled_from(sorted(a_sale("1", START))), st.text(max_size=12)))
def test_whatever_is_told_is_read_or_kept_for_a_person(fields: dict[str, str]) -> None:
    try:
        _read({**a_sale("1002", SECOND), **fields})
    except UnreadableEvent:
        return


@given(
    st.integers(0, 10**9),
    st.integers(1, 10**9),
    st.sampled_from(["USD", "JPY"]),
    st.integers(0, 999),
    st.integers(0, 999),
)
def test_a_schedule_comes_back_as_it_went_out(first: int, later: int, currency: str, days: int, each: int) -> None:
    schedule = Schedule(Money(first, currency), Money(later, currency), days, each)
    assert schedule_of(schedule.text) == schedule


def test_a_proof_is_of_all_that_it_is_about_and_never_that_of_a_single_sale() -> None:
    text = SCHEDULE.text
    about = [("demo", PAYMENT, SUBSCRIPTION, text), ("dem", PAYMENT, SUBSCRIPTION, text)]
    about += [
        ("demo", "pay_2", SUBSCRIPTION, text),
        ("demo", PAYMENT, "sub_2", text),
        ("demo", PAYMENT, SUBSCRIPTION, ""),
    ]
    found = {plan_proof(REF_KEY, *each) for each in about} | {proof(REF_KEY, "demo", PAYMENT, usd(3_999))}
    assert len(found) == len(about) + 1


@pytest.mark.parametrize(
    ("fields", "days"),
    [
        ({"stage": "Initial", "iint": "7", "rint": "31"}, 7),
        ({"stage": "Rebill", "iint": "7", "rint": "31"}, 31),
        ({"stage": "Initial"}, 14),
        ({"stage": "Rebill"}, 30),
        ({"stage": "Rebill", "rint": "0"}, 30),
        ({"stage": "Rebill", "nextbilldate": "03/02/2026"}, 30),
        ({"stage": "Rebill", "nextbilldate": "03/05/2026"}, 33),
        ({"stage": "Rebill", "nextbilldate": "01/05/2026"}, 30),
        ({"stage": "Rebill", "nextbilldate": "soon"}, 30),
    ],
)
def test_a_period_is_as_long_as_segpay_says(fields: dict[str, str], days: int) -> None:
    """START is 31 January 2026, at nine."""
    ordered = Schedule(usd(0), usd(3_999), 14, 30)
    assert period_of(told_of(fields), START, ordered) == Period(START, START + timedelta(days=days))


def test_where_nobody_knows_how_long_it_is_nobody_guesses() -> None:
    with pytest.raises(ValueError, match="how long"):
        period_of(told_of({"stage": "Rebill"}), START, Schedule(usd(1), usd(1)))
    assert period_of(told_of({"stage": "Rebill"}), START, None, 365).end == START + timedelta(days=365)


def test_how_long_a_month_is_for_segpay_is_the_operators_to_say() -> None:
    secret = {"merchant_id": "1", "user_id": "u", "user_access_key": "k"}
    odd = {"month": 31, "year": 0, "week": 7}
    found = [account_of({**secret, "period_days": days}) for days in (None, odd, {"month": "31"}, {"year": 366})]
    days = [dict(each.period_days) for each in found if each]
    usual = {"month": 30, "year": 365}
    assert days == [usual, {"month": 31, "year": 365}, usual, {"month": 30, "year": 366}]


def test_what_happens_to_a_membership_is_known_by_all_that_it_says_whichever_transaction_it_names() -> None:
    door, named = SegpayDoor("OK"), "action=Cancel&tranid=1001&purchaseid=5001&transtime="
    ids = {door.name(Knock("GET", named + at, {}, b"", "", 0.0)).id for at in ("1", "2", "2")}  # type: ignore[union-attr]
    assert len(ids) == 2
