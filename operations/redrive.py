"""Sends what failed on its way to where it was going."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3

from operations.access import AWS_ERRORS, explained
from operations.draining import Drain, Drained, Stays
from operations.errors import DONE, LEFT_OVER
from operations.handing_over import FailedRecords
from operations.moving import move_back, send_back
from operations.queues import DeadLetters, discover
from operations.report import Say
from operations.rule_letters import RuleLetters, letter_in
from operations.stacks import FUNCTION, Stack

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

QUEUES, RECORDS, ALL = "queues", "records", "all"
BUCKET_OUTPUT = "FailedRecordsBucketName"


def redrive(stack: Stack, what: str, say: Say, *, dry_run: bool) -> tuple[dict[str, Any], int]:
    """The summary, and the exit code: 0 only if nothing was left where it was."""
    summary: dict[str, Any] = {"stack": stack.name, "dry_run": dry_run}
    left = 0
    if what in (QUEUES, ALL):
        summary["queues"] = queues = []
        for letters in discover(stack):
            drained = _queue(letters, say, dry_run=dry_run)
            left += drained.left_over.count
            queues.append({"queue": letters.queue.name, "waiting": letters.queue.waiting} | drained.summary())
    if what in (RECORDS, ALL):
        handed_over = _records(stack, say, dry_run=dry_run)
        left += handed_over["left_over"]["count"]
        summary["records"] = handed_over
    return summary | {"complete": left == 0}, DONE if left == 0 else LEFT_OVER


def _queue(letters: DeadLetters, say: Say, *, dry_run: bool) -> Drained:
    """One queue's trouble does not keep the others from being worked on."""
    waiting, name = letters.queue.waiting, letters.queue.name
    if dry_run:
        say(f"{name}: {waiting} waiting, would be sent on")
        return Drained()
    say(f"{name}: {waiting} waiting")
    try:
        drained = _from_rules(letters) if letters.of_rules else move_back(boto3.client("sqs"), letters, say)
    except AWS_ERRORS as error:
        drained = Drained()
        drained.left_over.add(name, explained(error))
    for each in drained.left_over.named:
        say(f"  stays: {each['what']}: {each['why']}")
    say(f"{name}: {drained.moved} sent on, {drained.left_over.count} left")
    return drained


def _from_rules(letters: DeadLetters) -> Drained:
    sqs = boto3.client("sqs")
    rules = RuleLetters(sqs, boto3.client("events"))

    def deliver(message: MessageTypeDef) -> str | None:
        if letter := letter_in(message):
            return rules.deliver(letter)
        if letters.sources:
            return send_back(sqs, letters, message)
        raise Stays("it does not say which rule should have delivered it")

    return Drain(sqs, letters.queue.url, deliver).run()


def _records(stack: Stack, say: Say, *, dry_run: bool) -> dict[str, Any]:
    bucket = stack.output(BUCKET_OUTPUT)
    say(f"{bucket}: failed records")
    outcome = FailedRecords(bucket, stack.of(FUNCTION), say, dry_run=dry_run).hand_over()
    say(f"{bucket}: {outcome.done} of {outcome.objects} objects {'could be ' if dry_run else ''}handed over")
    return outcome.summary()
