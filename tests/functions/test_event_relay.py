"""The relay: every event reaches the bus under all its names, in order, and what did not is sent again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from botocore.endpoint import Endpoint

from tests.support.deployment import Deployment
from tests.support.requests import a_mock_event
from tests.support.requests import context as invocation


class Subscriber:
    """A queue that gets everything the bus carries."""

    def __init__(self, deployed: Deployment) -> None:
        self._sqs, events = deployed.client("sqs"), deployed.client("events")
        bus = deployed.environment["EVENT_BUS"]
        self._queue = self._sqs.create_queue(QueueName=bus)["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        events.create_event_bus(Name=bus)
        events.put_rule(Name=bus, EventBusName=bus, EventPattern=json.dumps({"source": ["tollgate"]}))
        events.put_targets(Rule=bus, EventBusName=bus, Targets=[{"Id": "1", "Arn": arn}])

    def received(self) -> list[dict[str, Any]]:
        """All that came since the last look."""
        found: list[dict[str, Any]] = []
        while messages := self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.append(json.loads(message["Body"]))
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        return found


@pytest.fixture
def subscriber(deployed: Deployment) -> Subscriber:
    return Subscriber(deployed)


@pytest.fixture
def purchase(deployed: Deployment) -> str:
    checkout = deployed.checkout()
    deployed.tell(a_mock_event(checkout.body))
    deployed.apply_inbox()
    return str(checkout.body["id"])


def _relay(deployed: Deployment, records: Sequence[Mapping[str, Any]]) -> Any:
    return deployed.function("event_relay").handler({"Records": list(records)}, invocation())


def test_a_fact_is_published_under_all_its_names(deployed: Deployment, subscriber: Subscriber, purchase: str) -> None:
    assert _relay(deployed, deployed.stream("CORE_TABLE")) == {"batchItemFailures": []}
    told = subscriber.received()
    names: dict[int, set[str]] = {}
    for message in told:
        assert message["detail"]["aggregate"] == {"type": "payment", "id": purchase}
        names.setdefault(message["detail"]["sequence"], set()).add(message["detail-type"])
    assert names == {
        1: {"payments.payment.created"},
        2: {"payments.checkout.opened"},
        3: {"payments.purchase.confirmed", "payments.transaction.confirmed", "payment.completed"},
    }
    assert len({message["detail"]["id"] for message in told}) == 3


def test_what_is_published_is_what_is_stored(deployed: Deployment, subscriber: Subscriber, purchase: str) -> None:
    _relay(deployed, deployed.stream("CORE_TABLE"))
    published = {message["detail"]["id"]: message["detail"] for message in subscriber.received()}
    assert published == {event["id"]: event for event in deployed.events(purchase)}


def test_a_batch_delivered_again_repeats_ids_and_sequences(
    deployed: Deployment, subscriber: Subscriber, purchase: str
) -> None:
    records = deployed.stream("CORE_TABLE")
    seen = []
    for _ in range(2):
        _relay(deployed, records)
        seen.append({(m["detail"]["id"], m["detail"]["sequence"], m["detail-type"]) for m in subscriber.received()})
    assert seen[0] == seen[1]


def test_only_new_events_are_published(deployed: Deployment, subscriber: Subscriber, purchase: str) -> None:
    records = [
        record for record in deployed.stream("CORE_TABLE") if record["dynamodb"]["NewImage"]["kind"]["S"] != "event"
    ]
    removed = {"eventName": "REMOVE", "dynamodb": {"SequenceNumber": "9", "Keys": {}}}
    changed = {**deployed.stream("CORE_TABLE")[-1], "eventName": "MODIFY"}
    assert _relay(deployed, [*records, removed, changed]) == {"batchItemFailures": []}
    assert subscriber.received() == []


@pytest.fixture
def failing_from() -> Iterator[list[int]]:
    """Makes PutEvents refuse every entry from that one on, counted over all calls."""
    first_refused: list[int] = []
    send, seen = Endpoint.make_request, [0]

    def refusing(endpoint: Endpoint, operation: Any, request: dict[str, Any]) -> Any:
        response, parsed = send(endpoint, operation, request)
        if operation.name == "PutEvents" and first_refused:
            for entry in parsed["Entries"]:
                if seen[0] >= first_refused[0]:
                    entry.update(ErrorCode="ThrottlingException")
                seen[0] += 1
        return response, parsed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Endpoint, "make_request", refusing)
        yield first_refused


@pytest.mark.parametrize("refused", range(5))
def test_the_stream_goes_on_from_the_first_event_that_is_not_on_the_bus(
    deployed: Deployment, subscriber: Subscriber, purchase: str, failing_from: list[int], refused: int
) -> None:
    failing_from.append(refused)
    records = [r for r in deployed.stream("CORE_TABLE") if r["dynamodb"]["NewImage"]["kind"]["S"] == "event"]
    # Five messages of three records: one, one, and one with two aliases.
    owner = records[min(refused, 2)]
    answer = _relay(deployed, records)
    assert answer == {"batchItemFailures": [{"itemIdentifier": owner["dynamodb"]["SequenceNumber"]}]}
