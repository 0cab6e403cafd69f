"""Records of a table's stream, as functions get them."""

from __future__ import annotations

import json
import time
from typing import Any

from botocore.awsrequest import AWSPreparedRequest

from tollgate.adapters.dynamodb.signing import signed_headers

PAGE = 1000
_GET_RECORDS = "DynamoDBStreams_20120810.GetRecords"


def records_at(streams: Any, iterator: str) -> tuple[list[dict[str, Any]], str]:
    """A page of them, and where the next one begins. Asked for directly: what is sent is what Lambda gets, but for the
    time of the write, and boto3 would take it apart for us to put it together again.
    """
    url, region = f"{streams.meta.endpoint_url}/", streams.meta.region_name
    body = json.dumps({"ShardIterator": iterator, "Limit": PAGE}).encode()
    credentials = streams._request_signer._credentials.get_frozen_credentials()
    headers: Any = signed_headers(url, _GET_RECORDS, body, region, credentials, time.time())
    answer = streams._endpoint.http_session.send(AWSPreparedRequest("POST", url, headers, body, stream_output=False))
    assert answer.status_code == 200, answer.text
    told = json.loads(answer.content)
    for record in told["Records"]:
        record["dynamodb"].pop("ApproximateCreationDateTime", None)
    return told["Records"], told["NextShardIterator"]


def records_of(dynamodb: Any, streams: Any, table: str) -> list[dict[str, Any]]:
    """Every record of a table's stream so far."""
    arn = dynamodb.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    records: list[dict[str, Any]] = []
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
        records += records_at(streams, iterator["ShardIterator"])[0]
    return records
