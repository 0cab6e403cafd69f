"""What Lambda does in the name of a function's role. No code of ours makes these calls, so that no test of a function
can show that they are needed: what a function is connected to does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.template.translation import properties, readable, resources

# An action on a resource, as the template writes it.
type Right = tuple[str, str]

_STREAM = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
_QUEUE = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")


def rights_of_lambda(logical_id: str) -> dict[Right, str]:
    """Each with its reason."""
    found = _of_every_function(logical_id)
    for mapping in _mappings(logical_id):
        found |= _of_a_source(readable(mapping["EventSourceArn"]))
        failures = mapping.get("DestinationConfig", {}).get("OnFailure")
        if failures is not None:
            found |= _of_a_bucket(readable(failures["Destination"]))
    return found


def _of_every_function(logical_id: str) -> dict[Right, str]:
    group = f"{readable(properties(logical_id)['LoggingConfig']['LogGroup'])}.Arn"
    return {
        ("logs:CreateLogStream", group): "Lambda writes what the function prints",
        ("logs:PutLogEvents", group): "Lambda writes what the function prints",
        ("xray:PutTelemetryRecords", "*"): "Lambda sends the trace segments",
        ("xray:PutTraceSegments", "*"): "Lambda sends the trace segments",
    }


def _of_a_source(source: str) -> dict[Right, str]:
    if source.endswith(".StreamArn"):
        reading = {(action, source): "Lambda polls the stream and hands over batches" for action in _STREAM}
        return reading | {("dynamodb:ListStreams", "*"): "Lambda finds the stream"}
    return {(action, source): "Lambda takes messages, and deletes those that were handled" for action in _QUEUE}


def _of_a_bucket(bucket: str) -> dict[Right, str]:
    return {
        ("s3:PutObject", f"${{{bucket}}}/aws/lambda/*"): "Lambda keeps the records that the function gave up on",
        ("s3:ListBucket", bucket): "Lambda looks whether the bucket for failed records is there",
    }


def _mappings(logical_id: str) -> Iterator[dict[str, Any]]:
    for mapping in resources("AWS::Lambda::EventSourceMapping").values():
        if mapping["Properties"]["FunctionName"] == {"Ref": logical_id}:
            yield mapping["Properties"]
