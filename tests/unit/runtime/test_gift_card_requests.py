"""Requests about gift cards: what may be sent, and for whom it counts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.requests import ORIGIN, new_key
from tollgate.gift_cards.looking import Asker
from tollgate.kernel.errors import Forbidden, ValidationFailed
from tollgate.runtime.http import gift_cards
from tollgate.runtime.http.principal import AuthRequired, Person, Role, Service
from tollgate.runtime.http.schemas import Body, parse

ANN = Person("ann", "demo", Role.USER, frozenset())
BOSS = Person("boss", "demo", Role.ADMIN, frozenset())
TILL = Service("till", frozenset({"demo"}))
ADDRESS = "203.0.113.9"
WANTED = {
    "amount": 2_500,
    "recipientEmail": "grandma@example.com",
    "successUrl": f"{ORIGIN}/thanks",
    "cancelUrl": f"{ORIGIN}/cart",
}


def wrong_fields(model: type[Body], body: dict[str, Any]) -> list[str]:
    with pytest.raises(ValidationFailed) as caught:
        parse(model, body)
    return [error.field for error in caught.value.errors]


def test_a_purchase_needs_an_amount_a_recipient_and_where_to_return() -> None:
    body = parse(gift_cards.PurchaseBody, WANTED)
    assert (body.amount, body.currency, body.method, body.gift_message) == (2_500, "USD", "card", None)
    for name in WANTED:
        assert wrong_fields(gift_cards.PurchaseBody, {each: WANTED[each] for each in WANTED if each != name}) == [name]


def test_a_purchase_may_say_more() -> None:
    more = {
        "currency": "EUR",
        "giftMessage": "Alles Gute \N{PARTY POPPER}",
        "senderName": "Zoë",
        "customerEmail": "bob@example.com",
        "provider": "stripe",
        "userId": "bob",
        "idempotency_key": new_key(),
    }
    body = parse(gift_cards.PurchaseBody, WANTED | more)
    assert (body.gift_message, body.sender_name, body.user_id) == ("Alles Gute \N{PARTY POPPER}", "Zoë", "bob")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", 0),
        ("amount", "2500"),
        ("amount", 25.0),
        ("currency", "usd"),
        ("recipientEmail", "grandma"),
        ("recipientEmail", "a@b\r\nBcc: c@d"),
        ("giftMessage", "x" * 501),
        ("giftMessage", ""),
        ("giftMessage", "two\nlines"),
        ("giftMessage", "bell\x07"),
        ("giftMessage", "next\x85line"),
        ("giftMessage", "para\u2029graph"),
        ("senderName", "x" * 101),
        ("senderName", "Bob\r\nBcc: everybody@example.com"),
        ("senderName", "Bob\n"),
        ("colour", "red"),
    ],
)
def test_what_is_wrong_with_a_purchase_is_named(field: str, value: Any) -> None:
    assert wrong_fields(gift_cards.PurchaseBody, WANTED | {field: value}) == [field]


def test_what_a_buyer_wrote_is_not_repeated_where_it_is_refused() -> None:
    with pytest.raises(ValidationFailed) as caught:
        parse(gift_cards.PurchaseBody, WANTED | {"giftMessage": "darling\n", "recipientEmail": "grandma"})
    assert not [each for each in caught.value.errors if "darling" in each.message or "grandma" in each.message]


def test_a_person_asks_for_themselves_from_their_address() -> None:
    for named in (None, "ann"):
        assert gift_cards.asker(ANN, None, ADDRESS, named) == Asker("demo", "ann", "ann", ADDRESS)
    for person in (ANN, BOSS):
        with pytest.raises(Forbidden):
            gift_cards.asker(person, None, ADDRESS, "ben")


def test_a_service_asks_for_whom_it_names_and_has_no_address_of_theirs() -> None:
    assert gift_cards.asker(TILL, "demo", ADDRESS, "ben") == Asker("demo", "ben", "service:till", None)
    assert gift_cards.asker(TILL, "demo", ADDRESS) == Asker("demo", None, "service:till", None)
    for tenant in ("other", None):
        with pytest.raises(Forbidden):
            gift_cards.asker(TILL, tenant, ADDRESS)


def test_who_says_nothing_of_themselves_names_a_tenant_and_no_user() -> None:
    assert gift_cards.asker(None, "demo", ADDRESS) == Asker("demo", None, "anybody", ADDRESS)
    for tenant, named in ((None, None), ("", None), ("demo#x", None), ("*", None), ("demo", "ann")):
        with pytest.raises(AuthRequired):
            gift_cards.asker(None, tenant, ADDRESS, named)


def test_credit_is_shown_to_its_owner_and_to_who_sees_the_whole_tenant() -> None:
    def asked(who: Person | Service, **parameters: str) -> tuple[str, str]:
        wanted = gift_cards.credit_wanted(who, "demo", parameters)
        return wanted.user, wanted.currency

    assert asked(ANN) == asked(ANN, userId="ann") == ("ann", "USD")
    assert asked(BOSS) == ("boss", "USD")
    assert asked(BOSS, userId="ann", currency="EUR") == asked(TILL, userId="ann", currency="EUR") == ("ann", "EUR")
    with pytest.raises(Forbidden):
        asked(ANN, userId="ben")
    for wrong in ({}, {"userId": ""}, {"userId": "x" * 129}, {"userId": "ann", "currency": "XXX"}, {"user": "ann"}):
        with pytest.raises(ValidationFailed):
            asked(TILL, **wrong)
