"""Taking messages out of a dead-letter queue: each is deleted only after what it leads to was acknowledged."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from operations.access import AWS_ERRORS, explained
from operations.errors import OperationError
from operations.report import Leftovers

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

# Long enough for ten messages with their retries; a message whose reader was killed comes back after it.
VISIBILITY_SECONDS = 120
# A long poll asks all of a queue's servers, so that an empty answer means an empty queue.
POLL_SECONDS = 1


class Stays(OperationError):
    """This message cannot be delivered now; the reason is told, and the others go on."""


@dataclass(slots=True)
class Drained:
    """What became of a queue's messages."""

    moved: int = 0
    left_over: Leftovers = field(default_factory=Leftovers)

    def summary(self) -> dict[str, Any]:
        return {"moved": self.moved, "left_over": self.left_over.summary()}


class Drain:
    """Hands each message of a queue over once. `deliver` returns the id that the message got where it was sent, if it
    was sent to a queue, and raises `Stays` or an error of AWS when it was not.
    """

    def __init__(self, sqs: SQSClient, url: str, deliver: Callable[[MessageTypeDef], str | None]) -> None:
        self._sqs = sqs
        self._url = url
        self._deliver = deliver
        self._seen: set[str] = set()
        self._sent: set[str] = set()
        self._kept: list[str] = []

    def run(self) -> Drained:
        """Ends when nothing new comes, so that what fails again at once does not go round for ever."""
        drained = Drained()
        try:
            while fresh := self._fresh(drained):
                for message in fresh:
                    self._one(message, drained)
        except AWS_ERRORS as error:
            drained.left_over.add("what else waits", explained(error))
        finally:
            self._give_back()
        return drained

    def _fresh(self, drained: Drained) -> list[MessageTypeDef]:
        received = self._receive()
        for message in received:
            if message["MessageId"] in self._seen:
                self._kept.append(message["ReceiptHandle"])
                if message["MessageId"] in self._sent:
                    drained.left_over.add(message["MessageId"], "it failed again, and is back")
        return [message for message in received if message["MessageId"] not in self._seen]

    def _receive(self) -> list[MessageTypeDef]:
        return self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=POLL_SECONDS,
            VisibilityTimeout=VISIBILITY_SECONDS,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        ).get("Messages", [])

    def _one(self, message: MessageTypeDef, drained: Drained) -> None:
        self._seen.add(message["MessageId"])
        try:
            if sent_as := self._deliver(message):
                self._seen.add(sent_as)
                self._sent.add(sent_as)
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        except (Stays, *AWS_ERRORS) as error:
            self._kept.append(message["ReceiptHandle"])
            drained.left_over.add(message["MessageId"], explained(error))
        else:
            drained.moved += 1

    def _give_back(self) -> None:
        """So that the next run finds at once what this one leaves; else it does so two minutes later."""
        for receipt in self._kept:
            with suppress(*AWS_ERRORS):
                self._sqs.change_message_visibility(QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=0)
