"""What is known after each of Square's errors: only what surely had no effect may go elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
from urllib3.exceptions import (
    ConnectTimeoutError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
)

from tollgate.adapters.providers.square.errors import answered, errors_of, outcome_of, outcome_without_answer
from tollgate.checkout.ports import Rejected, Unknown, Unreachable

CONNECTION: Any = None


def _errors(code: object) -> dict[str, Any]:
    return {"errors": [{"category": "X", "code": code, "detail": "Square's own text with zoe@example.com in it"}]}


@pytest.mark.parametrize(
    ("status", "answer", "outcome"),
    [
        (400, _errors("INVALID_VALUE"), Rejected("INVALID_VALUE")),
        (400, _errors("IDEMPOTENCY_KEY_REUSED"), Rejected("IDEMPOTENCY_KEY_REUSED")),
        (404, _errors("NOT_FOUND"), Rejected("NOT_FOUND")),
        (402, _errors("CARD_DECLINED"), Rejected("CARD_DECLINED")),
        (422, {}, Rejected("422")),
        (400, _errors("zoe@example.com"), Rejected("400")),
        (400, {"errors": "none"}, Rejected("400")),
        (401, _errors("ACCESS_TOKEN_EXPIRED"), Unreachable("ACCESS_TOKEN_EXPIRED", credentials_refused=True)),
        (403, _errors("INSUFFICIENT_SCOPES"), Unreachable("INSUFFICIENT_SCOPES", credentials_refused=True)),
        (429, _errors("RATE_LIMITED"), Unreachable("RATE_LIMITED")),
        (400, _errors("TEMPORARY_ERROR"), Unknown("TEMPORARY_ERROR 400")),
        (408, _errors("REQUEST_TIMEOUT"), Unknown("REQUEST_TIMEOUT 408")),
        (409, _errors("CONFLICT"), Unknown("CONFLICT 409")),
        (500, _errors("INTERNAL_SERVER_ERROR"), Unknown("INTERNAL_SERVER_ERROR 500")),
        (502, {}, Unknown("502 502")),
        (503, _errors("SERVICE_UNAVAILABLE"), Unknown("SERVICE_UNAVAILABLE 503")),
        (302, {}, Unknown("302 302")),
    ],
)
def test_an_answer_is_an_outcome(status: int, answer: dict[str, Any], outcome: object) -> None:
    assert outcome_of(status, errors_of(answer.get("errors"))) == outcome


@pytest.mark.parametrize(
    "errors",
    [
        [{"category": "API_ERROR", "code": "NEW_ONE"}],
        [{"code": "CVV_FAILURE"}, {"code": "TEMPORARY_ERROR"}],
        [{"code": "INVALID_VALUE"}, {"category": "API_ERROR", "code": "NEW_ONE"}],
    ],
)
def test_one_trouble_of_squares_own_among_several_errors_leaves_it_in_doubt(errors: list[dict[str, str]]) -> None:
    """Also where it is not named first, and whatever the status says."""
    assert isinstance(outcome_of(400, errors_of(errors)), Unknown)


def test_of_an_error_only_words_are_kept() -> None:
    error = {"category": "of Zoe", "code": "INVALID_VALUE", "detail": "zoe@example.com", "field": "of Zoe"}
    (kept,) = errors_of([error, "none", {"code": 7}, {}])
    assert (kept.category, kept.code, kept.field) == ("", "INVALID_VALUE", "")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (NewConnectionError(CONNECTION, "refused"), Unreachable("no connection")),
        (NameResolutionError("host", CONNECTION, OSError()), Unreachable("no connection")),  # type: ignore[arg-type]
        (ConnectTimeoutError("late"), Unreachable("no connection")),
        (ReadTimeoutError(CONNECTION, "url", "late"), Unknown("ReadTimeoutError")),
        (ProtocolError("broken off"), Unknown("ProtocolError")),
    ],
)
def test_silence_is_an_outcome_too(error: Any, outcome: object) -> None:
    assert outcome_without_answer(error) == outcome


def test_an_answer_without_what_it_must_have_is_unknown() -> None:
    answer: dict[str, Any] = {}
    assert answered(lambda: answer["payment_link"]) == Unknown("an answer that cannot be read: KeyError")
