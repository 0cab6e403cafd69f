"""Square's errors to the outcomes of a call. Only what surely had no effect is `Unreachable`; when in doubt it is
`Unknown`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

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
_CODE = re.compile(r"[A-Z0-9_]{1,64}")


class NoAnswer(Exception):
    """A call that brought nothing to read; `outcome` is what is known all the same."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(repr(outcome))
        self.outcome = outcome


def outcome_of(status: int, answer: Mapping[str, Any]) -> Outcome:
    """What is known after this answer. Of its texts only the code is kept: the others may quote what was sent."""
    code = code_of(answer.get("errors")) or str(status)
    if status in _NOT_LET_IN:
        return Unreachable(code, credentials_refused=True)
    if status == _TOO_MANY:
        return Unreachable(code)
    if 400 <= status < 500 and status not in _PERHAPS_AT_WORK and code not in _PASSING:
        return Rejected(code)
    # A key brings back the answer of what succeeded under it, and not a failure: it stays good.
    return Unknown(f"{code} {status}")


def outcome_without_answer(error: HTTPError) -> Outcome:
    """What is known when nothing came back."""
    if isinstance(error, _NEVER_CONNECTED):
        return Unreachable("no connection")
    return Unknown(type(error).__name__)


def code_of(errors: object) -> str | None:
    """The code of the first error of a list."""
    first = errors[0] if isinstance(errors, list) and errors else None
    code = first.get("code") if isinstance(first, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else None


def answered[T](ask: Callable[[], T]) -> T | Outcome:
    """What was asked for, or what is known without it."""
    try:
        return ask()
    except NoAnswer as missing:
        return missing.outcome
    except MALFORMED as error:
        return Unknown(f"an answer that cannot be read: {type(error).__name__}")
