"""What a checkout asks to be paid with: codes become ids before anything is kept, and guesses count where they
belong.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.checkout_world import a_wish
from tests.support.fakes import MemorySecrets
from tests.support.gift_cards import SECRETS
from tollgate.checkout.tendering import TenderRefused
from tollgate.gift_cards.codes import GiftCardCodes
from tollgate.gift_cards.guessing import door_of_address, door_of_user
from tollgate.runtime.http.gift_cards import asker
from tollgate.runtime.http.principal import Person, Role, Service
from tollgate.runtime.http.schemas import TenderBody
from tollgate.runtime.http.tenders import with_tenders

CODES = GiftCardCodes(MemorySecrets(SECRETS))
CODE = CODES.new("demo", "pay_1", 1)
BY_CARD = TenderBody(type="gift_card", code=CODE.code.lower())
PERSON = Person("user-1", "demo", Role.USER, frozenset())
SERVICE = Service("shop", frozenset({"demo"}))


def test_the_code_is_nowhere_in_what_is_kept_of_the_request() -> None:
    command = with_tenders(a_wish(), [BY_CARD], CODES, asker(PERSON, None, "203.0.113.7"))
    assert [each.cards for each in command.tenders] == [(CODE.id,)]
    assert command.body["tenders"] == [{"type": "gift_card", "card": CODE.id, "amount": None}]
    assert CODE.code not in repr(command)


def test_a_person_guesses_as_themselves_and_from_where_they_are() -> None:
    command = with_tenders(a_wish(), [BY_CARD], CODES, asker(PERSON, None, "203.0.113.7"))
    assert set(command.doors) == {door_of_user("demo", "user-1"), door_of_address("demo", "203.0.113.7")}


def test_a_service_guesses_for_the_user_whom_it_names_and_for_nobody_else() -> None:
    named = with_tenders(a_wish(), [BY_CARD], CODES, asker(SERVICE, "demo", "203.0.113.7", "user-9"))
    assert named.doors == (door_of_user("demo", "user-9"),)
    nobody = with_tenders(a_wish(owner="service:shop"), [BY_CARD], CODES, asker(SERVICE, "demo", "203.0.113.7"))
    assert nobody.doors == ()


def test_what_is_no_code_is_refused_by_its_field() -> None:
    wrong = TenderBody(type="gift_card", code="AAAA-BBBB-CCCC")
    with pytest.raises(TenderRefused) as refused:
        with_tenders(a_wish(), [TenderBody(type="credit"), wrong], CODES, asker(PERSON, None, None))
    assert [each.field for each in refused.value.errors] == ["tenders.1.code"]


def test_without_tenders_nothing_changes() -> None:
    assert with_tenders(a_wish(), None, CODES, asker(PERSON, None, None)) == replace(a_wish())
