"""Events as the queue delivers them, through the mailer, to what SES is given: once, with nothing of it in a log."""

from __future__ import annotations

import io
import itertools
import json
import logging
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session

from tests.functions.mailing import BUYER, Post, unverified, verified
from tests.functions.reconciling import Killed
from tests.functions.test_stats import message, messages
from tests.support.calls import counted_calls
from tests.support.deployment import MAIL_SENDER, PLATFORM_TOKEN, Deployment
from tests.support.requests import a_mock_event
from tollgate.adapters.ses import SesMailer
from tollgate.kernel.ids import derived


@pytest.fixture
def post(deployed: Deployment) -> Post:
    return verified(deployed)


def test_a_buyer_gets_a_receipt_of_what_was_paid(post: Post) -> None:
    checkout = post.ended()
    assert post.deliver() == []
    (mail,) = post.sent()
    assert (mail["Source"], mail["To"], mail["CC"], mail["BCC"]) == (MAIL_SENDER, [BUYER], [], [])
    assert mail["Subject"] == "Receipt for your payment of 100.00 USD"
    for shown in (mail["BodyText"], mail["BodyHtml"]):
        assert checkout["id"] in shown
        assert "100.00 USD" in shown


def test_the_billing_address_of_a_products_tenant_gets_it(deployed: Deployment, post: Post) -> None:
    body = {
        "method": "mock",
        "pricingItemCode": "starter_month",
        "consumerKey": "funnel",
        "consumerTenantId": "tenant_123",
        "billingEmail": "billing@mail.example",
        "successUrl": "http://funnel.cs.lvh.me:8080/#/pricing/complete?session_id={CHECKOUT_SESSION_ID}",
        "cancelUrl": "http://funnel.cs.lvh.me:8080/#/pricing?checkout=cancel",
    }
    token = {"x-platform-internal-token": PLATFORM_TOKEN}
    made = deployed.call("POST", "/internal/payments/checkout-sessions", body, headers=token)
    assert made.status == 201
    (stored,) = deployed.stored("payment")
    assert stored["email"] == {"S": "billing@mail.example"}
    assert "billing@mail.example" not in json.dumps(made.body)


def test_a_buyer_whose_payment_failed_is_told_that_nothing_was_charged(post: Post) -> None:
    post.ended("failed")
    assert post.deliver() == []
    (mail,) = post.sent()
    assert (mail["To"], mail["Subject"]) == ([BUYER], "Your payment of 100.00 USD did not go through")
    assert "Nothing was charged" in mail["BodyText"]


def test_a_failed_payment_for_which_money_came_late_is_not_said_to_be_free(deployed: Deployment, post: Post) -> None:
    checkout = post.ended("failed")
    deployed.tell(a_mock_event(checkout))
    deployed.apply_inbox()
    assert post.deliver() == []
    assert post.sent() == []


@pytest.mark.parametrize("how", ["expired", "declined", "processing"])
def test_of_what_is_neither_paid_nor_failed_nobody_is_told(post: Post, how: str) -> None:
    post.ended(how)
    assert post.published() == []


def test_where_nobody_gave_an_address_nothing_is_sent_and_one_read_is_made(deployed: Deployment, post: Post) -> None:
    post.ended(customerEmail=None)
    deployed.function("mailer")
    with counted_calls() as calls:
        assert post.deliver(messages(*post.published())) == []
    assert calls.of("dynamodb")[-1:] == ["GetItem"]
    assert (post.sent(), post.notes()) == ([], [])


def test_however_often_an_event_comes_one_mail_is_sent(deployed: Deployment, post: Post) -> None:
    post.ended()
    events = post.published()
    assert post.deliver(messages(*events, *events)) == []
    assert post.deliver(messages(*events)) == []
    assert post.deliver(messages(*events), deployed.fresh("mailer")) == []
    assert len(post.sent()) == 1
    assert post.notes() == [{"letter": "receipt"}]


def test_a_mail_costs_two_reads_a_call_of_ses_and_one_write(post: Post) -> None:
    post.ended()
    records = messages(*post.published())
    with counted_calls() as calls:
        assert post.deliver(records) == []
    assert calls.made == [
        "dynamodb.GetItem",
        "dynamodb.GetItem",
        "rest.POST /v2/email/outbound-emails",
        "dynamodb.PutItem",
    ]


@pytest.mark.parametrize("answered", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(4), ids=["payment", "log", "ses", "note"])
def test_killed_at_any_call_the_mail_comes_once_or_twice_where_it_was_sent_and_not_noted(
    post: Post, number: int, answered: bool
) -> None:
    post.ended()
    records = messages(*post.published())
    dying, send, calls = post.deployed.fresh("mailer"), URLLib3Session.send, itertools.count()

    def killing(session: URLLib3Session, request: Any) -> Any:
        dies = next(calls) == number
        if dies and not answered:
            raise Killed
        answer = send(session, request)
        if dies:
            raise Killed
        return answer

    with patch.object(URLLib3Session, "send", killing), pytest.raises(Killed):
        post.deliver(records, dying)
    assert post.deliver(records, post.deployed.fresh("mailer")) == []
    assert post.deliver(records) == []
    sent_and_not_noted = (number, answered) in ((2, True), (3, False))
    assert len(post.sent()) == (2 if sent_and_not_noted else 1)


def test_an_address_that_is_refused_is_noted_and_does_not_come_again(post: Post) -> None:
    post.ended()
    with patch.object(SesMailer, "_connected", lambda _: Refusing("MessageRejected", "on the suppression list")):
        assert post.deliver() == []
    assert post.notes() == [{"letter": "receipt", "refused": "MessageRejected"}]
    assert post.deliver() == []
    assert post.sent() == []


def test_what_cannot_be_sent_now_comes_again_alone(post: Post) -> None:
    post.ended()
    with unverified(post.deployed):
        records = messages(*post.published())
        assert post.deliver(records) == [each["messageId"] for each in records]
    assert (post.sent(), post.notes()) == ([], [])
    assert post.deliver(records) == []
    assert len(post.sent()) == 1


def test_one_that_cannot_be_sent_holds_up_no_other(post: Post) -> None:
    first, second = post.ended(), post.ended(customerEmail="other@mail.example")
    records = messages(*post.published())
    send = SesMailer.send

    def busy(mailer: SesMailer, mail: Any) -> str:
        if mail.recipient == BUYER:
            raise RuntimeError("a bug, for one of them")
        return send(mailer, mail)

    with patch.object(SesMailer, "send", busy):
        failed = post.deliver(records)
    of = {json.loads(each["body"])["detail"]["aggregate"]["id"]: each["messageId"] for each in records}
    assert failed == [of[first["id"]]]
    assert [each["To"] for each in post.sent()] == [["other@mail.example"]]
    assert second["id"] in post.sent()[0]["BodyText"]


def test_without_a_sender_nothing_is_sent_and_the_metric_says_so(
    post: Post, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    post.ended()
    monkeypatch.setenv("MAIL_SENDER", "")
    assert post.deliver(function=post.deployed.fresh("mailer")) == []
    assert (post.sent(), post.notes()) == ([], [])
    assert "Mails.disabled" in capsys.readouterr().out


def test_who_was_written_to_is_in_no_log_and_no_note(
    post: Post, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever became of it: sent, again, refused, not now, and a bug in between."""
    post.deployed.function("mailer")
    log = io.StringIO()
    for handler in logging.getLogger("test").handlers:
        monkeypatch.setattr(handler, "stream", log)
    post.ended()
    records = messages(*post.published())
    failures: list[Any] = [
        lambda _: Refusing("SendingPausedException", f"for {BUYER}"),
        lambda _: Refusing("AccessDeniedException", f"identity/{BUYER}"),
        lambda _: None,
        lambda _: Refusing("BadRequestException", f"Illegal address {BUYER}"),
    ]
    for broken in failures:
        with patch.object(SesMailer, "_connected", broken):
            post.deliver(records)
    post.ended()
    post.deliver()
    post.deliver()
    told = log.getvalue() + "".join(capsys.readouterr())
    for outcome in ("SendingPausedException", "AttributeError", '"refused"', '"sent"', '"repeated"'):
        assert outcome in log.getvalue()
    assert not [each for each in (BUYER, "zoe.buyer", "[redacted]") if each in told]
    assert BUYER not in json.dumps(post.deployed.stored("mail"))


def test_the_address_is_in_no_event_and_no_answer(deployed: Deployment, post: Post) -> None:
    checkout = post.ended()
    assert BUYER not in json.dumps([each["body"] for each in deployed.stored("event")])
    admin = deployed.as_user("boss", role="admin")
    for headers in (deployed.as_user(), admin):
        for path in ("/transactions", f"/transactions/{checkout['id']}", f"/payments/checkout/{checkout['id']}"):
            shown = deployed.call("GET", path, headers=headers)
            assert shown.status == 200
            assert BUYER not in json.dumps(shown.body)
    assert BUYER not in json.dumps(checkout)


GARBAGE = ["", "no json", "[]", "null", '{"detail": null}', '{"detail": {}}', "[" * 9000]
BROKEN: list[dict[str, Any]] = [
    {"tenant": "de#mo"},
    {"tenant": 7},
    {"id": "evt_1"},
    {"id": None},
    {"occurred_at": None},
    {"occurred_at": "2026-11-01T00:00:00"},
    {"type": "payments.purchase.refunded"},
    {"type": ["payments.purchase.confirmed"]},
    {"aggregate": {"type": "gift_card", "id": derived("gft", "1")}},
    {"aggregate": {"type": "payment", "id": "../../1"}},
    {"aggregate": {"type": "payment", "id": derived("gft", "1")}},
    {"data": {"amount": 1, "currency": "gold"}},
    {"data": {"amount": 1, "currency": "USD", "tenders": [{"type": "gift_card", "amount": 2}]}},
    {"data": {"amount": 1, "currency": "USD", "tenders": [{"type": "gift_card", "amount": 0.5}]}},
    {"data": {"amount": 2, "currency": "USD", "tenders": [{"type": "credit", "amount": -1}]}},
    {"data": {"amount": 1, "currency": "USD", "tenders": 7}},
    {"data": [1]},
]


def test_what_cannot_be_read_comes_again_alone(post: Post) -> None:
    post.ended()
    (event,) = post.published()
    broken = [message(text) for text in GARBAGE] + messages(*({**event, **wrong} for wrong in BROKEN))
    assert post.deliver([*broken, *messages(event)]) == [each["messageId"] for each in broken]
    assert len(post.sent()) == 1


def test_an_event_that_is_not_ours_tells_nobody_and_does_not_come_again(post: Post) -> None:
    post.ended()
    (event,) = post.published()
    elsewhere = {**event, "tenant": "tenant_123"}
    never = {**event, "aggregate": {"type": "payment", "id": derived("pay", "never")}}
    untrue = {**event, "type": "payments.transaction.failed"}
    assert post.deliver(messages(elsewhere, never, untrue)) == []
    assert post.sent() == []


class Refusing:
    """SES, saying no."""

    def __init__(self, code: str, text: str) -> None:
        self._answer: Any = {"Error": {"Code": code, "Message": text}}

    def send_email(self, **_: Any) -> None:
        raise ClientError(self._answer, "SendEmail")
