"""Event source mappings: records that are given up go to the failure destination.

Engine: nothing is sent when retries run out, and S3 is no destination.
AWS: SQS and SNS receive what identifies the records, S3 also the records themselves.
"""

from __future__ import annotations

import json
import logging
import os
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from typing import Any

_SHARD = "shardId-00000000000000000000-00000000"
_log = logging.getLogger("tollgate.streams")


def send_failure(
    mapping: dict[str, Any], records: Sequence[dict[str, Any]], function_arn: str, condition: str, invocations: int
) -> None:
    """Report given-up records to the mapping's OnFailure destination, if it has one."""
    destination = ((mapping.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination") or ""
    if not destination:
        return
    report = failure_report(mapping["EventSourceArn"], records, function_arn, condition, invocations)
    _, _, service, region, _, name = destination.split(":", 5)
    if service == "s3":
        body = report | {"payload": json.dumps({"Records": records})}
        _client("s3", region or _region()).put_object(
            Bucket=name, Key=_object_key(mapping["UUID"]), Body=json.dumps(body).encode()
        )
    elif service == "sqs":
        queue = _client("sqs", region)
        address = queue.get_queue_url(QueueName=name)["QueueUrl"]
        queue.send_message(QueueUrl=address, MessageBody=json.dumps(report))
    elif service == "sns":
        _client("sns", region).publish(TopicArn=destination, Message=json.dumps(report))
    else:
        _log.error("No failure destination of service %s: %d records are lost", service, len(records))


def failure_report(
    source_arn: str, records: Sequence[dict[str, Any]], function_arn: str, condition: str, invocations: int
) -> dict[str, Any]:
    """The invocation record, as AWS documents it for DynamoDB streams."""
    first, last = records[0]["dynamodb"], records[-1]["dynamodb"]
    return {
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": function_arn,
            "condition": condition,
            "approximateInvokeCount": invocations,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": _iso(datetime.now(UTC)),
        "DDBStreamBatchInfo": {
            "shardId": _SHARD,
            "startSequenceNumber": first["SequenceNumber"],
            "endSequenceNumber": last["SequenceNumber"],
            "approximateArrivalOfFirstRecord": _arrival(first),
            "approximateArrivalOfLastRecord": _arrival(last),
            "batchSize": len(records),
            "streamArn": source_arn,
        },
    }


def _object_key(mapping_id: str) -> str:
    now = datetime.now(UTC)
    return f"aws/lambda/{mapping_id}/{_SHARD}/{now:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"


def _arrival(change: dict[str, Any]) -> str:
    return _iso(datetime.fromtimestamp(float(change["ApproximateCreationDateTime"]), UTC))


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _region() -> str:
    return os.environ.get("MINISTACK_REGION", "us-east-1")


@cache
def _client(service: str, region: str) -> Any:
    """The engine's own API: the report takes the way any client's request takes."""
    make: Any = import_module("boto3").client  # only a failure pays for this import
    return make(
        service,
        region_name=region,
        endpoint_url=f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
