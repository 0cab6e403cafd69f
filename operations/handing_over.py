"""Hands failed stream records to their function again. Handlers are idempotent, so that records which were taken
before, in another run or beside this one, do no harm.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError

from operations.access import AWS_ERRORS, explained
from operations.failed_records import (
    DONE_PREFIX,
    PREFIX,
    FailedBatch,
    Record,
    Unreadable,
    first_refused,
    read,
    sequence_of,
)
from operations.report import Leftovers, Say
from tollgate.adapters.dynamodb.failures import code_of

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CopySourceTypeDef

# Longer than any function may run: a call that is given up while the function still works would only be made twice.
_WAIT = Config(read_timeout=910, retries={"mode": "standard", "total_max_attempts": 3})
# A function that refuses so many records of one batch is not mended yet.
MOST_REFUSALS = 5


class _Refused(Exception):
    """The function did not take everything; the message says what it said."""


@dataclass(slots=True)
class HandedOver:
    """Counts of objects and of the records in those that are done."""

    objects: int = 0
    done: int = 0
    records: int = 0
    left_over: Leftovers = field(default_factory=Leftovers)

    def summary(self) -> dict[str, Any]:
        return {
            "objects": self.objects,
            "done": self.done,
            "records": self.records,
            "left_over": self.left_over.summary(),
        }


class FailedRecords:
    """Objects in order of their keys, which is the order of time for each mapping. What is done moves below `done/`;
    what is not stays where it is.
    """

    def __init__(self, bucket: str, functions: Collection[str], say: Say, *, dry_run: bool) -> None:
        """`functions` are the names of those that may be called: a report can name any function of the account."""
        self._bucket = bucket
        self._functions = functions
        self._say = say
        self._dry_run = dry_run
        self._s3: S3Client = boto3.client("s3")
        self._lambda: LambdaClient = boto3.client("lambda", config=_WAIT)

    def hand_over(self) -> HandedOver:
        """Each object by itself: one that cannot be handed over does not hold up the others."""
        outcome = HandedOver()
        for key in self._keys():
            outcome.objects += 1
            try:
                batch = read(key, self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read())
                function = self._function(batch)
                if not self._dry_run:
                    self._invoke_with_all(function, batch.records)
                    self._mark_done(key)
            except (Unreadable, _Refused, *AWS_ERRORS) as error:
                if code_of(error) != "NoSuchKey":  # another run was faster
                    outcome.left_over.add(key, explained(error))
                    self._say(f"  stays: {key}: {explained(error)}")
                continue
            outcome.done += 1
            outcome.records += len(batch.records)
            verb = "would go" if self._dry_run else "handed over"
            self._say(f"  {verb}: {len(batch.records)} records to {_name(function)}: {key}")
        return outcome

    def _keys(self) -> Iterator[str]:
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=PREFIX):
            for each in page.get("Contents", []):
                yield each["Key"]

    def _function(self, batch: FailedBatch) -> str:
        """The function that failed; after it was replaced, the one that the mapping leads to today."""
        if batch.function_arn and _name(batch.function_arn) in self._functions:
            return batch.function_arn
        found = self._function_today(batch.mapping)
        if found is None or _name(found) not in self._functions:
            raise _Refused(f"its function {found or batch.function_arn} is not in the stack")
        return found

    def _function_today(self, mapping: str) -> str | None:
        try:
            return self._lambda.get_event_source_mapping(UUID=mapping)["FunctionArn"]
        except ParamValidationError:
            return None
        except ClientError as error:
            if code_of(error) != "ResourceNotFoundException":
                raise
            return None

    def _invoke_with_all(self, function: str, records: tuple[Record, ...]) -> None:
        """A record that is refused must not keep those after it from the function; the object stays all the same."""
        refused: list[str] = []
        rest = records
        while rest and len(refused) < MOST_REFUSALS:
            place = first_refused(rest, self._invoke(function, rest))
            if place is None:
                break
            refused.append(sequence_of(rest[place]))
            rest = rest[place + 1 :]
        if refused:
            raise _Refused(f"{_name(function)} did not take {', '.join(refused)}")

    def _invoke(self, function: str, records: tuple[Record, ...]) -> Any:
        answer = self._lambda.invoke(
            FunctionName=function,
            InvocationType="RequestResponse",
            Payload=json.dumps({"Records": records}).encode(),
        )
        text = answer["Payload"].read()
        if answer.get("FunctionError"):
            raise _Refused(f"{_name(function)} failed: {text[:500].decode(errors='replace')}")
        return json.loads(text) if text else None

    def _mark_done(self, key: str) -> None:
        """Killed between the two, both are there, and the next run hands over and marks once more."""
        source: CopySourceTypeDef = {"Bucket": self._bucket, "Key": key}
        self._s3.copy_object(Bucket=self._bucket, Key=DONE_PREFIX + key, CopySource=source)
        self._s3.delete_object(Bucket=self._bucket, Key=key)


def _name(arn: str) -> str:
    """`arn:aws:lambda:<region>:<account>:function:<name>[:<version>]`."""
    parts = arn.split(":")
    return parts[6] if len(parts) > 6 else arn
