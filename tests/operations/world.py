"""What an operator has before them: a stack with its bus, queues, function and bucket, and events in its table."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import batched
from typing import Any

from tests.support.deployment import Deployment
from tollgate.adapters.dynamodb import keys
from tollgate.kernel.events import Event

TEN = datetime(2026, 3, 5, 10, tzinfo=UTC)
# Takes what is not marked "poison", and tells the queue `seen` what it was handed.
FUNCTION = """
import json, os
import boto3

def handler(event, context):
    numbers = [record["dynamodb"]["SequenceNumber"] for record in event["Records"]]
    boto3.client("sqs").send_message(QueueUrl=os.environ["SEEN"], MessageBody=json.dumps(numbers))
    if os.environ["MODE"] == "raises":
        raise RuntimeError("the store does not answer")
    if os.environ["MODE"] == "takes all":
        return {"batchItemFailures": []}
    bad = [r["dynamodb"]["SequenceNumber"] for r in event["Records"] if "poison" in json.dumps(r)]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in bad]}
"""


def an_event(payment: str = "pay_1", sequence: int = 1, at: datetime = TEN, **fields: Any) -> Event:
    """An event of the tenant `demo`, unless told otherwise."""
    values: dict[str, Any] = {"type": "payments.payment.created", "tenant": "demo", "data": {"note": "Zürich ✓"}}
    return Event(**(values | fields), aggregate_type="payment", aggregate_id=payment, sequence=sequence, occurred_at=at)


def stored(event: Event) -> dict[str, Any]:
    """The item as the table holds it."""
    pk, sk = keys.event(event.tenant, event.aggregate_type, event.aggregate_id, event.sequence)
    texts = {
        "pk": pk,
        "sk": sk,
        "kind": "event",
        "type": event.type,
        "body": event.to_json(),
        "hour_shard": keys.hour_shard_of(event),
        "sk_event": keys.event_place(event),
    }
    return {name: {"S": text} for name, text in texts.items()}


class World:
    """Names of everything are made up per test; the stack is called after the deployment's prefix."""

    def __init__(self, deployed: Deployment) -> None:
        self.deployed = deployed
        self.core, self.bus = deployed.environment["CORE_TABLE"], deployed.environment["EVENT_BUS"]
        self.stack = deployed.prefix
        self.bucket, self.function = f"{self.stack}-failed", f"{self.stack}-consumer"
        self.sqs, self.s3, self.events = (deployed.client(name) for name in ("sqs", "s3", "events"))
        self.seen, self.subscriber = self.queue("seen"), self.queue("subscriber")
        self._deploy()
        self.subscribe(self.subscriber)

    # --- the bus ---

    def queue(self, name: str, **attributes: str) -> str:
        return str(self.sqs.create_queue(QueueName=f"{self.stack}-{name}", Attributes=attributes)["QueueUrl"])

    def arn(self, queue: str) -> str:
        found = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        return str(found["Attributes"]["QueueArn"])

    def subscribe(self, queue: str, **target: Any) -> tuple[str, str]:
        """A rule that sends everything there; the ARNs of rule and target."""
        name = queue.rpartition("/")[2]
        rule = self.events.put_rule(Name=name, EventBusName=self.bus, EventPattern='{"source": ["tollgate"]}')
        targets = [{"Id": "1", "Arn": self.arn(queue), **target}]
        self.events.put_targets(Rule=name, EventBusName=self.bus, Targets=targets)
        return str(rule["RuleArn"]), self.arn(queue)

    def bodies(self, queue: str) -> list[str]:
        """What waits in a queue, taken out of it."""
        found: list[str] = []
        while messages := self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            found += [message["Body"] for message in messages]
            for message in messages:
                self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return found

    def heard(self) -> list[dict[str, Any]]:
        """The events that reached the subscriber since the last look."""
        return [json.loads(body) for body in self.bodies(self.subscriber)]

    def waiting(self, queue: str) -> int:
        found = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])
        return int(found["Attributes"]["ApproximateNumberOfMessages"])

    # --- the table ---

    def store(self, *events: Event) -> None:
        dynamodb = self.deployed.client("dynamodb")
        for some in batched(events, 25, strict=False):
            puts = [{"PutRequest": {"Item": stored(event)}} for event in some]
            dynamodb.batch_write_item(RequestItems={self.core: puts})

    # --- the stack ---

    def _deploy(self) -> None:
        cloudformation = self.deployed.client("cloudformation")
        cloudformation.create_stack(StackName=self.stack, TemplateBody=json.dumps(self._template()))
        self._wait(cloudformation)

    def _template(self) -> dict[str, Any]:
        outputs = {"CoreTableName": self.core, "EventBusName": self.bus, "FailedRecordsBucketName": self.bucket}
        return {
            "Resources": {
                "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": self.bus}},
                "WorkQueue": _queue(f"{self.stack}-work", f"{self.stack}-gave-up"),
                "GaveUp": _queue(f"{self.stack}-gave-up"),
                "Undelivered": _queue(f"{self.stack}-undelivered"),
                "Bystander": _queue(f"{self.stack}-bystander"),
                "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": self.bucket}},
                "Function": {"Type": "AWS::Lambda::Function", "Properties": self._function()},
            },
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }

    def _function(self) -> dict[str, Any]:
        return {
            "FunctionName": self.function,
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Role": "arn:aws:iam::000000000000:role/any",
            "Timeout": 20,
            "Code": {"ZipFile": FUNCTION},
            "Environment": {"Variables": {"SEEN": self.seen, "MODE": "refuses poison"}},
        }

    def set_mode(self, mode: str) -> None:
        """How the function behaves from now on."""
        variables = {"SEEN": self.seen, "MODE": mode}
        self.deployed.client("lambda").update_function_configuration(
            FunctionName=self.function, Environment={"Variables": variables}
        )

    def url(self, queue: str) -> str:
        """Of a queue that the stack made."""
        return str(self.sqs.get_queue_url(QueueName=f"{self.stack}-{queue}")["QueueUrl"])

    def _wait(self, cloudformation: Any) -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            status = cloudformation.describe_stacks(StackName=self.stack)["Stacks"][0]["StackStatus"]
            if status == "CREATE_COMPLETE":
                return
            assert status == "CREATE_IN_PROGRESS", status
            time.sleep(0.05)
        raise AssertionError("the stack was not made in time")


def _queue(name: str, dead_letters: str | None = None) -> dict[str, Any]:
    properties: dict[str, Any] = {"QueueName": name}
    if dead_letters:
        arn = f"arn:aws:sqs:us-east-1:000000000000:{dead_letters}"
        properties["RedrivePolicy"] = {"deadLetterTargetArn": arn, "maxReceiveCount": 1}
    return {"Type": "AWS::SQS::Queue", "Properties": properties}


def in_order(events: Iterable[dict[str, Any]], payment: str) -> Sequence[int]:
    """The sequences of one payment as they arrived."""
    details = [event["detail"] for event in events]
    return [detail["sequence"] for detail in details if detail["aggregate"]["id"] == payment]
