"""What Segpay is asked about memberships, and what its answers mean; nothing is repeated blindly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.builders import usd
from tests.support.fakes import MemorySecrets
from tests.unit.adapters.stripe_server import StripeServer, stripe_server
from tests.unit.subscriptions.lives import an_active
from tests.unit.subscriptions.telling import GOLD, SECOND, START
from tollgate.adapters.providers.segpay.srs import Srs
from tollgate.adapters.providers.segpay.subscription_client import SegpaySubscriptions
from tollgate.catalog.model import Interval
from tollgate.checkout.ports import Rejected, Unknown, Unreachable
from tollgate.kernel.clock import FixedClock
from tollgate.payments.values import Period
from tollgate.subscriptions.model import Subscription
from tollgate.subscriptions.providers import Learned, NotOffered, Proration
from tollgate.subscriptions.reports import Charged, Ended, Ending, Told

API = {"merchant_id": "20001", "user_id": "tests", "user_access_key": "the-access-key-itself"}
NOW = SECOND + timedelta(days=2, milliseconds=250)
AT = SECOND + timedelta(days=2)
OF = replace(an_active(), provider="segpay", reference="5001")
DONE, NOT_ACTIVE = "<string>Successful</string>", "<string>Subscription not active, cancel failed</string>"


@pytest.fixture
def server() -> Iterator[StripeServer]:
    with stripe_server() as running:
        yield running


def _at(base: str) -> SegpaySubscriptions:
    return SegpaySubscriptions(Srs(MemorySecrets({"segpay/api": API}), stand_in=base), FixedClock(NOW))


def _gram(*rows: dict[str, str]) -> str:
    told = "".join(f"<Data>{''.join(f'<{name}>{text}</{name}>' for name, text in row.items())}</Data>" for row in rows)
    return f"<DataSet><diffgram><NewDataSet>{told}</NewDataSet></diffgram></DataSet>"


def _row(transaction: str, at: Any = SECOND, **columns: str) -> dict[str, str]:
    told = {"TransID": transaction, "TransType": "Sale", "Approved": "Yes", "TransAmount": "39.99", "Currency": "USD"}
    return told | {"TransDate": at.isoformat(), "PurchaseID": "5001", "Stage": "Rebill"} | columns


def _asked(server: StripeServer) -> list[tuple[str, dict[str, list[str]]]]:
    found = [urlsplit(each.path) for each in server.asked]
    return [(each.path.rpartition("/")[2], parse_qs(each.query)) for each in found]


LISTED, EMPTY = _gram({"PurchaseID": " 5001 "}, {"PurchaseID": "7"}), _gram()


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([(200, DONE)], Learned(Ending(AT, ends=True))),
        ([(200, NOT_ACTIVE), (200, LISTED)], Learned(Ending(AT, ends=True))),
        ([(200, NOT_ACTIVE), (200, EMPTY)], Rejected("not_active")),
        ([(200, "<string>Oops</string>"), (200, LISTED)], Learned(Ending(AT, ends=True))),
        ([(200, "<string>Oops</string>"), (200, EMPTY)], Unknown("an answer that is not documented", told=True)),
        ([(503, ""), (200, LISTED)], Learned(Ending(AT, ends=True))),
        ([(503, ""), (503, "")], Unknown("status 503")),
        ([(503, ""), (200, _gram({"Purchase": "5001"}))], Unknown("status 503")),
        ([(200, "<string>PurchaseID/MerchantID Mismatch</string>")], Rejected("merchant_mismatch")),
        ([(200, "<string>Missing Parameter</string>")], Rejected("missing_parameter")),
        ([(200, "<string>Invalid Merchant</string>")], Unreachable("no credentials", credentials_refused=True)),
    ],
)
def test_an_end_with_the_period_is_asked_for_once_and_what_nobody_knows_is_read(
    server: StripeServer, answers: list[Any], outcome: object
) -> None:
    server.answers = list(answers)
    assert _at(server.url).end_with_period(OF, ends=True) == outcome
    asked = _asked(server)
    assert [method for method, _ in asked] == ["CancelMembership", "AssetsCancelledSubscriptionsByURL"][: len(answers)]
    assert (asked[0][1]["PurchaseID"], asked[0][1]["CancelReason"]) == (["5001"], [OF.id])


@pytest.mark.parametrize(
    ("answers", "ends", "outcome"),
    [
        ([(200, DONE)], None, Learned(Ended(AT))),
        ([(200, NOT_ACTIVE)], None, Learned(Ended(AT))),
        ([(503, ""), (200, LISTED)], None, Learned(Ended(AT))),
        ([(503, ""), (200, EMPTY)], None, Unknown("status 503")),
        # It was cancelled before: that it is listed does not say that it is over.
        ([(503, "")], SECOND, Unknown("status 503")),
    ],
)
def test_an_end_at_once_is_known_by_what_it_has_done(
    server: StripeServer, answers: list[Any], ends: Any, outcome: object
) -> None:
    server.answers = list(answers)
    assert _at(server.url).end_now(replace(OF, ends_at=ends)) == outcome
    assert len(server.asked) == len(answers)


def test_what_it_has_no_means_for_is_said_without_a_call() -> None:
    nobody = _at("http://127.0.0.1:9")
    assert not nobody.charges_when_asked
    refused = (
        nobody.end_with_period(OF, ends=False),
        nobody.pause(OF, paused=True),
        nobody.pay(OF, "in_1", "key"),
        nobody.card_page(OF, "s", "c", "key"),
        nobody.adopt_card(OF, "set_1"),
        nobody.change(OF, replace(GOLD, interval=Interval.YEAR), NOW, "key"),
        nobody.preview(OF, replace(GOLD, interval=Interval.YEAR), NOW),
    )
    assert all(isinstance(each, NotOffered) and each.what for each in refused)


def test_another_price_costs_nothing_now_and_is_said_to_segpay(server: StripeServer) -> None:
    server.answers = [(200, DONE), (200, NOT_ACTIVE)]
    dear, segpay = replace(GOLD, code="platinum", name="Platinum", unit=usd(5_999)), _at(server.url)
    shown = segpay.preview(OF, dear, NOW)
    assert isinstance(shown, Proration)
    assert (shown.at, shown.due, shown.total) == (NOW, usd(0), usd(0))
    changed = segpay.change(OF, dear, NOW, "key")
    told = Told(AT, None, unit=usd(5_999), interval=Interval.MONTH, plan="platinum", name="Platinum")
    assert changed == Learned(told)
    ((method, asked),) = _asked(server)
    assert (method, asked["RecurringAmount"]) == ("ModifyRebillAmount", ["59.99"])
    assert segpay.change(OF, dear, NOW, "key") == Rejected("not_active")


def _looked(server: StripeServer, of: Subscription, *answers: Any) -> Any:
    server.answers = list(answers)
    return _at(server.url).look(of)


def test_a_look_brings_what_was_charged_since_and_how_it_stands(server: StripeServer) -> None:
    rows = [
        _row("3", SECOND + timedelta(days=1), Approved="No", RecurringLength="31"),
        _row("2"),
        _row("9", SECOND, Approved="No", Stage="InstantConversion"),
        _row("8", SECOND, TransType="Credit"),
        _row("1", START, Stage="Initial"),
        _row("7", SECOND, TransAmount="x"),
    ]
    learned = _looked(server, OF, (200, _gram(*rows)), (200, EMPTY))
    assert isinstance(learned, Learned)
    paid, declined = learned.before
    assert paid == Charged("2", usd(3_999), Period(SECOND, SECOND + timedelta(days=30)), SECOND)
    assert isinstance(declined, Charged)
    assert declined.period is not None
    assert (declined.transaction, declined.decline is not None) == ("3", True)
    assert declined.period.end - declined.period.start == timedelta(days=31)
    assert learned.fact == Ending(OF.created_at, ends=False)
    assert [method for method, _ in _asked(server)] == ["TransactionByPurchaseID", "AssetsCancelledSubscriptionsByURL"]


def test_of_tries_in_vain_no_more_are_told_than_are_remembered(server: StripeServer) -> None:
    tries = [_row(str(number), SECOND + timedelta(hours=number), Approved="No") for number in range(1, 8)]
    learned = _looked(server, OF, (200, _gram(_row("0"), *tries)), (200, EMPTY))
    assert [each.transaction for each in learned.before] == ["0", "4", "5", "6", "7"]


ENDING = replace(OF, ends_at=SECOND)


@pytest.mark.parametrize(
    ("of", "answers", "fact"),
    [
        (OF, [LISTED], Ended(AT, unpaid=True)),
        (ENDING, [LISTED], Ended(SECOND, at_period_end=True)),
        (replace(OF, period=Period(SECOND, AT + timedelta(days=9))), [LISTED], Ending(AT, ends=True)),
        (replace(OF, told_at=START), [EMPTY], Ending(START, ends=False)),
        (ENDING, [EMPTY, LISTED], Ending(AT, ends=False)),
        (ENDING, [EMPTY, EMPTY], Ended(SECOND, at_period_end=True)),
    ],
)
def test_how_it_stands_is_read_from_its_lists(
    server: StripeServer, of: Subscription, answers: list[str], fact: object
) -> None:
    learned = _looked(server, of, (200, _gram(_row("1", START))), *((200, each) for each in answers))
    assert learned == Learned(fact)  # type: ignore[arg-type]
    assert len(server.asked) == 1 + len(answers)


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([(200, EMPTY)], Rejected("not_listed")),
        ([(200, "<html/>")], Rejected("unreadable_reports")),
        ([(200, _gram(_row("1"))), (200, _gram({"Other": "5001"}))], Rejected("unreadable_reports")),
        ([(503, "")], Unknown("status 503")),
        ([(200, _gram(_row("1"))), (401, "")], Unreachable("status 401", credentials_refused=True)),
    ],
)
def test_reports_that_nobody_can_read_are_for_a_person_and_silence_is_silence(
    server: StripeServer, answers: list[Any], outcome: object
) -> None:
    assert _looked(server, OF, *answers) == outcome


@pytest.mark.parametrize(
    ("answer", "last"),
    [
        ((200, _gram(_row("1", START), _row("3", SECOND, Approved="No"), _row("2", SECOND - timedelta(days=1)))), "3"),
        ((200, _gram(_row("1", START), _row("2", SECOND, TransType="Credit"))), "1"),
        ((200, _gram({"TransID": "1"})), None),
        ((200, "<html/>"), None),
        ((503, ""), None),
    ],
)
def test_what_was_charged_last_is_known_or_is_not(server: StripeServer, answer: Any, last: str | None) -> None:
    server.answers = [answer]
    assert _at(server.url).last_charge("5001") == last
