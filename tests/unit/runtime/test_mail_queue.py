"""What the queue brings of a gift card is told to whom it was bought for; an address that is refused rings somebody."""

from __future__ import annotations

import io
import json
import logging

import pytest

from tests.functions.test_stats import messages
from tests.support.builders import NOW, usd
from tests.support.memory.mails import (
    MemoryMailer,
    ScriptedGiftCards,
    ScriptedReceipts,
    ScriptedShares,
    ScriptedStandings,
)
from tests.support.requests import context
from tests.support.stores import InMemory
from tests.unit.subscriptions.lives import of_subscriptions
from tollgate.kernel.clock import FixedClock
from tollgate.kernel.events import Event
from tollgate.kernel.ids import derived
from tollgate.mails.model import LETTER_OF, GiftCardLetter, Letter, Tender
from tollgate.mails.service import Mails
from tollgate.runtime.mail_queue import MailQueue, news_of
from tollgate.runtime.observability import make_logger, make_metrics

CARD, FRIEND, CODE = derived("gft", "1"), "friend@mail.example", "ABCD-EFGH-JKLM"
ACTIVATED = Event(
    "payments.gift_card.activated",
    "demo",
    "gift_card",
    CARD,
    2,
    NOW,
    {"gift_card_id": CARD, "status": "active", "amount": 2500, "available": 2500, "held": 0, "currency": "USD"},
)


@pytest.fixture
def mailer() -> MemoryMailer:
    return MemoryMailer()


@pytest.fixture
def queue(mailer: MemoryMailer, monkeypatch: pytest.MonkeyPatch) -> MailQueue:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Tollgate")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "mailer")
    store, cards = InMemory(), ScriptedGiftCards()
    cards.cards["demo", CARD] = GiftCardLetter(FRIEND, CODE, usd(2500), None, "Ann", "Enjoy!")
    mails = Mails(
        mailer=mailer,
        log=store.mail_log,
        receipts=ScriptedReceipts(),
        gift_cards=cards,
        standings=ScriptedStandings(),
        shares=ScriptedShares(),
        unit_of_work=store.unit_of_work,
        clock=FixedClock(NOW),
    )
    return MailQueue(mails, make_logger(), make_metrics())


def test_a_card_goes_to_whom_it_was_bought_for_once(queue: MailQueue, mailer: MemoryMailer) -> None:
    batch = {"Records": messages(ACTIVATED.envelope(), ACTIVATED.envelope())}
    assert queue.deliver(batch, context()) == {"batchItemFailures": []}
    (mail,) = mailer.sent
    assert mail.recipient == FRIEND
    assert CODE in mail.text


def test_a_card_whose_address_is_refused_is_counted_for_the_alarm_and_named_by_its_id_only(
    queue: MailQueue, mailer: MemoryMailer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = io.StringIO()
    for handler in logging.getLogger("mailer").handlers:
        monkeypatch.setattr(handler, "stream", log)
    mailer.refused.add(FRIEND)
    assert queue.deliver({"Records": messages(ACTIVATED.envelope())}, context()) == {"batchItemFailures": []}
    told = log.getvalue() + (metrics := capsys.readouterr().out)
    assert '"Mails.gift_card_refused":[1.0]' in metrics
    assert CARD in log.getvalue()
    assert not [each for each in (FRIEND, CODE, "Ann", "Enjoy") if each in told]


def test_an_event_tells_how_much_of_a_purchase_was_not_charged() -> None:
    tenders = [
        {"type": "gift_card", "amount": 1000},
        {"type": "credit", "amount": 500},
        {"type": "gift_card", "amount": 250},
    ]
    bought = Event(
        "payments.purchase.confirmed",
        "demo",
        "payment",
        derived("pay", "1"),
        3,
        NOW,
        {"amount": 5000, "currency": "USD", "tenders": tenders},
    )
    news = news_of(json.dumps({"detail": bought.envelope()}))
    assert news.tendered == ((Tender.GIFT_CARD, usd(1250)), (Tender.CREDIT, usd(500)))
    assert (news.event_id, news.subject_id, news.letter) == (bought.id, bought.aggregate_id, Letter.RECEIPT)


def test_every_event_of_a_subscription_is_read_and_only_those_are_told_of_which_no_receipt_tells() -> None:
    heard = [each for each in of_subscriptions() if each.type in LETTER_OF]
    read = [(each, news_of(json.dumps({"detail": each.envelope()}))) for each in heard]
    told = {(of.type, news.has_letter, of.data.get("recovered", of.data.get("trial"))) for of, news in read}
    silent = {(type_, flag) for type_, has_letter, flag in told if not has_letter}
    assert silent == {("payments.subscription.activated", False), ("payments.subscription.renewed", False)}
    assert {type_ for type_, has_letter, _ in told if has_letter} == {
        each for each in LETTER_OF if "subscription" in each
    }


def test_what_an_event_says_of_an_invoice_is_text() -> None:
    owed = next(each for each in of_subscriptions() if each.type == "payments.subscription.grace_started").envelope()
    assert news_of(json.dumps({"detail": owed})).invoice == "in_2"
    odd = {**owed, "data": {**owed["data"], "invoice": 7}}
    with pytest.raises(ValueError, match="while reading it"):
        news_of(json.dumps({"detail": odd}))
