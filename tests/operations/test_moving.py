"""Where SQS moves messages itself, it is asked to, and followed to the end. The engine has no such action, so that it
is played here; message by message is tested on the engine.
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from operations import moving
from operations.draining import Drain, Stays
from operations.moving import move_back, send_back
from operations.queues import DeadLetters, Queue

WORK, MORE = Queue("https://sqs/work", "arn:work"), Queue("https://sqs/more", "arn:more")
LETTERS = DeadLetters(Queue("https://sqs/gave-up", "arn:gave-up", 3), (WORK, MORE))


class MovingSqs:
    """Answers about one task with each status in turn."""

    def __init__(self, *statuses: str) -> None:
        self.statuses, self.asked = list(statuses), list[str]()

    def start_message_move_task(self, SourceArn: str) -> None:  # noqa: N803 - AWS's names
        self.asked.append(SourceArn)

    def list_message_move_tasks(self, SourceArn: str, MaxResults: int) -> Any:  # noqa: N803
        task = {"Status": self.statuses.pop(0), "ApproximateNumberOfMessagesMoved": 3 - len(self.statuses)}
        return {"Results": [task | {"FailureReason": "KMS.Disabled"}]}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "_POLL_SECONDS", 0.0)


def test_a_move_is_followed_until_it_is_complete() -> None:
    sqs, told = MovingSqs("RUNNING", "RUNNING", "COMPLETED"), list[str]()
    moved: Any = move_back(sqs, LETTERS, told.append)  # type: ignore[arg-type]  # plays the few actions that are used
    assert (sqs.asked, moved.moved, moved.left_over.count) == (["arn:gave-up"], 3, 0)
    assert len(told) == 2


def test_a_move_that_fails_is_reported_with_its_reason() -> None:
    moved = move_back(MovingSqs("FAILED"), LETTERS, lambda _: None)  # type: ignore[arg-type]  # as above
    assert moved.left_over.named == [
        {"what": "arn:gave-up".split(":")[1], "why": "the move ended as FAILED: KMS.Disabled"}
    ]


def test_any_other_refusal_of_the_move_is_not_worked_around() -> None:
    class Denying(MovingSqs):
        def start_message_move_task(self, SourceArn: str) -> None:  # noqa: N803
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, "StartMessageMoveTask")

    with pytest.raises(ClientError):
        move_back(Denying(), LETTERS, lambda _: None)  # type: ignore[arg-type]  # as above


class SendingSqs:
    """Remembers what was sent; `waiting` are the receives to come, one list each."""

    def __init__(self, *waiting: list[str]) -> None:
        self.waiting, self.sent, self.deleted, self.given_back = list(waiting), list[Any](), list[str](), list[str]()

    def send_message(self, **request: Any) -> Any:
        self.sent.append(request)
        return {"MessageId": f"copy of {request['MessageBody']}"}

    def receive_message(self, **_: Any) -> Any:
        names = self.waiting.pop(0) if self.waiting else []
        return {"Messages": [{"MessageId": name, "ReceiptHandle": name, "Body": name} for name in names]}

    def delete_message(self, QueueUrl: str, ReceiptHandle: str) -> None:  # noqa: N803
        self.deleted.append(ReceiptHandle)

    def change_message_visibility(self, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> None:  # noqa: N803
        self.given_back.append(ReceiptHandle)


def test_a_message_of_an_ordered_queue_keeps_its_group() -> None:
    sqs = SendingSqs()
    system = {"DeadLetterQueueSourceArn": "arn:more", "MessageGroupId": "g", "MessageDeduplicationId": "d"}
    send_back(sqs, LETTERS, {"Body": "b", "Attributes": system})  # type: ignore[arg-type, typeddict-item]  # as above
    assert sqs.sent == [
        {"QueueUrl": "https://sqs/more", "MessageBody": "b", "MessageGroupId": "g", "MessageDeduplicationId": "d"}
    ]


@pytest.mark.parametrize("attributes", [{}, {"DeadLetterQueueSourceArn": "arn:gone"}])
def test_a_message_whose_source_cannot_be_told_stays(attributes: Any) -> None:
    with pytest.raises(Stays):
        send_back(SendingSqs(), LETTERS, {"Body": "b", "Attributes": attributes})  # type: ignore[arg-type]  # as above


def test_a_message_that_fails_again_at_once_does_not_go_round_for_ever() -> None:
    sqs = SendingSqs(["a", "b"], ["copy of a", "c"], *[["copy of a"]] * 99)
    one_way = DeadLetters(LETTERS.queue, (WORK,))
    drain = Drain(sqs, "url", lambda message: send_back(sqs, one_way, message))  # type: ignore[arg-type]  # as above
    drained = drain.run()
    assert (sqs.deleted, drained.moved) == (["a", "b", "c"], 3)
    assert drained.left_over.named[0] == {"what": "copy of a", "why": "it failed again, and is back"}
    assert set(sqs.given_back) == {"copy of a"}
