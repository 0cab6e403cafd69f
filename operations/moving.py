"""Back to the queue where a message came from: its function may take it now."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from operations.draining import Drain, Drained, Stays
from operations.queues import DeadLetters
from operations.report import Say
from tollgate.adapters.dynamodb.failures import code_of

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_POLL_SECONDS = 2.0
# How an engine says that it has no such action.
_NO_SUCH_ACTION = frozenset({"InvalidAction", "UnknownOperationException", "NotImplemented"})
_ENDED = frozenset({"COMPLETED", "FAILED", "CANCELLED"})


def move_back(sqs: SQSClient, letters: DeadLetters, say: Say) -> Drained:
    """By SQS itself, which sends each message to where it came from; by hand where the engine cannot do that."""
    try:
        sqs.start_message_move_task(SourceArn=letters.queue.arn)
    except ClientError as error:
        if code_of(error) not in _NO_SUCH_ACTION:
            raise
        return Drain(sqs, letters.queue.url, lambda message: send_back(sqs, letters, message)).run()
    return _follow(sqs, letters, say)


def _follow(sqs: SQSClient, letters: DeadLetters, say: Say) -> Drained:
    """SQS goes on by itself if we are killed here."""
    while True:
        task = sqs.list_message_move_tasks(SourceArn=letters.queue.arn, MaxResults=1)["Results"][0]
        moved, status = task.get("ApproximateNumberOfMessagesMoved", 0), task["Status"]
        if status in _ENDED:
            break
        say(f"  {moved} moved, {status.lower()}")
        time.sleep(_POLL_SECONDS)
    drained = Drained(moved)
    if status != "COMPLETED":
        drained.left_over.add(letters.queue.name, f"the move ended as {status}: {task.get('FailureReason')}")
    return drained


def send_back(sqs: SQSClient, letters: DeadLetters, message: MessageTypeDef) -> str:
    """Send a copy to its source; returns the copy's id. Raises `Stays` when the source cannot be told."""
    came_from = message.get("Attributes", {}).get("DeadLetterQueueSourceArn")
    sources = [source for source in letters.sources if came_from in (None, source.arn)]
    if len(sources) != 1:
        raise Stays(f"it came from {came_from or 'one of several queues'}, which does not lead here any more")
    return sqs.send_message(QueueUrl=sources[0].url, MessageBody=message["Body"], **_carried(message))["MessageId"]


def _carried(message: MessageTypeDef) -> Any:
    """What belongs to a message besides its body."""
    attributes, system = message.get("MessageAttributes"), message.get("Attributes", {})
    carried: dict[str, Any] = {"MessageAttributes": attributes} if attributes else {}
    for name in ("MessageGroupId", "MessageDeduplicationId"):
        if name in system:
            carried[name] = dict(system)[name]
    return carried
