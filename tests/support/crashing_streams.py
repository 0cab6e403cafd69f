"""The event sources: a table's stream with its consumer. What a consumer has not surely done comes again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.crashing_wire import Wire
from tests.support.deployment import Deployment
from tests.support.streams import PAGE, records_at

type Record = dict[str, Any]
type Consume = Callable[[list[Record]], Any]
type Invoke = Callable[[str, dict[str, Any]], Any]

# A batch that fails so often, without a fault, fails for ever.
MOST_ATTEMPTS = 6


class NeverConsumed(AssertionError):
    """A record that its consumer refuses though nothing is wrong any more."""


@dataclass
class Feed:
    """Reads on where it stopped. `seen` is all that came since the last `skip`; `pending` is still to be consumed."""

    deployed: Deployment
    wire: Wire
    table: str
    consume: Consume
    seen: list[Record] = field(default_factory=list)
    pending: list[Record] = field(default_factory=list)
    _iterators: list[str] = field(default_factory=list)
    _read_at: int = -1

    def look(self) -> bool:
        """Fetch what is new; whether there is anything to do."""
        writes = self.wire.writes[self.deployed.environment[self.table]]
        if self._read_at != writes:
            self._read_at = writes
            self._read()
        return bool(self.pending)

    def _read(self) -> None:
        streams = self.deployed.client("dynamodbstreams")
        for place, iterator in enumerate(self._iterators or self._start()):
            new, following = records_at(streams, iterator)
            while len(new) == PAGE:
                more, following = records_at(streams, following)
                new += more
            self.seen += new
            self.pending += new
            self._iterators[place] = following

    def skip(self) -> None:
        """Forget everything so far."""
        self.look()
        self.seen, self.pending = [], []

    def deliver(self) -> None:
        """One invocation with all that is pending. From the first reported record on, it stays pending."""
        batch = list(self.pending)
        answer = self.consume(batch)
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
        done = min((numbers.index(number) for number in failed), default=len(batch))
        taken = set(numbers[:done])
        self.pending = [record for record in self.pending if record["dynamodb"]["SequenceNumber"] not in taken]

    def drain(self) -> bool:
        """Deliver until nothing is left; whether there was anything."""
        busy = self.look()
        for _ in range(MOST_ATTEMPTS):
            if not self.pending:
                return busy
            self.deliver()
        raise NeverConsumed(f"{self.table}: {[record['dynamodb'].get('Keys') for record in self.pending]}")

    def _start(self) -> list[str]:
        streams = self.deployed.client("dynamodbstreams")
        name = self.deployed.environment[self.table]
        arn = self.deployed.client("dynamodb").describe_table(TableName=name)["Table"]["LatestStreamArn"]
        shards = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        self._iterators = [
            streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")[
                "ShardIterator"
            ]
            for shard in shards
        ]
        return self._iterators


def queued(entries: list[dict[str, Any]]) -> list[dict[str, str]]:
    """As the bus puts them into a queue."""
    return [
        {"messageId": str(number), "body": json.dumps({"detail": json.loads(entry["Detail"])})}
        for number, entry in enumerate(entries)
    ]


@dataclass
class Queue:
    """Between the bus and a function: what the bus took of some types. What fails comes again, with all around it."""

    wire: Wire
    invoke: Invoke
    function: str
    types: frozenset[str]
    _done: int = 0

    def begin(self) -> None:
        """From the first that the bus has noted."""
        self._done = 0

    def deliver(self) -> bool:
        """Each new message by itself, until one fails; whether there was any."""
        new, done = self.wire.published[self._done :], len(self.wire.published)
        for record in (records := queued([entry for entry in new if entry["DetailType"] in self.types])):
            if self.invoke(self.function, {"Records": [record]})["batchItemFailures"]:
                return True
        self._done = done
        return bool(records)
