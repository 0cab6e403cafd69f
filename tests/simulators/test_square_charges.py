"""Square's simulator: payments by token, what they leave behind, and how they are called off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.simulators.square_world import LOCATION, TOKYO, SquareWorld, a_square

PAYMENTS = "/v2/payments"


@pytest.fixture
def square() -> Iterator[SquareWorld]:
    with a_square() as running:
        yield running


def charge(square: SquareWorld, source: str = "cnon:card-nonce-ok", key: str = "k1", **changes: Any) -> Any:
    money = {"amount": 5_000, "currency": "USD"}
    body = {"source_id": source, "idempotency_key": key, "amount_money": money, "location_id": LOCATION, **changes}
    return square.call("POST", PAYMENTS, body)


def test_a_payment_is_taken_once_per_key_and_told(square: SquareWorld) -> None:
    first, second = charge(square).json()["payment"], charge(square).json()["payment"]
    assert first == second
    assert [each["status"] for each in square.state("payments")] == ["COMPLETED"]
    assert charge(square, amount_money={"amount": 1, "currency": "USD"}).json()["errors"][0]["code"] == (
        "IDEMPOTENCY_KEY_REUSED"
    )
    square.receiver.wait_for("payment.created APPROVED", "payment.updated COMPLETED")


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("cnon:card-nonce-declined", "GENERIC_DECLINE"),
        ("cnon:card-nonce-rejected-cvv", "CVV_FAILURE"),
        ("cnon:card-nonce-requires-verification", "CARD_DECLINED_VERIFICATION_REQUIRED"),
        ("ccof:customer-card-id-expired", "CARD_EXPIRED"),
    ],
)
def test_a_declined_payment_stays_in_the_books_as_failed(square: SquareWorld, source: str, code: str) -> None:
    answer = charge(square, source, customer_id="C1")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (402, code)
    (kept,) = square.state("payments")
    assert (kept["status"], kept["card_details"]["errors"][0]["code"]) == ("FAILED", code)
    square.receiver.wait_for("payment.updated FAILED")


def test_what_was_declined_is_done_anew_under_its_key(square: SquareWorld) -> None:
    """As Square documents it: a key brings back what succeeded."""
    for _ in range(2):
        assert charge(square, "cnon:card-nonce-declined").status_code == 402
    assert len(square.state("payments")) == 2
    assert charge(square).status_code == 200


def test_calling_off_frees_what_is_held_and_its_key_and_does_not_mind_an_unknown_one(square: SquareWorld) -> None:
    held = charge(square, "cnon:card-nonce-held").json()["payment"]
    for key in ("k1", "k1", "unheard of"):
        answer = square.call("POST", f"{PAYMENTS}/cancel", {"idempotency_key": key})
        assert (answer.status_code, answer.json()) == (200, {})
    assert square.call("GET", f"{PAYMENTS}/{held['id']}").json()["payment"]["status"] == "CANCELED"
    assert charge(square, "cnon:card-nonce-held").json()["payment"]["id"] != held["id"]


def test_what_was_taken_is_not_called_off(square: SquareWorld) -> None:
    paid = charge(square).json()["payment"]["id"]
    for path, body in ((f"{PAYMENTS}/cancel", {"idempotency_key": "k1"}), (f"{PAYMENTS}/{paid}/cancel", {})):
        assert square.call("POST", path, body).json()["errors"][0]["code"] == "BAD_REQUEST"
    assert [each["status"] for each in square.state("payments")] == ["COMPLETED"]


def test_payments_are_listed_by_place_time_and_amount_some_at_a_time(square: SquareWorld) -> None:
    for number in range(3):
        charge(square, key=f"k{number}")
    charge(square, key="other", amount_money={"amount": 7, "currency": "USD"})
    charge(square, key="tokyo", location_id=TOKYO, amount_money={"amount": 5_000, "currency": "JPY"})
    begin = square.state("payments")[0]["created_at"]
    query = f"{PAYMENTS}?location_id={LOCATION}&total=5000&begin_time={begin}&limit=2"
    first = square.call("GET", query).json()
    rest = square.call("GET", f"{query}&cursor={first['cursor']}").json()
    assert (len(first["payments"]), len(rest["payments"]), "cursor" in rest) == (2, 1, False)
    assert square.call("GET", f"{PAYMENTS}?location_id={LOCATION}&begin_time=2999").json() == {}
    assert len(square.call("GET", f"{PAYMENTS}?location_id={TOKYO}").json()["payments"]) == 1


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"source": "cnon:unheard-of"}, 404, "NOT_FOUND"),
        ({"source": "ccof:customer-card-id-ok"}, 400, "MISSING_REQUIRED_PARAMETER"),
        ({"source": "cnon:card-nonce-already-used"}, 402, "CARD_TOKEN_USED"),
        ({"location_id": "elsewhere"}, 404, "NOT_FOUND"),
        ({"amount_money": {"amount": 5_000, "currency": "EUR"}}, 400, "INVALID_VALUE"),
        ({"amount_money": {"amount": 0, "currency": "USD"}}, 400, "INVALID_VALUE"),
        ({"reference_id": "r" * 41}, 400, "VALUE_TOO_LONG"),
        ({"idempotency_key": "k" * 46}, 400, "VALUE_TOO_LONG"),
    ],
)
def test_what_square_refuses_makes_no_payment(
    square: SquareWorld, changes: dict[str, Any], status: int, code: str
) -> None:
    answer = charge(square, **changes)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, code)
    assert not square.state("payments")


def hold(square: SquareWorld, source: str = "cnon:card-nonce-ok", **changes: Any) -> Any:
    return charge(square, source, autocomplete=False, **changes).json()["payment"]


def test_what_is_not_completed_by_itself_is_held_for_a_week_and_completed_once(square: SquareWorld) -> None:
    held = hold(square)
    assert (held["status"], held["delay_action"], held["delay_duration"]) == ("APPROVED", "CANCEL", "P7D")
    path = f"{PAYMENTS}/{held['id']}/complete"
    stale = square.call("POST", path, {"version_token": "another"}).json()
    assert stale["errors"][0]["code"] == "VERSION_MISMATCH"
    assert square.call("POST", path, {"version_token": held["version_token"]}).json()["payment"]["status"] == (
        "COMPLETED"
    )
    assert square.call("POST", path, {}).json()["errors"][0]["code"] == "BAD_REQUEST"
    square.receiver.wait_for("payment.created APPROVED", "payment.updated COMPLETED")


@pytest.mark.parametrize(("action", "end"), [("CANCEL", "CANCELED"), ("COMPLETE", "COMPLETED")])
def test_what_nobody_completes_ends_by_time(square: SquareWorld, action: str, end: str) -> None:
    hold(square, delay_duration="PT1H", delay_action=action)
    square.clock.offset += 3_601
    square.receiver.wait_for(f"payment.updated {end}")


def test_a_card_can_be_refused_when_it_is_completed(square: SquareWorld) -> None:
    held = hold(square, "cnon:card-nonce-declined-later")
    answer = square.call("POST", f"{PAYMENTS}/{held['id']}/complete", {})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (402, "CARD_DECLINED")
    assert square.call("POST", f"{PAYMENTS}/{held['id']}/cancel", {}).json()["payment"]["status"] == "CANCELED"


@pytest.mark.parametrize("changes", [{"delay_duration": "P8D"}, {"delay_duration": "x"}, {"delay_action": "KEEP"}])
def test_a_delay_that_square_would_refuse_is_refused(square: SquareWorld, changes: dict[str, Any]) -> None:
    assert charge(square, autocomplete=False, **changes).json()["errors"][0]["code"] == "INVALID_VALUE"
