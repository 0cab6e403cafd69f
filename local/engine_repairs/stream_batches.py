"""What AWS Lambda does with one batch of stream records: the rules, free of any engine.

Source: AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB" (retries, partial batch responses,
bisecting, maximum age, failure destinations).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Record = dict[str, Any]
Condition = Literal["RetryAttemptsExhausted", "MaximumRecordAgeExceeded"]


@dataclass(frozen=True, slots=True)
class Retries:
    """A mapping's settings; -1 means without limit, as in AWS."""

    attempts: int = -1
    record_age_seconds: int = -1
    bisect: bool = False
    partial_responses: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """How one invocation ended: `body` counts only when `failed` is false."""

    failed: bool
    body: Any = None
    throttled: bool = False


@dataclass(slots=True)
class _Chunk:
    records: Sequence[Record]
    failures: int = 0


def work_through(
    records: Sequence[Record],
    retries: Retries,
    *,
    invoke: Callable[[Sequence[Record]], Reply],
    done: Callable[[Record], None],
    discard: Callable[[Sequence[Record], Condition, int], None],
    pause: Callable[[int], None],
    now: Callable[[], float],
) -> None:
    """Process the batch to its end, in order.

    `done` is called with the last record of each finished part, `discard` with records that are given up and the
    number of invocations they had, `pause` with the number of failures before a retry.
    """
    chunks = deque([_Chunk(records)])
    while chunks:
        chunk = chunks.popleft()
        chunk = _without_expired(chunk, retries, discard, done, now)
        if not chunk.records:
            continue
        reply = invoke(chunk.records)
        failed_at = _first_failure(chunk.records, reply, retries)
        if failed_at is None:
            done(chunk.records[-1])
            continue
        if failed_at > 0:
            done(chunk.records[failed_at - 1])
        failures = chunk.failures if reply.throttled else (1 if failed_at else chunk.failures + 1)
        rest = _Chunk(chunk.records[failed_at:], failures)
        chunks.extendleft(reversed(list(_next_parts(rest, failed_at, retries, discard, done, pause))))


def _next_parts(
    rest: _Chunk,
    failed_at: int,
    retries: Retries,
    discard: Callable[[Sequence[Record], Condition, int], None],
    done: Callable[[Record], None],
    pause: Callable[[int], None],
) -> Iterable[_Chunk]:
    """What is tried next; splitting a batch does not count as a retry of its parts."""
    if retries.bisect and failed_at == 0 and len(rest.records) > 1:
        middle = len(rest.records) // 2
        before = rest.failures - 1
        return [_Chunk(rest.records[:middle], before), _Chunk(rest.records[middle:], before)]
    if 0 <= retries.attempts < rest.failures:
        discard(rest.records, "RetryAttemptsExhausted", rest.failures)
        done(rest.records[-1])
        return []
    pause(rest.failures)
    return [rest]


def _without_expired(
    chunk: _Chunk,
    retries: Retries,
    discard: Callable[[Sequence[Record], Condition, int], None],
    done: Callable[[Record], None],
    now: Callable[[], float],
) -> _Chunk:
    if retries.record_age_seconds < 0:
        return chunk
    oldest = now() - retries.record_age_seconds
    count = 0
    while count < len(chunk.records) and _created(chunk.records[count]) < oldest:
        count += 1
    if count:
        discard(chunk.records[:count], "MaximumRecordAgeExceeded", chunk.failures)
        done(chunk.records[count - 1])
    return _Chunk(chunk.records[count:], chunk.failures)


def _created(record: Record) -> float:
    return float(record["dynamodb"]["ApproximateCreationDateTime"])


def _first_failure(records: Sequence[Record], reply: Reply, retries: Retries) -> int | None:
    """Index of the first record to try again; None when all are done.

    An answer that names no record, or one that is not in the batch, fails the whole batch.
    """
    if reply.failed:
        return 0
    if not retries.partial_responses or not reply.body:
        return None
    if not isinstance(reply.body, dict) or not isinstance(named := reply.body.get("batchItemFailures") or [], list):
        return 0
    places = {record["dynamodb"]["SequenceNumber"]: place for place, record in enumerate(records)}
    named_places = [places.get(item.get("itemIdentifier") if isinstance(item, dict) else None) for item in named]
    return min((0 if place is None else place for place in named_places), default=None)
