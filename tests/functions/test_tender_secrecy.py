"""The codes of cards that are bought, mailed and paid with are in the mail, and nowhere else."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.functions.giving import Cards, no_cards_code
from tests.functions.mailing import Post, verified
from tests.functions.test_stats import count, messages, published
from tests.support.calls import Calls, counted_calls
from tests.support.deployment import Answer, deployment
from tests.support.engine import Engine
from tests.support.requests import context, new_key


def test_a_code_is_mailed_and_is_in_no_table_log_event_message_or_error(
    engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    with deployment(engine, POWERTOOLS_SERVICE_NAME=f"tenders_{new_key()}", LOG_LEVEL="DEBUG") as made:
        made.client("events").create_event_bus(Name=made.environment["EVENT_BUS"])
        cards, post = Cards(made), verified(made)
        with counted_calls() as calls:
            codes, answers = _trade(cards, post)
            queued = _consume(cards, post)
        mailed = [each["BodyText"] for each in post.sent()]
        assert [code for code in codes if any(code in text for text in mailed)] == codes[:2]
        printed = "".join(capsys.readouterr())
        assert "TENDER_UNKNOWN" in printed
        kept: dict[str, Any] = {
            "core": made.items(),
            "inbox": made.items("INBOX_TABLE"),
            "sent": _but_for_mails(calls),
            "queued": queued,
            "answered": [[each.body, dict(each.headers)] for each in answers],
            "printed": printed,
        }
        assert all(kept.values())
        for code in codes:
            written = re.compile("-?".join(code.split("-")), re.IGNORECASE)
            assert not [name for name, each in kept.items() if written.search(json.dumps(each, default=str))]


def _trade(cards: Cards, post: Post) -> tuple[list[str], list[Answer]]:
    """Two cards are bought and paid with in every way, taken or refused; their codes, then one that nobody has."""
    first, second, wrong = cards.bought(2_500), cards.bought(25_000), no_cards_code()
    assert post.deliver() == []  # nobody can spend what nobody was told of
    key = new_key()
    checkout = cards.pay(first.code, second.code, key=key)
    assert checkout.body["status"] == "confirmed"
    cards.hear(cards.pay(tenders=[_some(second.code, 1_000)]).body)
    given_up = cards.pay(tenders=[_some(second.code, 2_000)])
    cards.hear(given_up.body, "expired")
    again = cards.pay(first.code, second.code.lower(), key=key)
    assert again.body == checkout.body
    refused = [
        cards.pay(second.code, second.code),
        cards.pay(tenders=[_some(second.code, 10**6)]),
        cards.pay(second.code, wrong),
        cards.pay(second.code[:-1] + "!"),
        cards.pay(tenders=[{"type": "credit", "code": second.code}]),
        cards.pay(tenders=[{"type": second.code}]),
        cards.pay(second.code, successUrl="https://elsewhere.example"),
    ]
    assert {each.status for each in refused} == {422}
    refunds = [cards.refund(given.card.payment_id) for given in (first, second)]
    return [first.code, second.code, wrong], [checkout, again, given_up, *refused, *refunds]


def _some(code: str, amount: int) -> dict[str, Any]:
    return {"type": "gift_card", "code": code, "amount": amount}


def _consume(cards: Cards, post: Post) -> list[Any]:
    """All that streams and queues carry."""
    made = cards.deployed
    records = {"Records": made.stream("CORE_TABLE")}
    for reader in ("event_relay", "ledger_projector"):
        assert made.function(reader).handler(records, context()) == {"batchItemFailures": []}
    counted, told = messages(*published(made)), messages(*post.published())
    assert (count(made, counted), post.deliver(told)) == ([], [])
    return [*counted, *told]


def _but_for_mails(calls: Calls) -> list[dict[str, Any]]:
    sent = [each for name, each in zip(calls.made, calls.requests, strict=True) if "outbound-emails" not in name]
    assert len(sent) < len(calls.made)
    return sent
