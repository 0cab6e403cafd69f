"""Square's errors to the outcomes of a call. Only what surely had no effect is `Unreachable`; when in doubt it is
`Unknown`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from tollgate.checkout.ports import Rejected, Unknown, Unreachable
from tollgate.kernel.errors import TollgateError

type Outcome = Rejected | Unreachable | Unknown

# Whatever a field that is missing, or of another kind than it should be, leads to.
MALFORMED = (AttributeError, KeyError, TypeError, ValueError, OverflowError, TollgateError)
_NEVER_CONNECTED = (ConnectTimeoutError, NewConnectionError)
_NOT_LET_IN, _TOO_MANY, _PERHAPS_AT_WORK = (401, 403), 429, (408, 409)
# Square's own trouble, whatever the status says.
_PASSING = frozenset(
    "BAD_GATEWAY CONFLICT GATEWAY_TIMEOUT INTERNAL_SERVER_ERROR REQUEST_TIMEOUT SERVICE_UNAVAILABLE"
    " TEMPORARY_ERROR".split()
)
_OWN_TROUBLE = "API_ERROR"
# Of these something was sent before, under this key or of this payment, and nothing is known about it.
_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
_SENT_BEFORE = frozenset({_KEY_REUSED, "REFUND_ALREADY_PENDING"})
_WORD = re.compile(r"[A-Z0-9_]{1,64}")
_FIELD = re.compile(r"[a-z0-9_.]{1,64}")


@dataclass(frozen=True, slots=True)
class SquareError:
    """One of the errors of an answer. Of its texts only words are kept: the others may quote what was sent."""

    category: str
    code: str
    field: str = ""

    @property
    def is_passing(self) -> bool:
        return self.code in _PASSING or self.category == _OWN_TROUBLE


class NoAnswer(Exception):
    """A call that brought nothing to read; `outcome` is what is known all the same, `errors` what Square said."""

    def __init__(self, outcome: Outcome, errors: tuple[SquareError, ...] = ()) -> None:
        super().__init__(repr(outcome))
        self.outcome = outcome
        self.errors = errors


def outcome_of(status: int, errors: tuple[SquareError, ...]) -> Outcome:
    """What is known after an answer with these errors. One of Square's own troubles among them leaves all in doubt."""
    code = errors[0].code if errors else str(status)
    if status in _NOT_LET_IN:
        return Unreachable(code, credentials_refused=True)
    if status == _TOO_MANY:
        return Unreachable(code)
    if 400 <= status < 500 and status not in _PERHAPS_AT_WORK and not any(each.is_passing for each in errors):
        return Rejected(code)
    # A key brings back the answer of what succeeded under it, and not a failure: it stays good.
    return Unknown(f"{code} {status}")


def outcome_without_answer(error: HTTPError) -> Outcome:
    """What is known when nothing came back."""
    if isinstance(error, _NEVER_CONNECTED):
        return Unreachable("no connection")
    return Unknown(type(error).__name__)


def errors_of(errors: object) -> tuple[SquareError, ...]:
    """Those of a list whose code can be read."""
    listed = [each for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []
    read = [
        SquareError(
            _like(_WORD, each.get("category")), _like(_WORD, each.get("code")), _like(_FIELD, each.get("field"))
        )
        for each in listed
    ]
    return tuple(each for each in read if each.code)


def _like(form: re.Pattern[str], text: object) -> str:
    return text if isinstance(text, str) and form.fullmatch(text) else ""


def answered[T](ask: Callable[[], T]) -> T | Outcome:
    """What was asked for, or what is known without it."""
    try:
        return ask()
    except NoAnswer as missing:
        return missing.outcome
    except MALFORMED as error:
        return Unknown(f"an answer that cannot be read: {type(error).__name__}")


def in_doubt[T](outcome: T) -> T | Unknown:
    """The outcome of what moves money: a refusal for the sake of what was sent before refuses nothing."""
    if isinstance(outcome, Rejected) and outcome.code in _SENT_BEFORE:
        return Unknown(outcome.code, key_spent=outcome.code == _KEY_REUSED, told=True)
    return outcome
