"""A gift card's code leaves no trace: whoever reads tables, logs, metrics or events cannot spend a card."""

from __future__ import annotations

import json
from unittest.mock import patch

import pytest

from tests.functions.giving import Cards, Given, no_cards_code
from tests.support.calls import counted_calls
from tests.support.deployment import deployment
from tests.support.engine import Engine
from tests.support.requests import context, new_key
from tollgate.gift_cards.desk import GiftCardDesk


def test_no_code_is_stored_logged_measured_or_published(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    with deployment(engine, POWERTOOLS_SERVICE_NAME=f"gift_cards_{new_key()}", LOG_LEVEL="DEBUG") as made:
        made.client("events").create_event_bus(Name=made.environment["EVENT_BUS"])
        cards = Cards(made)
        with counted_calls() as calls:
            codes = _everything(cards)
            records = {"Records": made.stream("CORE_TABLE")}
            for reader in ("event_relay", "ledger_projector"):
                assert made.function(reader).handler(records, context()) == {"batchItemFailures": []}
        published = [each for each in calls.requests if "Entries" in each]
        assert published
        printed = "".join(capsys.readouterr())
        assert '"route":"POST /gift-cards/{code}/use"' in printed
        assert "GiftCardGuess" in printed
        assert "GiftCardGuessesBlocked" in printed
        kept = {"table": made.items(), "inbox": made.items("INBOX_TABLE"), "sent": calls.requests, "printed": printed}
        _hold_none_of(codes, {name: json.dumps(each, default=str) for name, each in kept.items()})


def _everything(cards: Cards) -> list[str]:
    """All that can be asked with a code, refused and not; the codes."""
    given, stopped, wrong = cards.given(), cards.given(), [no_cards_code(number) for number in range(6)]
    cards.stop(stopped.id)
    for part in ("", "/balance", "/history"):
        cards.see(given.code, part, cards.holder())
        cards.see(stopped.code, part)
    cards.use(given.code, 1_000)
    cards.use(stopped.code)
    cards.use(given.code, 10**6)
    cards.use(given.code, "x")
    cards.redeem(given.code)
    cards.redeem(given.code)
    for code in wrong:
        cards.see(code, "/balance", cards.holder())
    _break(cards, given)
    return [given.code, stopped.code, *wrong]


def _break(cards: Cards, given: Given) -> None:
    """The function fails as nobody expected, and tells of what it was asked."""
    with patch.object(GiftCardDesk, "by_code", side_effect=RuntimeError(f"cannot read {given.code}")):
        answer = cards.see(given.code, "/balance", cards.holder())
    assert (answer.status, answer.body["path"]) == (500, "/gift-cards/{code}/balance")


def _hold_none_of(codes: list[str], kept: dict[str, str]) -> None:
    for code in codes:
        for written in (code, code.replace("-", ""), code.lower(), code.lower().replace("-", "")):
            assert not [name for name, each in kept.items() if written in each]
