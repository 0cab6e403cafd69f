"""What DynamoDB and the network say when things go wrong, and how long to keep trying."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from botocore.exceptions import (
    ChecksumError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ProxyConnectionError,
)
from botocore.exceptions import ConnectionError as NoConnectionError

from tollgate.kernel.errors import RetryableError, StoreUnavailable, WriteOutcomeUnknown

# Refused without effect, by their documented names.
_REFUSED = frozenset(
    {
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
# Reasons inside a cancelled transaction that another try can overcome; nothing of it was applied.
PASSING_REASONS = frozenset({"TransactionConflict", "ProvisionedThroughputExceeded", "ThrottlingError"})
_SERVER_FAULTS = frozenset({"InternalServerError", "InternalFailure", "ServiceUnavailable", "500", "502", "503", "504"})
# botocore has two families, what failed while connecting and what failed after; and answers damaged on their way.
_NETWORK = (NoConnectionError, HTTPClientError, ChecksumError)
_NOT_SENT = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try again, and how to wait: full jitter, doubling from `first_pause` up to `longest_pause`
    (seconds).
    """

    budget: float = 5.0
    first_pause: float = 0.02
    longest_pause: float = 0.5
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def deadline(self) -> float:
        """When to give up what begins now."""
        return self.clock() + self.budget

    def pause(self, attempt: int) -> None:
        """Wait before the next try."""
        longest = min(self.longest_pause, self.first_pause * 2.0**attempt)
        self.sleep(random.uniform(0, longest))  # noqa: S311 - jitter, not a secret


def retrying(patience: Patience, call: Callable[[], dict[str, Any]], deadline: float | None = None) -> dict[str, Any]:
    """The result of the call; tries again what may pass. Raises `StoreUnavailable` or `WriteOutcomeUnknown` past the
    deadline (by default, when the budget is spent), and any other error of DynamoDB as it is.
    """
    deadline = patience.deadline() if deadline is None else deadline
    attempt, maybe_applied = 0, False
    while True:
        try:
            return call()
        except (ClientError, *_NETWORK) as error:
            kind = classify(error)
            if kind is None:
                raise
            maybe_applied = maybe_applied or kind is WriteOutcomeUnknown
            if patience.clock() >= deadline:
                final = WriteOutcomeUnknown if maybe_applied else StoreUnavailable
                raise final("the store does not answer") from error
        patience.pause(attempt)
        attempt += 1


def classify(error: Exception) -> type[RetryableError] | None:
    """Whether another try makes sense, and if so, whether this one may have been applied all the same."""
    if isinstance(error, _NOT_SENT):
        return StoreUnavailable
    if isinstance(error, _NETWORK):
        return WriteOutcomeUnknown
    code = code_of(error)
    if code in _REFUSED:
        return StoreUnavailable
    return WriteOutcomeUnknown if code in _SERVER_FAULTS else None


def code_of(error: Exception) -> str:
    """DynamoDB's name for the error, or an empty string."""
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def stored_item(error: ClientError) -> dict[str, dict[str, Any]] | None:
    """The item that failed a lone write's condition."""
    item: dict[str, dict[str, Any]] | None = _told(error).get("Item")
    return item


def cancellation_reasons(error: ClientError) -> list[dict[str, Any]]:
    """Why a transaction was cancelled: one reason per write, in their order, with `Code` and perhaps `Item`."""
    return list(_told(error).get("CancellationReasons", []))


def _told(error: ClientError) -> dict[str, Any]:
    return cast(dict[str, Any], error.response)
