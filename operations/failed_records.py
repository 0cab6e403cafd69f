"""What Lambda keeps in S3 of stream records that a function could not take.

Source: AWS Lambda Developer Guide, "Retain discarded records for a DynamoDB event source": objects
`aws/lambda/<mapping>/<shard>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<uuid>`, each an invocation record with the whole event,
as a JSON string, in `payload`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field, Json, ValidationError

PREFIX = "aws/lambda/"
DONE_PREFIX = "done/"

type Record = dict[str, Any]


class Unreadable(Exception):
    """The object is not what Lambda writes; the message says why."""


class _Change(BaseModel):
    sequence_number: str = Field(alias="SequenceNumber", min_length=1)


class _Record(BaseModel):
    dynamodb: _Change


class _Payload(BaseModel):
    records: list[_Record] = Field(alias="Records", min_length=1)


class _Context(BaseModel):
    function_arn: str | None = Field(default=None, alias="functionArn")


class _Report(BaseModel):
    """Only what handing over needs; whatever else AWS adds is welcome."""

    context: _Context | None = Field(default=None, alias="requestContext")
    payload: Json[_Payload]


@dataclass(frozen=True, slots=True)
class FailedBatch:
    """`records` are those of the payload, untouched. `function_arn` is the function that failed, where it is named."""

    mapping: str
    function_arn: str | None
    records: tuple[Record, ...]


def read(key: str, body: bytes) -> FailedBatch:
    """Raises `Unreadable`."""
    try:
        report = _Report.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the object"
        raise Unreadable(f"not a failed invocation as Lambda writes it: {where}: {first['msg']}") from error
    records = json.loads(json.loads(body)["payload"])["Records"]
    mapping = key.removeprefix(PREFIX).partition("/")[0]
    function_arn = report.context.function_arn if report.context else None
    return FailedBatch(mapping, function_arn, tuple(records))


def sequence_of(record: Record) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


def first_refused(records: Sequence[Record], answer: Any) -> int | None:
    """Place of the first record that the function did not take; None when it took them all. As for Lambda, an answer
    that names no record, or one that was not sent, refuses them all.
    """
    if not answer:
        return None
    named = answer.get("batchItemFailures") or [] if isinstance(answer, dict) else [answer]
    if not isinstance(named, list):
        return 0
    places: dict[Any, int] = {sequence_of(record): place for place, record in enumerate(records)}
    refused = [places.get(each.get("itemIdentifier"), 0) if isinstance(each, dict) else 0 for each in named]
    return min(refused, default=None)
