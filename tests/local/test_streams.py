"""Stream consumers get AWS's retries, partial answers, bisecting and failure destinations."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.local.laptop import Laptop, eventually

pytestmark = pytest.mark.e2e


def test_a_partial_failure_is_retried_from_the_failed_record_on(laptop: Laptop) -> None:
    laptop.write(
        {"sk": "partial-1", "kind": "note"},
        {"sk": "partial-2", "kind": "note", "fail": 2},
        {"sk": "partial-3", "kind": "note"},
    )

    assert eventually(lambda: laptop.tries("consumer", "partial-3"))
    assert laptop.tries("consumer", "partial-1") == 1
    assert laptop.tries("consumer", "partial-2") == 3
    assert laptop.tries("consumer", "partial-3") == 1


def test_a_record_that_fails_too_often_is_kept_in_full_and_the_rest_goes_on(laptop: Laptop) -> None:
    laptop.write({"sk": "lost-1", "kind": "note", "fail": 99}, {"sk": "lost-2", "kind": "note"})

    assert eventually(lambda: laptop.tries("consumer", "lost-2"))
    assert laptop.tries("consumer", "lost-1") == 3  # the first attempt and two retries
    report = eventually(lambda: _report_of(laptop, "lost-1"))
    assert report
    assert report["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert report["requestContext"]["approximateInvokeCount"] == 3
    assert report["DDBStreamBatchInfo"]["batchSize"] == 1
    records = json.loads(report["payload"])["Records"]
    assert [record["dynamodb"]["NewImage"]["fail"]["N"] for record in records] == ["99"]


def _report_of(laptop: Laptop, note: str) -> dict[str, Any]:
    s3 = laptop.aws("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        if "failedbucket" not in bucket["Name"].lower():
            continue
        for found in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", []):
            report = json.loads(s3.get_object(Bucket=bucket["Name"], Key=found["Key"])["Body"].read())
            if f'"{note}"' in report["payload"]:
                assert found["Key"].startswith("aws/lambda/")
                return dict(report)
    return {}


def test_bisecting_isolates_a_poisoned_record_and_tells_the_queue(laptop: Laptop) -> None:
    laptop.write(*({"sk": f"split-{n}", "kind": "kept", **({"poison": True} if n == 3 else {})} for n in range(6)))

    assert eventually(lambda: laptop.tries("keeper", "split-5"))
    seen = {n: laptop.tries("keeper", f"split-{n}") for n in range(6)}
    assert seen == {0: 1, 1: 1, 2: 1, 3: 0, 4: 1, 5: 1}
    sqs = laptop.aws("sqs")
    queue = next(url for url in sqs.list_queues()["QueueUrls"] if "FailedQueue" in url)
    messages = eventually(lambda: sqs.receive_message(QueueUrl=queue).get("Messages", []))
    report = json.loads(messages[0]["Body"])
    assert report["DDBStreamBatchInfo"]["batchSize"] == 1
    assert "payload" not in report


def test_one_poisoned_mapping_does_not_stall_another(laptop: Laptop) -> None:
    laptop.write({"sk": "stuck", "kind": "kept", "poison": True}, {"sk": "free", "kind": "note"})

    assert eventually(lambda: laptop.tries("consumer", "free"), 3.0)


def test_records_that_the_filter_excludes_reach_nobody(laptop: Laptop) -> None:
    laptop.write({"sk": "other", "kind": "other"}, {"sk": "after-other", "kind": "note"})

    assert eventually(lambda: laptop.tries("consumer", "after-other"))
    assert laptop.tries("consumer", "other") == 0
    assert laptop.tries("keeper", "other") == 0
