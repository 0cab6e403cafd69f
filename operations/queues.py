"""Which queues of a stack hold dead letters, and whose: read off the queues and rules themselves, never off names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import boto3

from operations.stacks import BUS, QUEUE, Stack


@dataclass(frozen=True, slots=True)
class Queue:
    """`waiting` is SQS's estimate, in flight included. `dead_letters_to` is the ARN its redrive policy names."""

    url: str
    arn: str
    waiting: int = 0
    dead_letters_to: str | None = None

    @property
    def name(self) -> str:
        return self.arn.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """A dead-letter queue with the queues whose messages end in it, and whether rules of the bus send theirs there."""

    queue: Queue
    sources: tuple[Queue, ...] = ()
    of_rules: bool = False


def dead_letters(queues: Iterable[Queue], of_rules: Iterable[str]) -> list[DeadLetters]:
    """`of_rules` are the ARNs that targets of rules name. A queue that nobody names holds no dead letters."""
    by_arn = {queue.arn: DeadLetters(queue) for queue in queues}
    for each in list(by_arn.values()):
        if (target := by_arn.get(each.queue.dead_letters_to or "")) is not None:
            by_arn[target.queue.arn] = replace(target, sources=(*target.sources, each.queue))
    for arn in set(of_rules) & by_arn.keys():
        by_arn[arn] = replace(by_arn[arn], of_rules=True)
    return [each for each in by_arn.values() if each.sources or each.of_rules]


def discover(stack: Stack) -> list[DeadLetters]:
    """The dead-letter queues among the stack's own."""
    return dead_letters([_describe(url) for url in stack.of(QUEUE)], list(_named_by_rules(stack)))


def _describe(url: str) -> Queue:
    described = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    policy = json.loads(described.get("RedrivePolicy") or "{}")
    waiting = int(described["ApproximateNumberOfMessages"]) + int(described["ApproximateNumberOfMessagesNotVisible"])
    return Queue(url, described["QueueArn"], waiting, policy.get("deadLetterTargetArn"))


def _named_by_rules(stack: Stack) -> Iterator[str]:
    """A bus has rules of its subscribers too; their queues are theirs, and not among ours."""
    client = boto3.client("events")
    for bus in stack.of(BUS):
        for page in client.get_paginator("list_rules").paginate(EventBusName=bus):
            for rule in page["Rules"]:
                targets = client.get_paginator("list_targets_by_rule").paginate(Rule=rule["Name"], EventBusName=bus)
                for target in (target for found in targets for target in found["Targets"]):
                    if arn := target.get("DeadLetterConfig", {}).get("Arn"):
                        yield arn
