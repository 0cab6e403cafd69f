"""The root of every error Tollgate raises on purpose. HTTP status lives at the edge, in `runtime/http/errors.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class TollgateError(Exception):
    """Final: the same call fails the same way. `code` is part of the API; the text never holds personal data or
    secrets.
    """

    code = "INTERNAL_ERROR"


class RetryableError(TollgateError):
    """Nothing is known to have gone wrong for good: the same call may succeed later."""

    code = "TEMPORARILY_UNAVAILABLE"
    retry_after_seconds = 1


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field of the caller's input, by its path in the body (`items.0.quantity`), and what is wrong with it."""

    field: str
    message: str


class ValidationFailed(TollgateError):
    """The caller's input is wrong; names each field."""

    code = "VALIDATION_ERROR"

    def __init__(self, errors: Sequence[FieldError], message: str = "Validation failed") -> None:
        super().__init__(message)
        self.errors = tuple(errors)


class NotFound(TollgateError):
    """No such record for this tenant and owner. Someone else's record gives the same answer."""

    code = "NOT_FOUND"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} not found")


class Forbidden(TollgateError):
    """The caller is known, and may not do this."""

    code = "FORBIDDEN"


class StoreUnavailable(RetryableError):
    """The store did not take the call within the deadline; a write is known not to have been applied."""

    code = "STORE_UNAVAILABLE"


class WriteOutcomeUnknown(RetryableError):
    """The connection broke after a write was sent: it may have been applied. Conditions make sending it again safe."""

    code = "STORE_UNAVAILABLE"


class ConcurrentChange(RetryableError):
    """Another writer got there first; read again and decide anew."""

    code = "CONCURRENT_CHANGE"
