"""The unit of work on DynamoDB: one `TransactWriteItems`, or the plain call when there is one write (half the write
units).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, cast

from botocore.exceptions import ClientError
from pynamodb.connection import Connection

from tollgate.adapters.dynamodb import failures
from tollgate.adapters.dynamodb.failures import Patience
from tollgate.adapters.dynamodb.store import DynamoWrite
from tollgate.kernel.errors import StoreUnavailable
from tollgate.kernel.unit_of_work import UnitOfWork, Write, check


class _Cancelled(Exception):
    """A transaction that lost to traffic, not to a condition: it had no effect, and may be sent anew."""


class DynamoUnitOfWork(UnitOfWork):
    """Commits on both tables at once. A lost answer is found out by sending the same token, or by the write's own
    condition.
    """

    def __init__(self, connection: Connection, patience: Patience | None = None) -> None:
        self._connection = connection
        self._patience = patience or Patience()

    def commit(self, *writes: Write) -> None:
        check(writes)
        ours = cast(Sequence[DynamoWrite], writes)
        if len(ours) == 1 and ours[0].operation != "ConditionCheck":
            self._commit_one(ours[0])
        elif ours:
            self._commit_all(ours)

    def _commit_one(self, write: DynamoWrite) -> None:
        try:
            failures.retrying(
                self._patience, lambda: self._connection.dispatch(f"{write.operation}Item", write.request)
            )
        except ClientError as error:
            if failures.code_of(error) != "ConditionalCheckFailedException":
                raise
            stored = failures.stored_item(error)
            if stored is None or not write.is_ours(stored):
                raise write.on_conflict(stored) from None

    def _commit_all(self, writes: Sequence[DynamoWrite]) -> None:
        deadline = self._patience.deadline()
        attempt = 0
        while True:
            try:
                self._transact(writes, deadline)
            except _Cancelled as cancelled:
                if self._patience.clock() >= deadline:
                    raise StoreUnavailable("the store is too busy with these items") from cancelled
                self._patience.pause(attempt)
                attempt += 1
            else:
                return

    def _transact(self, writes: Sequence[DynamoWrite], deadline: float) -> None:
        request: dict[str, Any] = {
            "TransactItems": [{write.operation: write.request} for write in writes],
            # The same for every try of this call: a transaction whose answer was lost succeeds again without effect.
            "ClientRequestToken": str(uuid.uuid4()),
        }
        try:
            failures.retrying(
                self._patience, lambda: self._connection.dispatch("TransactWriteItems", request), deadline
            )
        except ClientError as error:
            if failures.code_of(error) != "TransactionCanceledException":
                raise
            reasons = failures.cancellation_reasons(error)
            for write, reason in zip(writes, reasons, strict=False):
                if reason["Code"] == "ConditionalCheckFailed":
                    raise write.on_conflict(reason.get("Item")) from None
            if any(reason["Code"] in failures.PASSING_REASONS for reason in reasons):
                raise _Cancelled from error
            raise
