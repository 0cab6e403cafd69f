"""From the core table's stream to the balances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse

from tollgate.adapters.dynamodb.ledger_items import KIND, born_projected, from_item
from tollgate.kernel.errors import RetryableError, TollgateError
from tollgate.ledger.model import JournalEntry
from tollgate.ledger.projecting import Projector
from tollgate.runtime.observability import cause_of, flush


class LedgerStream:
    """Projects a batch at once. An entry that cannot be read is reported, and holds up no other: those that stand are
    recognised when they come again with it.
    """

    def __init__(self, projector: Projector, logger: Logger, metrics: Metrics) -> None:
        self._projector = projector
        self._logger = logger
        self._metrics = metrics

    def project(self, records: Sequence[dict[str, Any]], request_id: str) -> PartialItemFailureResponse:
        """Reports the records that must come again."""
        self._logger.set_correlation_id(request_id)
        readable: list[JournalEntry] = []
        taken: list[str] = []
        failed: list[str] = []
        for record in records:
            if not _is_new_entry(record):
                continue
            sequence = record["dynamodb"]["SequenceNumber"]
            try:
                readable.append(from_item(record["dynamodb"]["NewImage"]))
                taken.append(sequence)
            except (KeyError, ValueError, AttributeError, TollgateError):
                self._logger.exception("not a journal entry", sequence=sequence, keys=record["dynamodb"].get("Keys"))
                failed.append(sequence)
        if not self._project(readable):
            failed += taken
        self._metrics.add_metric("LedgerNotProjected", MetricUnit.Count, len(failed))
        flush(self._metrics)
        return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}

    def _project(self, entries: Sequence[JournalEntry]) -> bool:
        """False when the store was too busy: what it took before is recognised when all of it comes again."""
        try:
            done = self._projector.project(entries)
        except RetryableError as error:
            self._logger.warning("not projected; it comes again", cause=cause_of(error))
            return False
        self._metrics.add_metric("LedgerProjected", MetricUnit.Count, done.new)
        self._metrics.add_metric("LedgerRepeated", MetricUnit.Count, done.repeated)
        return True


def _is_new_entry(record: dict[str, Any]) -> bool:
    """The stream also tells of marks, balances, changes and all the other kinds."""
    image = record["dynamodb"].get("NewImage", {})
    return record["eventName"] == "INSERT" and image.get("kind", {}).get("S") == KIND and not born_projected(image)
