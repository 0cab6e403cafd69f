"""Failed stream records reach their function again; only what it took is marked as done."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.client import BaseClient

from local.engine_repairs.stream_failures import failure_report
from operations.__main__ import main
from operations.failed_records import Record, Unreadable, first_refused, read
from operations.handing_over import MOST_REFUSALS
from tests.operations.world import World

STREAM = "arn:aws:dynamodb:us-east-1:000000000000:table/core/stream/2026-03-05T10:00:00.000"
KEY = "aws/lambda/2f6b/shardId-0/2026/03/05/2026-03-05T10.00.00-9a"


def a_record(number: int, *, poison: bool = False) -> Record:
    image = {"note": {"S": "poison" if poison else "fine"}}
    change = {"SequenceNumber": str(number), "ApproximateCreationDateTime": 1_772_704_800.0, "NewImage": image}
    return {"eventID": str(number), "eventName": "INSERT", "eventSource": "aws:dynamodb", "dynamodb": change}


def a_report(records: Sequence[Record], function: str | None = None) -> dict[str, Any]:
    """What Lambda writes; the laptop's stand-in for Lambda writes the same."""
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{function}" if function else ""
    report = failure_report(STREAM, records, arn, "RetryAttemptsExhausted", 3)
    return report | {"payload": json.dumps({"Records": list(records)})}


def _bytes(report: Any) -> bytes:
    return json.dumps(report).encode()


def test_a_report_holds_the_records_as_the_stream_had_them() -> None:
    records = [a_record(1), a_record(2)]
    batch = read(KEY, _bytes(a_report(records, "consumer")))
    assert (list(batch.records), batch.mapping) == (records, "2f6b")
    assert batch.function_arn == "arn:aws:lambda:us-east-1:000000000000:function:consumer"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"{oops",
        b"[]",
        _bytes({}),
        _bytes({"payload": None}),
        _bytes({"payload": "oops"}),
        _bytes({"payload": "[]"}),
        _bytes({"payload": "{}"}),
        _bytes({"payload": json.dumps({"Records": []})}),
        _bytes({"payload": json.dumps({"Records": [{"kinesis": {}}]})}),
        _bytes({"payload": json.dumps({"Records": [{"dynamodb": {"SequenceNumber": ""}}]})}),
        _bytes({"requestContext": "?", "payload": json.dumps({"Records": [a_record(1)]})}),
    ],
)
def test_anything_else_is_called_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable, match="not a failed invocation"):
        read(KEY, body)


@pytest.mark.parametrize("answer", [None, {}, "", [], {"batchItemFailures": None}, {"batchItemFailures": []}])
def test_an_answer_that_refuses_nothing_took_everything(answer: Any) -> None:
    assert first_refused([a_record(1)], answer) is None


@pytest.mark.parametrize(
    ("failures", "place"),
    [
        ([{"itemIdentifier": "3"}], 2),
        ([{"itemIdentifier": "3"}, {"itemIdentifier": "2"}], 1),
        ([{"itemIdentifier": "99"}], 0),
        ([{"itemIdentifier": None}], 0),
        ([{}], 0),
        (["3"], 0),
        ("3", 0),
    ],
)
def test_an_answer_tells_the_first_record_that_was_refused(failures: Any, place: int) -> None:
    assert first_refused([a_record(n) for n in (1, 2, 3)], {"batchItemFailures": failures}) == place


@pytest.mark.parametrize("answer", ["done", 7, ["3"]])
def test_an_answer_of_another_kind_refuses_everything(answer: Any) -> None:
    assert first_refused([a_record(1)], answer) == 0


# --- end to end ---


def _keep(world: World, report: Any, *, mapping: str = "2f6b", name: str = "") -> str:
    key = f"aws/lambda/{mapping}/shardId-0/2026/03/05/{name or uuid.uuid4()}"
    world.s3.put_object(Bucket=world.bucket, Key=key, Body=report if isinstance(report, bytes) else _bytes(report))
    return key


def _objects(world: World) -> set[str]:
    return {each["Key"] for each in world.s3.list_objects_v2(Bucket=world.bucket).get("Contents", [])}


def _redrive(world: World, *words: str) -> int:
    return main(["redrive", "--stack", world.stack, "--what", "records", *words])


def _told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return dict(json.loads(capsys.readouterr().out)["records"])


def _handed(world: World) -> list[list[str]]:
    """The sequence numbers of each invocation."""
    return [json.loads(body) for body in world.bodies(world.seen)]


def test_what_the_function_takes_is_marked_as_done(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    report = a_report([a_record(1), a_record(2)], world.function)
    key = _keep(world, report)
    assert _redrive(world) == 0
    assert _handed(world) == [["1", "2"]]
    assert _objects(world) == {f"done/{key}"}
    kept = world.s3.get_object(Bucket=world.bucket, Key=f"done/{key}")["Body"].read()
    assert json.loads(kept) == report
    told = _told(capsys)
    assert (told["objects"], told["done"], told["records"]) == (1, 1, 2)
    assert _redrive(world) == 0
    assert _handed(world) == []


def test_a_record_that_is_refused_again_stays_and_those_after_it_are_handed_over(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = _keep(world, a_report([a_record(1), a_record(2, poison=True), a_record(3)], world.function))
    good = _keep(world, a_report([a_record(4)], world.function), mapping="9999")
    assert _redrive(world) == 1
    assert _handed(world) == [["1", "2", "3"], ["3"], ["4"]]
    assert _objects(world) == {bad, f"done/{good}"}
    told = _told(capsys)
    assert told["left_over"]["named"] == [{"what": bad, "why": f"{world.function} did not take 2"}]
    world.set_mode("takes all")
    assert _redrive(world) == 0
    assert _objects(world) == {f"done/{bad}", f"done/{good}"}


def test_a_function_that_refuses_everything_is_not_asked_for_ever(world: World) -> None:
    _keep(world, a_report([a_record(n, poison=True) for n in range(1, 50)], world.function))
    assert _redrive(world) == 1
    assert len(_handed(world)) == MOST_REFUSALS


def test_a_function_that_raises_leaves_everything_as_it_was(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.set_mode("raises")
    keys = {_keep(world, a_report([a_record(n)], world.function)) for n in (1, 2)}
    assert _redrive(world) == 1
    assert _objects(world) == keys
    why = _told(capsys)["left_over"]["named"][0]["why"]
    assert f"{world.function} failed" in why
    assert "the store does not answer" in why


def test_garbage_stays_and_the_others_go_on(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    garbage = {_keep(world, b"{oops", name=f"{letter}-garbage") for letter in "az"}
    good = _keep(world, a_report([a_record(1)], world.function), name="m-good")
    assert _redrive(world) == 1
    assert _objects(world) == {*garbage, f"done/{good}"}
    assert {each["what"] for each in _told(capsys)["left_over"]["named"]} == garbage


def test_a_dry_run_calls_nothing_and_still_finds_what_cannot_go(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = {_keep(world, a_report([a_record(1)], world.function)), _keep(world, b"{oops")}
    assert _redrive(world, "--dry-run") == 1
    assert (_handed(world), _objects(world)) == ([], keys)
    told = _told(capsys)
    assert (told["done"], told["left_over"]["count"]) == (1, 1)


def test_a_function_that_was_replaced_is_found_by_the_mapping(world: World) -> None:
    stream = world.deployed.client("dynamodb").describe_table(TableName=world.core)["Table"]["LatestStreamArn"]
    mapping = world.deployed.client("lambda").create_event_source_mapping(
        FunctionName=world.function, EventSourceArn=stream, StartingPosition="LATEST", Enabled=False
    )["UUID"]
    keys = {_keep(world, a_report([a_record(n)], name), mapping=mapping) for n, name in ((1, None), (2, "the-old-one"))}
    assert _redrive(world) == 0
    assert _objects(world) == {f"done/{key}" for key in keys}


@pytest.mark.parametrize("mapping", ["2f6b", "14e0db71-5d35-4eb5-b481-8945cf9d10c2"])
def test_only_functions_of_the_stack_are_called(world: World, capsys: pytest.CaptureFixture[str], mapping: str) -> None:
    key = _keep(world, a_report([a_record(1)], "another-teams-function"), mapping=mapping)
    assert _redrive(world) == 1
    assert _objects(world) == {key}
    assert "in the stack" in _told(capsys)["left_over"]["named"][0]["why"]


def test_killed_before_the_original_was_deleted_the_next_run_finishes(world: World) -> None:
    key = _keep(world, a_report([a_record(1)], world.function))
    world.s3.copy_object(Bucket=world.bucket, Key=f"done/{key}", CopySource={"Bucket": world.bucket, "Key": key})
    assert _redrive(world) == 0
    assert _objects(world) == {f"done/{key}"}


def test_more_objects_than_one_listing_holds_are_all_handed_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done leaves the listing while it is being read."""
    get_paginator = BaseClient.get_paginator

    def in_small_pages(client: Any, name: str) -> Any:
        paginate = get_paginator(client, name).paginate
        size = {"PageSize": 3} if name == "list_objects_v2" else {}
        return SimpleNamespace(paginate=lambda **how: paginate(**how, PaginationConfig=size))

    monkeypatch.setattr(BaseClient, "get_paginator", in_small_pages)
    for n in range(1, 8):
        _keep(world, a_report([a_record(n)], world.function))
    assert _redrive(world) == 0
    assert len(_handed(world)) == 7
    assert len([key for key in _objects(world) if key.startswith("done/")]) == 7
