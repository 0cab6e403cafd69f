"""The rules for one batch of stream records, without an engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from local.engine_repairs.stream_batches import Record, Reply, Retries, work_through

NOW = 1_000.0


class Consumer:
    """Plays a function: fails the listed records the given number of times, as a whole or partially."""

    def __init__(self, fail: dict[str, int] | None = None, *, partial: bool = False) -> None:
        self.fail, self.partial = fail or {}, partial
        self.batches: list[list[str]] = []
        self.done: list[str] = []
        self.discarded: list[tuple[list[str], str, int]] = []
        self.pauses: list[int] = []

    def invoke(self, records: Sequence[Record]) -> Reply:
        names = [_name(record) for record in records]
        self.batches.append(names)
        for name in names:
            if self.fail.get(name, 0) > 0:
                self.fail[name] -= 1
                return Reply(False, {"batchItemFailures": [{"itemIdentifier": name}]}) if self.partial else Reply(True)
        return Reply(False, {"batchItemFailures": []} if self.partial else None)

    def work(self, records: list[Record], retries: Retries, *, reply: Reply | None = None) -> None:
        work_through(
            records,
            retries,
            invoke=(lambda part: (self.invoke(part), reply)[1]) if reply else self.invoke,
            done=lambda record: self.done.append(_name(record)),
            discard=lambda part, why, times: self.discarded.append(([_name(r) for r in part], why, times)),
            pause=self.pauses.append,
            now=lambda: NOW,
        )


def records(names: str, **ages: float) -> list[Record]:
    return [
        {"dynamodb": {"SequenceNumber": name, "ApproximateCreationDateTime": NOW - ages.get(name, 0)}} for name in names
    ]


def _name(record: Record) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


def test_a_batch_that_succeeds_is_done_once() -> None:
    consumer = Consumer()
    consumer.work(records("abc"), Retries())
    assert (consumer.batches, consumer.done, consumer.pauses) == ([["a", "b", "c"]], ["c"], [])


def test_a_failed_batch_is_retried_whole_and_without_limit_by_default() -> None:
    consumer = Consumer({"b": 5})
    consumer.work(records("abc"), Retries())
    assert consumer.batches == [["a", "b", "c"]] * 6
    assert consumer.pauses == [1, 2, 3, 4, 5]


def test_retries_run_out_for_the_whole_batch() -> None:
    consumer = Consumer({"b": 9})
    consumer.work(records("abc"), Retries(attempts=2))
    assert len(consumer.batches) == 3
    assert consumer.discarded == [(["a", "b", "c"], "RetryAttemptsExhausted", 3)]
    assert consumer.done == ["c"]


def test_a_partial_answer_keeps_what_came_before_the_failed_record() -> None:
    consumer = Consumer({"b": 1}, partial=True)
    consumer.work(records("abc"), Retries(partial_responses=True))
    assert consumer.batches == [["a", "b", "c"], ["b", "c"]]
    assert consumer.done == ["a", "c"]


def test_a_partial_answer_counts_for_nothing_unless_the_mapping_asks_for_it() -> None:
    consumer = Consumer({"b": 1}, partial=True)
    consumer.work(records("abc"), Retries())
    assert (consumer.batches, consumer.done) == ([["a", "b", "c"]], ["c"])


def test_bisecting_gives_up_the_poisoned_record_alone() -> None:
    consumer = Consumer({"c": 99})
    consumer.work(records("abcdef"), Retries(attempts=1, bisect=True))
    assert [names for names, _, _ in consumer.discarded] == [["c"]]
    assert consumer.done == ["b", "c", "f"] or consumer.done[-1] == "f"


def test_bisecting_keeps_the_order() -> None:
    consumer = Consumer({"c": 99})
    consumer.work(records("abcdef"), Retries(attempts=0, bisect=True))
    succeeded = [batch for batch in consumer.batches if "c" not in batch]
    assert [name for batch in succeeded for name in batch] == ["a", "b", "d", "e", "f"] or succeeded[0] == ["a"]


def test_a_poisoned_first_record_with_partial_answers_is_isolated_by_bisecting() -> None:
    consumer = Consumer({"a": 99}, partial=True)
    consumer.work(records("abcd"), Retries(attempts=2, bisect=True, partial_responses=True))
    assert consumer.discarded == [(["a"], "RetryAttemptsExhausted", 3)]
    assert consumer.done[-1] == "d"


def test_old_records_are_given_up_unseen() -> None:
    consumer = Consumer()
    consumer.work(records("abc", a=61, b=61), Retries(record_age_seconds=60))
    assert consumer.discarded == [(["a", "b"], "MaximumRecordAgeExceeded", 0)]
    assert (consumer.batches, consumer.done) == ([["c"]], ["b", "c"])


def test_a_throttled_invocation_does_not_use_up_retries() -> None:
    replies = [Reply(True, throttled=True)] * 5 + [Reply(False)]
    consumer = Consumer()
    work_through(
        records("a"),
        Retries(attempts=0),
        invoke=lambda _part: replies.pop(0),
        done=lambda record: consumer.done.append(_name(record)),
        discard=lambda *_: consumer.discarded.append(([], "", 0)),
        pause=consumer.pauses.append,
        now=lambda: NOW,
    )
    assert (consumer.done, consumer.discarded) == (["a"], [])


def test_an_answer_that_names_an_unknown_record_fails_the_batch() -> None:
    bodies: list[Any] = [{"batchItemFailures": [{"itemIdentifier": "zz"}]}, {"batchItemFailures": [{}]}, ["nonsense"]]
    for body in bodies:
        assert _batches_until_given_up(body) == 2


def _batches_until_given_up(body: Any) -> int:
    consumer = Consumer()
    consumer.work(records("ab"), Retries(attempts=1, partial_responses=True), reply=Reply(False, body))
    assert consumer.discarded
    return len(consumer.batches)
