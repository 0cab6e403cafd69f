"""Events that a rule could not deliver to its target."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from operations.draining import Stays
from tollgate.adapters.dynamodb.failures import code_of
from tollgate.adapters.eventbridge import SOURCE, EventBus, Message

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import TargetOutputTypeDef
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

# A target with one of these gets something else than the event itself, which only EventBridge can make.
_TRANSFORMS = ("Input", "InputPath", "InputTransformer")


@dataclass(frozen=True, slots=True)
class RuleLetter:
    """`body` is the event as EventBridge would have delivered it."""

    rule_arn: str
    target_arn: str
    body: str

    @property
    def bus_and_rule(self) -> tuple[str, str]:
        """`…:rule/<bus>/<rule>`; on the default bus the ARN does not name it."""
        bus, _, rule = self.rule_arn.partition(":rule/")[2].rpartition("/")
        return bus or "default", rule


def letter_in(message: MessageTypeDef) -> RuleLetter | None:
    """EventBridge says in two message attributes where the event should have gone. None for other messages."""
    attributes: Mapping[str, Mapping[str, Any]] = message.get("MessageAttributes", {})
    rule, target = (attributes.get(name, {}).get("StringValue") for name in ("RULE_ARN", "TARGET_ARN"))
    return RuleLetter(rule, target, message["Body"]) if rule and target else None


def as_message(body: str) -> Message:
    """The event as our relay put it on the bus. Raises `Stays` for anything else."""
    try:
        event: Mapping[str, Any] = json.loads(body)
        if event["source"] != SOURCE:
            raise Stays(f"it is an event of {event['source']}, who alone may publish it again")
        detail = json.dumps(event["detail"], separators=(",", ":"), ensure_ascii=False)
        return Message(str(event["detail-type"]), detail)
    except (ValueError, KeyError, TypeError) as error:
        raise Stays(f"it is no event: {error!r}") from error


class RuleLetters:
    """To the one target that missed it where that is a queue. Else onto the bus again, for every rule: whoever had it
    before drops it by its id.
    """

    def __init__(self, sqs: SQSClient, events: EventBridgeClient) -> None:
        self._sqs = sqs
        self._events = events

    def deliver(self, letter: RuleLetter) -> str | None:
        """The message's new id where it went to a queue. Raises `Stays`."""
        target = self._target(letter)
        if ":sqs:" in letter.target_arn and not any(name in target for name in _TRANSFORMS):
            return self._send(letter, target)
        bus, _ = letter.bus_and_rule
        published = EventBus(bus).put([as_message(letter.body)])
        if published.failure is not None:
            raise Stays(f"the bus does not take it: {published.failure}")
        return None

    def _target(self, letter: RuleLetter) -> TargetOutputTypeDef:
        """What the rule says today: a target that it no longer has must not get events any more."""
        bus, rule = letter.bus_and_rule
        try:
            pages = self._events.get_paginator("list_targets_by_rule").paginate(Rule=rule, EventBusName=bus)
            found = [target for page in pages for target in page["Targets"] if target["Arn"] == letter.target_arn]
        except ClientError as error:
            if code_of(error) != "ResourceNotFoundException":
                raise
            found = []
        if not found:
            raise Stays(f"the rule {rule} does not lead to {letter.target_arn} any more")
        return found[0]

    def _send(self, letter: RuleLetter, target: TargetOutputTypeDef) -> str:
        account, name = letter.target_arn.split(":")[4:6]
        url = self._sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
        group = target.get("SqsParameters", {}).get("MessageGroupId")
        if group:
            return self._sqs.send_message(QueueUrl=url, MessageBody=letter.body, MessageGroupId=group)["MessageId"]
        return self._sqs.send_message(QueueUrl=url, MessageBody=letter.body)["MessageId"]
