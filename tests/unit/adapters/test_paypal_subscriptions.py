"""What PayPal is asked about subscriptions, and what its answers mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.builders import a_session, usd
from tests.support.fakes import MemorySecrets
from tests.unit.adapters.stripe_server import StripeServer, stripe_server
from tests.unit.subscriptions.lives import an_active
from tests.unit.subscriptions.telling import GOLD, PAYMENT, SECOND, START, SUBSCRIPTION
from tests.unit.subscriptions.telling_at_paypal import AGREEMENT, an_agreement, failing, written
from tollgate.adapters.providers.paypal.agreement_pages import Agreements
from tollgate.adapters.providers.paypal.api import PayPalApi
from tollgate.adapters.providers.paypal.subscription_client import PayPalSubscriptions
from tollgate.checkout.ports import Closed, ProviderUnavailable, Rejected, StillOpen, Unknown, Unreachable
from tollgate.kernel.clock import FixedClock
from tollgate.payments.lifecycle import Fact
from tollgate.payments.values import Period
from tollgate.subscriptions.model import Subscription
from tollgate.subscriptions.providers import Answer, Learned, NotOffered
from tollgate.subscriptions.reports import Charged, Ended, Ending

NOW = SECOND + timedelta(days=2, milliseconds=250)
AT, DAY = SECOND + timedelta(days=2), timedelta(days=1)
OF = replace(an_active(), provider="paypal", reference=AGREEMENT, invoices=("1S1",))
TOKEN, DONE = (200, {"access_token": "A21AAtoken", "expires_in": 32_400}), (204, "")
INVALID = (422, {"name": "UNPROCESSABLE_ENTITY", "details": [{"issue": "SUBSCRIPTION_STATUS_INVALID"}]})
NOTHING: tuple[int, Any] = (200, {"transactions": []})


@pytest.fixture
def server() -> Iterator[StripeServer]:
    with stripe_server() as running:
        yield running


def _agreements(base: str, now: Any = NOW) -> Agreements:
    secrets = MemorySecrets({"paypal/api": {"client_id": "id", "client_secret": "secret"}})
    return Agreements(PayPalApi(secrets, base), FixedClock(now))


def _at(server: StripeServer, *answers: Any) -> PayPalSubscriptions:
    server.answers = [TOKEN, *answers]
    return PayPalSubscriptions(_agreements(server.url))


def _stands(status: str, since: Any = SECOND, **fields: Any) -> tuple[int, Any]:
    return 200, an_agreement(status, since, **fields)


def _listed(*rows: tuple[str, Any, str]) -> tuple[int, Any]:
    gross = {"gross_amount": {"currency_code": "USD", "value": "39.99"}}
    told = [
        {"id": id_, "status": status, "time": written(at), "amount_with_breakdown": gross} for id_, at, status in rows
    ]
    return 200, {"transactions": told}


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([DONE], Learned(Ending(AT, ends=True))),
        ([INVALID, _stands("CANCELLED")], Learned(Ending(AT, ends=True))),
        ([INVALID, _stands("EXPIRED")], Learned(Ending(AT, ends=True))),
        ([INVALID, _stands("APPROVAL_PENDING")], Rejected("SUBSCRIPTION_STATUS_INVALID")),
        ([(404, {}), (404, {})], Rejected("HTTP_404")),
        ([(503, {}), _stands("CANCELLED")], Learned(Ending(AT, ends=True))),
        ([(503, {}), _stands("ACTIVE")], Unknown("HTTP_503 503")),
        ([(500, {}), (503, {})], Unknown("HTTP_500 500", key_spent=True)),
    ],
)
def test_an_end_is_asked_for_and_what_nobody_knows_is_read(
    server: StripeServer, answers: list[Any], outcome: Answer
) -> None:
    assert _at(server, *answers).end_with_period(OF, ends=True) == outcome
    _, asked, *read = server.asked
    assert (asked.method, asked.path) == ("POST", f"/v1/billing/subscriptions/{AGREEMENT}/cancel")
    assert "PayPal-Request-Id" not in asked.headers
    assert [each.method for each in read] == ["GET"] * (len(answers) - 1)


def test_wishes_say_how_it_shall_be(server: StripeServer) -> None:
    paypal = _at(server, DONE, DONE, DONE, INVALID, _stands("SUSPENDED"))
    assert paypal.end_now(OF) == Learned(Ended(AT))
    assert paypal.pause(OF, paused=True) == Learned(Ending(AT, ends=False, paused=True))
    assert paypal.pause(OF, paused=False) == Learned(Ending(AT, ends=False, paused=False))
    assert paypal.pause(OF, paused=True) == Learned(Ending(AT, ends=False, paused=True))
    paths = [each.path.rpartition("/")[2].partition("?")[0] for each in server.asked[1:]]
    assert paths == ["cancel", "suspend", "activate", "suspend", AGREEMENT]


def test_what_surely_was_not_sent_is_not_read_either() -> None:
    assert PayPalSubscriptions(_agreements("http://127.0.0.1:9")).end_now(OF) == Unreachable("no token: no connection")


def test_what_it_has_no_means_for_is_said_without_a_call() -> None:
    nobody = PayPalSubscriptions(_agreements("http://127.0.0.1:9"))
    assert not nobody.charges_when_asked
    refused = (
        nobody.end_with_period(OF, ends=False),
        nobody.pay(OF, "in_1", "key"),
        nobody.card_page(OF, "s", "c", "key"),
        nobody.adopt_card(OF, "set_1"),
        nobody.change(OF, replace(GOLD, code="platinum"), NOW, "key"),
        nobody.preview(OF, replace(GOLD, code="platinum"), NOW),
    )
    assert all(isinstance(each, NotOffered) and each.what for each in refused)


def test_a_look_brings_what_was_charged_since_and_how_it_stands(server: StripeServer) -> None:
    listed = _listed(("1S1", START, "COMPLETED"), ("1S2", SECOND, "REFUNDED"), ("1S9", AT, "DECLINED"))
    learned = _at(server, (200, failing(SECOND + DAY)), listed).look(OF)
    assert isinstance(learned, Learned)
    paid, failed = learned.before
    assert paid == Charged("1S2", usd(3_999), None, SECOND)
    assert isinstance(failed, Charged)
    assert failed.transaction == f"{AGREEMENT}.failed.{int((SECOND + DAY).timestamp())}"
    assert failed.decline is not None
    assert failed.decline.code == "payer_cannot_pay"
    assert learned.fact == Ending(START, ends=False, paused=False)
    asked = urlsplit(server.asked[-1].path)
    assert parse_qs(asked.query)["start_time"] == ["2026-01-31T09:00:00.000Z"]


FAILED_BEFORE = failing(START - DAY)["billing_info"]["last_failed_payment"]
OWES = failing(SECOND)["billing_info"]["last_failed_payment"]


@pytest.mark.parametrize(
    ("of", "stands", "listed", "fact"),
    [
        (OF, _stands("ACTIVE"), NOTHING, Ending(SECOND, ends=False, paused=False)),
        (OF, _stands("ACTIVE", last_failed_payment=FAILED_BEFORE), NOTHING, Ending(SECOND, ends=False, paused=False)),
        (OF, _stands("SUSPENDED"), NOTHING, Ending(SECOND, ends=False, paused=True)),
        (OF, _stands("SUSPENDED", failed_payments_count=1), NOTHING, Ending(SECOND, ends=False)),
        (OF, _stands("CANCELLED", START), NOTHING, Ended(SECOND, at_period_end=True)),
        (OF, _stands("EXPIRED", START), NOTHING, Ended(SECOND, at_period_end=True)),
        (OF, _stands("CANCELLED", AT), _listed(("1S2", SECOND, "COMPLETED")), Ending(AT, ends=True)),
        (replace(OF, period=Period(SECOND, AT + DAY)), _stands("CANCELLED", AT), NOTHING, Ending(AT, ends=True)),
        (OF, _stands("CANCELLED", AT, last_failed_payment=OWES), NOTHING, Ended(AT, unpaid=True, at_period_end=True)),
    ],
)
def test_how_it_stands_follows_from_its_status_and_from_what_is_paid(
    server: StripeServer, of: Subscription, stands: Any, listed: Any, fact: Any
) -> None:
    learned = _at(server, stands, listed).look(of)
    assert isinstance(learned, Learned)
    assert learned.fact == fact


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([(404, {})], Rejected("RESOURCE_NOT_FOUND")),
        ([(503, {})], Unknown("HTTP_503 503")),
        ([_stands("ACTIVE"), (503, {})], Unknown("HTTP_503 503")),
        ([_stands("ACTIVE"), (200, {"transactions": [{}]})], Unknown("an answer that cannot be read")),
        ([(200, {"id": AGREEMENT}), NOTHING], Unknown("an answer that cannot be read")),
    ],
)
def test_what_cannot_be_read_says_nothing(server: StripeServer, answers: list[Any], outcome: Answer) -> None:
    assert _at(server, *answers).look(OF) == outcome


def _looked(server: StripeServer, *answers: Any, late: bool = False) -> Any:
    server.answers = [TOKEN, *answers]
    agreements = _agreements(server.url, START + DAY * (2 if late else 0))
    return agreements.look(a_session(AGREEMENT, expires_at=START + DAY))


def test_a_page_is_open_until_it_is_approved_or_too_late(server: StripeServer) -> None:
    assert _looked(server, (200, an_agreement("APPROVAL_PENDING"))) == StillOpen()
    for answer in ((200, an_agreement("APPROVED")), (404, {})):
        ended = _looked(server, answer, late=True)
        assert isinstance(ended, Closed)
        assert ended.report.fact is Fact.EXPIRED
    assert _looked(server, (404, {})) == Rejected("RESOURCE_NOT_FOUND")
    assert _looked(server, (200, an_agreement() | {"custom_id": "theirs"})) == Rejected("not_ours")
    assert _looked(server, (200, {})) == Unknown("an answer that cannot be read")


def test_what_was_approved_has_begun_with_its_first_sale(server: StripeServer) -> None:
    listed = _listed(("1S2", SECOND, "COMPLETED"), ("1S1", START, "PARTIALLY_REFUNDED"))
    begun = _looked(server, (200, an_agreement()), listed)
    assert isinstance(begun, Closed)
    capture, billing = begun.report.capture, begun.report.billing
    assert capture is not None
    assert billing is not None
    assert (capture.reference, capture.amount, capture.at) == ("1S1", usd(3_999), START)
    assert (billing.subscription, billing.reference, billing.invoice) == (SUBSCRIPTION, AGREEMENT, "1S1")
    trial = _looked(server, (200, an_agreement(trial=True)))
    assert isinstance(trial, Closed)
    assert trial.report.capture is not None
    assert (trial.report.capture.reference, trial.report.capture.amount) == (AGREEMENT, usd(0))


@pytest.mark.parametrize(
    ("agreement", "late", "fact"),
    [
        (an_agreement(), False, Fact.PROCESSING),
        (an_agreement(), True, Fact.PROCESSING),  # an eCheck takes days
        (failing(START), False, Fact.PROCESSING),
        (failing(START), True, Fact.EXPIRED),
        (an_agreement("CANCELLED"), False, Fact.EXPIRED),
    ],
)
def test_what_was_approved_and_not_paid_is_on_its_way_until_that_has_failed(
    server: StripeServer, agreement: Any, late: bool, fact: Fact
) -> None:
    waits = _looked(server, (200, agreement), NOTHING, late=late)
    assert isinstance(waits, Closed)
    assert waits.report.fact is fact


def test_a_sale_leads_to_the_payment_that_it_began_and_later_ones_wait_for_theirs(server: StripeServer) -> None:
    def owner_of(sale: Any, *answers: Any) -> Any:
        server.answers = [TOKEN, sale, *answers]
        return _agreements(server.url).owner_of("1S1")

    sale = {"id": "1S1", "create_time": written(START), "billing_agreement_id": AGREEMENT}
    first = owner_of((200, sale), (200, an_agreement()))
    assert (first.tenant, first.id) == ("demo", PAYMENT)
    assert owner_of((404, {})) is None
    assert owner_of((200, {"id": "1S1", "create_time": written(START)})) is None
    assert owner_of((200, sale), (404, {})) is None
    assert owner_of((200, sale), (200, an_agreement() | {"custom_id": "theirs"})) is None
    later: list[Any] = [(200, sale | {"create_time": written(SECOND)}), (200, an_agreement())]
    silent: list[Any] = [(503, {})]
    for answers in (later, silent):
        with pytest.raises(ProviderUnavailable):
            owner_of(*answers)
