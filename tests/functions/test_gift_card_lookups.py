"""Who sees what of a gift card, and what becomes of those who guess."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.functions.giving import HOLDER, SERVICE, Cards, no_cards_code


def test_strangers_are_shown_what_can_be_spent_and_the_end_of_the_code(cards: Cards) -> None:
    given = cards.given()
    shown = cards.see(given.code).body["giftCard"]
    assert shown["code"] == f"****-****-{given.code[-4:]}"
    assert (shown["status"], shown["balance"], shown["amount"]) == ("active", 10_000, 10_000)
    assert cards.see(given.code, who=cards.holder()).body["giftCard"] == shown


def test_what_strangers_may_not_see_is_not_there_and_looks_like_any_wrong_code(
    aging_cards: tuple[Cards, Callable[[float], None]],
) -> None:
    cards, put_clock_at = aging_cards
    expired, frozen, unpaid, foreign = (
        cards.given(days=1),
        cards.given(days=9),
        cards.given(paid=False),
        cards.given(tenant="tenant_123"),
    )
    cards.stop(frozen.id)
    put_clock_at(2 * 86_400)
    answers = [
        cards.see(code, part)
        for code in (no_cards_code(), *(each.code for each in (expired, frozen, unpaid, foreign)))
        for part in ("", "/balance")
    ]
    assert {each.status for each in answers} == {404}
    told = [{name: each.body[name] for name in each.body if name not in ("timestamp", "path")} for each in answers]
    assert all(each == told[0] for each in told)
    assert told[0]["code"] == "GIFT_CARD_NOT_FOUND"
    words = [cards.see(each.code, "/balance", cards.holder()).body["status"] for each in (expired, frozen, unpaid)]
    assert words == ["expired", "frozen", "pending"]


def test_a_card_stopped_by_an_admin_can_be_spent_when_it_is_free_again(cards: Cards) -> None:
    given = cards.given()
    for _ in range(2):
        stopped = cards.stop(given.id)
        assert (stopped.status, stopped.body["giftCard"]["status"]) == (200, "frozen")
    assert cards.stop(given.id, "unfreeze", reason="found").body["giftCard"]["frozen"] is False
    assert cards.use(given.code).status == 200
    assert cards.events(given.id) == ["ordered", "activated", "frozen", "unfrozen", "used"]
    history = cards.administer(given.id, "/history").body["history"]
    assert [each["data"].get("reason") for each in history] == [None, "found", "stolen", None, None]
    assert {each["data"].get("by") for each in history} == {None, "boss"}


def test_a_history_goes_page_by_page_and_names_nobody_to_who_has_the_code(cards: Cards) -> None:
    given = cards.given(10_000)
    cards.use(given.code, 1_000, who=cards.holder("somebody-else"), reference="order-1")
    cards.redeem(given.code)
    first = cards.see(given.code, "/history", cards.holder(), "limit=3").body
    rest = cards.see(given.code, "/history", cards.holder(), f"limit=3&cursor={first['nextCursor']}").body
    steps = first["history"] + rest["history"]
    assert [(each["what"], each["amount"], each["balance"]) for each in steps] == [
        ("redeemed", 9_000, 0),
        ("used", 1_000, 9_000),
        ("activated", None, 10_000),
        ("ordered", None, 0),
    ]
    assert (steps[1]["reference"], rest["nextCursor"]) == ("order-1", None)
    assert "somebody-else" not in json.dumps(steps)
    admins = cards.administer(given.id, "/history", query="limit=2").body
    assert [each["type"] for each in admins["history"]] == ["payments.gift_card.redeemed", "payments.gift_card.used"]
    assert cards.see(given.code, "/history", cards.holder(), "cursor=nonsense").body["code"] == "CURSOR_INVALID"
    assert cards.see(given.code, "/history").status == 401


def test_a_service_acts_for_whom_it_names(cards: Cards) -> None:
    given = cards.given(10_000)
    nobody = cards.redeem(given.code, who=SERVICE)
    assert (nobody.status, nobody.body["errors"][0]["field"]) == (422, "userId")
    assert cards.use(given.code, 1_000, who=SERVICE).status == 200
    assert cards.redeem(given.code, who=SERVICE, userId="ann").body["credited"] == 9_000
    assert cards.credit(SERVICE, "userId=ann").body["available"] == 9_000
    assert cards.credit(cards.admin(), "userId=ann").body["available"] == 9_000
    assert cards.credit(SERVICE).status == 422
    assert cards.use(given.code, 1, who=SERVICE, userId="ben").body["code"] == "GIFT_CARD_REDEEMED"
    assert cards.see(given.code, who=SERVICE, query="userId=ann").body["giftCard"]["status"] == "redeemed"


def test_people_act_for_themselves(cards: Cards) -> None:
    given = cards.given()
    for answer in (
        cards.redeem(given.code, userId="ann"),
        cards.use(given.code, userId="ann"),
        cards.see(given.code, who=cards.holder(), query="userId=ann"),
        cards.credit(query="userId=ann"),
    ):
        assert (answer.status, answer.body["code"]) == (403, "FORBIDDEN")
    assert cards.redeem(given.code, who=cards.admin(), userId="ann").status == 403
    assert cards.see(given.code, query="userId=ann").status == 401
    assert cards.redeem(given.code, userId=HOLDER).status == 200


def test_another_tenants_people_find_no_card(cards: Cards) -> None:
    given = cards.given()
    theirs = cards.holder(tenant="tenant_123")
    answers = [
        cards.use(given.code, who=theirs),
        cards.redeem(given.code, who=theirs),
        cards.see(given.code, who=theirs),
    ]
    answers += [cards.see(given.code, who={"x-tenant-id": "tenant_123"})]
    assert [each.body["code"] for each in answers] == ["GIFT_CARD_NOT_FOUND"] * 4
    boss = cards.admin("tenant_123")
    for answer in (cards.administer(given.id, who=boss), cards.stop(given.id, who=boss)):
        assert (answer.status, answer.body["code"]) == (404, "GIFT_CARD_NOT_FOUND")
    for part in ("", "/history"):
        assert cards.administer(given.id, part, cards.holder()).status == 403
    assert cards.stop(given.id, who=cards.holder()).status == 403


def test_bad_credentials_are_refused_where_none_are_needed(cards: Cards) -> None:
    given = cards.given()
    for who in ({"authorization": "Bearer nonsense"}, {"x-platform-internal-token": "a-guess"}):
        for part in ("", "/balance"):
            answer = cards.see(given.code, part, {**who, "x-tenant-id": "demo"})
            assert (answer.status, answer.body["code"]) == (401, "INVALID_TOKEN")
    for unnamed in ({}, {"x-tenant-id": ""}, {"x-tenant-id": "demo#x"}):
        assert cards.see(given.code, who=unnamed).body["code"] == "AUTH_REQUIRED"


def test_who_guesses_must_wait_even_with_a_right_code(aging_cards: tuple[Cards, Callable[[float], None]]) -> None:
    cards, put_clock_at = aging_cards
    given = cards.given()
    guesses = [cards.see(no_cards_code(number), "/balance", cards.holder()) for number in range(5)]
    assert [each.status for each in guesses] == [404] * 5
    for blocked in (
        cards.see(given.code, who=cards.holder()),
        cards.use(given.code),
        cards.redeem(given.code),
        cards.redeem(given.code, who=SERVICE, userId=HOLDER),
        cards.see(no_cards_code(9), who=cards.holder()),
    ):
        assert (blocked.status, blocked.body["code"]) == (429, "TOO_MANY_ATTEMPTS")
        assert 50 <= int(blocked.headers["retry-after"]) <= 60
    assert cards.use(given.code, who=cards.holder("another")).status == 200
    put_clock_at(61)
    assert cards.use(given.code).status == 200
    assert cards.see(no_cards_code(10), who=cards.holder()).status == 404
    again = cards.use(given.code)
    assert (again.status, 110 <= int(again.headers["retry-after"]) <= 120) == (429, True)


def test_an_address_is_what_api_gateway_saw_whatever_the_headers_say(cards: Cards) -> None:
    given = cards.given()

    def guess(number: int, source: str) -> int:
        forged = {"x-tenant-id": "demo", "x-forwarded-for": f"203.0.113.{number}", "x-real-ip": f"203.0.113.{number}"}
        return cards.see(no_cards_code(number), "/balance", forged, source=source).status

    assert [guess(number, "198.51.100.7") for number in range(21)] == [404] * 20 + [429]
    assert cards.see(given.code, source="198.51.100.7").status == 429
    assert cards.see(given.code, source="198.51.100.8").status == 200
    assert cards.use(given.code, who=SERVICE).status == 200


def test_a_code_with_a_slip_is_no_guess(cards: Cards) -> None:
    given = cards.given()
    slip = given.code[:-1] + ("A" if given.code[-1] != "A" else "B")
    for wrong in (slip, "redeem", "XXXX-XXXX-XXXX-XXXX-XXXX", "%20", "0OI1-0OI1-0OI1"):
        for _ in range(6):
            answer = cards.see(wrong, who=cards.holder())
            assert (answer.status, answer.body["errors"][0]["field"]) == (422, "code")
            assert wrong not in json.dumps(answer.body)
    assert not cards.deployed.stored("guesses")
    assert cards.see(given.code, who=cards.holder()).status == 200


def test_an_admin_sees_all_but_the_code(cards: Cards) -> None:
    given = cards.given()
    shown = cards.administer(given.id).body["giftCard"]
    assert (shown["paymentId"], shown["buyer"], shown["holds"]) == (given.card.payment_id, "buyer-1", [])
    assert (shown["recipientEmail"], shown["message"]) == (given.card.recipient_email, given.card.message)
    assert shown["code"] == f"****-****-{given.code[-4:]}"
