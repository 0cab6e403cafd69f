"""No secret and no personal detail is in a log line; what operators search by stays."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOW
from tollgate.kernel.clock import FixedClock, to_iso
from tollgate.kernel.ids import SortableIds, derived
from tollgate.runtime.observability import RedactingFormatter, make_logger, redact

CARDS = ["4242424242424242", "5555555555554444", "378282246310005", "4222222222222", "6304000000000000000"]
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c2VyLTEifQ.c2lnbmF0dXJl_-x"
CODES = ["ABCD-EFGH-JKMN", "2345-6789-2A45", "WXYZ-2345-ABCD-6789"]
KEYS = ["sk_live_51Hx", "sk_test_abc123", "rk_live_9", "pk_test_x", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("separator", ["", " ", "-"])
@pytest.mark.parametrize("frame", ["{}", "card {} declined", '{{"number": "{}"}}', "card={},", "({})", "paid with {}."])
def test_card_numbers_are_redacted_however_they_are_written(card: str, separator: str, frame: str) -> None:
    written = separator.join(card[start : start + 4] for start in range(0, len(card), 4))
    cleaned = redact(frame.format(written))
    assert written not in cleaned
    assert card[-8:] not in cleaned
    assert "[redacted]" in cleaned


@given(st.text("0123456789", min_size=12, max_size=18), st.sampled_from(["", " ", "-"]))
def test_every_number_that_could_be_a_card_is_redacted(digits: str, separator: str) -> None:
    card = digits + _check_digit(digits)
    assert card not in redact(f"charge {separator.join(card)} now").replace(separator or "\0", "")


@pytest.mark.parametrize("behind", [" 12/27", " 123", " 12 27 123", "-123", " 90210", " 1"])
def test_a_card_number_hides_nowhere_among_its_expiry_date_and_code(behind: str) -> None:
    for card in ("4242424242424242", "4242 4242 4242 4242", "3782-822463-10005"):
        assert card not in redact(f"paid: {card}{behind}")
        assert card not in redact(f"order 1 {card}{behind}")


@pytest.mark.parametrize(
    "email", ["zoe@example.com", "zoë@bücher.example", "a.b+c%d-e_f@mail.example.co.uk", "X@y-z.example"]
)
@pytest.mark.parametrize("frame", ["{}", "<{}>", '"{}"', "to {}.", "mailto:{}?x", "a,{},b"])
def test_email_addresses_are_redacted(email: str, frame: str) -> None:
    assert "@" not in redact(frame.format(email))


@pytest.mark.parametrize("secret", [*KEYS, JWT])
@pytest.mark.parametrize("frame", ["{}", "Bearer {}", '{{"key": "{}"}}', "key={} more", "a:{}"])
def test_keys_and_tokens_are_redacted(secret: str, frame: str) -> None:
    cleaned = redact(frame.format(secret))
    assert secret not in cleaned
    assert secret[8:] not in cleaned


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(
    "frame", ["{}", "cannot read {}", '{{"code": "{}"}}', "/gift-cards/{}/use", "code={},", "KeyError('{}')"]
)
def test_codes_of_gift_cards_are_redacted(code: str, frame: str) -> None:
    cleaned = redact(frame.format(code))
    assert code[:9] not in cleaned
    assert code[-9:] not in cleaned


@pytest.mark.parametrize("hidden", [*KEYS, *CODES, JWT, "4242424242424242", "zoe@example.com"])
@pytest.mark.parametrize("space", ["\n", "\t", "\r\n", "é", '"', "\\", "\u2028"])
def test_what_a_log_line_escapes_hides_nothing(hidden: str, space: str) -> None:
    """The whole line is cleaned after it is built, when a line break is a backslash and a letter."""
    assert hidden not in _logged(f"first{space}{hidden}{space}last")


def test_fields_and_stack_traces_are_cleaned_too() -> None:
    with pytest.raises(ValueError, match="invalid literal") as caught:
        int("bad\nsk_live_abcdef\n4242 4242 4242 4242")
    line = _logged("failed", caught.value, email="zoe@example.com", nested={"card": ["4242-4242-4242-4242"]})
    assert "sk_live_abcdef" not in line
    assert "4242" not in line
    assert "zoe" not in line
    assert json.loads(line)["message"] == "failed"


@given(st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001 - any wall clock text
def test_timestamps_stay(at: datetime) -> None:
    for text in (to_iso(at), at.isoformat(), at.strftime("%Y-%m-%d %H:%M:%S,%f")[:-3], str(int(at.timestamp()))):
        assert redact(f"at {text} it") == f"at {text} it"


@given(st.integers(0, 10**6))
def test_ids_stay(number: int) -> None:
    fresh = SortableIds(FixedClock(NOW)).new("pay")
    for text in (fresh, derived("pay", str(number)), derived("evt", str(number)), f"cs_test_{number:020d}"):
        assert redact(f'{{"id":"{text}"}}') == f'{{"id":"{text}"}}'


@pytest.mark.parametrize(
    "text",
    [
        "4242424242424243",  # fails the check digit
        "424242424242",  # twelve digits
        "49590338271490602421690000000001",  # a stream's sequence number
        "8c5e3a0e-6f0c-4b5e-9a53-0f4f2f1c7a11",
        "1-67891233-abcdef012345678912345678",
        "amount 99999999999999",
        "arn:aws:dynamodb:us-east-1:123456789012:table/core",
        "0.4242424242424242",
        "user@localhost",
        "2345-6789-2345",  # a telephone number
        "8C5E3A2E-6F3C-4B5E-9A53-2F4F2F3C7A33",
        "CHECKOUT-SESSION-ABCD-EFGH-JKMN",
        "ABCD-EFGH",
        "risk_test",
        "2026-11-05 12:00:00,123 2026-11-06 13:00:00,456",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert redact(text) == text


def _check_digit(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * 2 if place % 2 == 0 else int(digit)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def _logged(message: str, error: Exception | None = None, **fields: Any) -> str:
    stream = io.StringIO()
    logger = Logger(service="test", logger_formatter=RedactingFormatter(), stream=stream, level="INFO")
    logger.handlers[0].setStream(stream)  # type: ignore[attr-defined] # Powertools keeps one handler per service
    logger.error(message, exc_info=error, **fields)
    return stream.getvalue()


@pytest.fixture
def everything() -> Iterator[list[str]]:
    """What comes to the root logger at the level that Lambda gives it where an operator asks for DEBUG."""
    heard: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(f"{record.name}: {record.getMessage()}")

    ear, root = Ear(), logging.getLogger()
    level = root.level
    root.addHandler(ear)
    root.setLevel(logging.DEBUG)
    yield heard
    root.setLevel(level)
    root.removeHandler(ear)


def test_libraries_keep_requests_and_answers_to_themselves_at_any_level(everything: list[str]) -> None:
    make_logger()
    for library in ("botocore.parsers", "pynamodb.connection", "urllib3", "stripe"):
        for level in (logging.DEBUG, logging.INFO):
            logging.getLogger(library).log(level, "answered %s", JWT)
    logging.getLogger("somebody").debug("is heard")
    logging.getLogger("stripe").warning("goes wrong")
    assert everything == ["somebody: is heard", "stripe: goes wrong"]
