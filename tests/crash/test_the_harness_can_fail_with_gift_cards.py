"""As `test_the_harness_can_fail`, with bugs that spend value twice, or lose it, or tell a code."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.crash.planting import named, tried_with
from tests.support.crashing import Harness
from tests.support.crashing_world import World, a_world
from tests.support.engine import Engine
from tollgate.gift_cards.looking import GiftCardLookup
from tollgate.gift_cards.model import GiftCard
from tollgate.gift_cards.spending import GiftCardSpending
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.recording import Recorder


@pytest.fixture
def world(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for each bug, as there."""
    with a_world(engine, tmp_path_factory.mktemp("bugs")) as made:
        yield made


def test_tenders_that_are_let_go_after_their_payment(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a transaction of their own, which follows at once."""
    decide, record, tied = Recorder._decide, Recorder.record, list[Write]()

    def apart(recorder: Recorder, *arguments: Any) -> tuple[Any, tuple[Write, ...]]:
        result, moving = decide(recorder, *arguments)
        tied[:] = moving[2:]
        return result, tuple(moving[:2])

    def one_by_one(recorder: Recorder, *arguments: Any) -> Any:
        tied.clear()
        recorded = record(recorder, *arguments)
        if tied:
            recorder._unit_of_work.commit(*tied)
        return recorded

    monkeypatch.setattr(Recorder, "_decide", apart)
    monkeypatch.setattr(Recorder, "record", one_by_one)
    tried = tried_with(harness, "tenders voided, page expired", "crash after")
    assert named(tried) == {
        "a_gift_card_holds_what_open_payments_hold_of_it",
        "credit_is_what_is_owed_to_its_customer",
        "settled",
    }


def test_a_hold_that_is_captured_and_stays(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GiftCard, "_without", lambda card, _: card)
    tried = tried_with(harness, "tenders captured", "crash before")
    assert named(tried) == {
        "a_gift_card_holds_what_open_payments_hold_of_it",
        "a_gift_cards_events_have_no_gaps_and_say_what_is_on_it",
        "gift_cards_are_worth_what_is_owed_on_them",
    }


def test_credit_that_is_given_after_the_gift_card_is_redeemed(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes, redeem, credit = GiftCardSpending._writes, GiftCardSpending.redeem, list[Write]()

    def apart(spending: GiftCardSpending, record: Any, spent: Any) -> Any:
        credit[:] = spent.beside
        return writes(spending, record, replace(spent, beside=()))

    def one_by_one(spending: GiftCardSpending, wish: Any) -> Any:
        credit.clear()
        response = redeem(spending, wish)
        if not response.replayed:
            spending._unit_of_work.commit(*credit)
        return response

    monkeypatch.setattr(GiftCardSpending, "_writes", apart)
    monkeypatch.setattr(GiftCardSpending, "redeem", one_by_one)
    tried = tried_with(harness, "gift card redeem", "crash after")
    assert named(tried) == {"credit_is_what_is_owed_to_its_customer", "settled"}


def test_a_gift_card_that_is_spent_and_nobody_knows_for_whom(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its idempotency record: who redeemed it, and asks again, is told that another has."""
    writes = GiftCardSpending._writes
    monkeypatch.setattr(GiftCardSpending, "_writes", lambda *arguments: writes(*arguments)[1:])
    tried = tried_with(harness, "gift card redeem", "crash after")
    assert "recovery" in named(tried)
    assert any("GIFT_CARD_REDEEMED" in violation.told for violation in tried.violations)
    assert named(tried_with(harness, "gift card use", "crash after")) == {"a_key_spends_once"}


def test_a_code_that_is_logged(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its dashes, as somebody may type it: as such no formatter knows it for a code."""
    find = GiftCardLookup.find

    def talkative(lookup: GiftCardLookup, asker: Any, text: str) -> GiftCard:
        logging.getLogger(os.environ["POWERTOOLS_SERVICE_NAME"]).info(text.replace("-", ""))
        return find(lookup, asker, text)

    monkeypatch.setattr(GiftCardLookup, "find", talkative)
    tried = tried_with(harness, "gift card use", "crash before")
    assert named(tried) == {"a_gift_cards_code_is_nowhere"}
