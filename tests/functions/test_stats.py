"""The last day in figures: events as the queue delivers them, through the counting function, to what admins see."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.calls import counted_calls
from tests.support.deployment import PLATFORM_TOKEN, Answer, Deployment
from tests.support.requests import a_mock_event, context
from tollgate.kernel.clock import from_iso
from tollgate.statistics.model import OUTCOME_OF

PRICE = 10000  # of a checkout as the deployment opens it


def messages(*envelopes: dict[str, Any]) -> list[dict[str, Any]]:
    """SQS records with what EventBridge lays into the queue."""
    return [
        message(
            json.dumps(
                {
                    "version": "0",
                    "id": str(uuid.uuid4()),
                    "detail-type": each["type"],
                    "source": "tollgate",
                    "detail": each,
                }
            )
        )
        for each in envelopes
    ]


def message(body: str) -> dict[str, Any]:
    return {
        "messageId": str(uuid.uuid4()),
        "receiptHandle": uuid.uuid4().hex,
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:stats",
        "awsRegion": "us-east-1",
    }


def count(deployed: Deployment, records: list[dict[str, Any]], function: Any = None) -> list[str]:
    """The messages that are to come again."""
    answer = (function or deployed.function("stats_counter")).handler({"Records": records}, context())
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def published(deployed: Deployment) -> list[dict[str, Any]]:
    """Every stored event that the rule lets through."""
    envelopes = [json.loads(item["body"]["S"]) for item in deployed.stored("event")]
    return [each for each in envelopes if each["type"] in OUTCOME_OF]


def stats(deployed: Deployment, query: str = "", **person: Any) -> Answer:
    headers = deployed.as_user(**({"user": "boss", "role": "admin"} | person))
    return deployed.call("GET", "/admin/stats", headers=headers, query=query, function="admin_api")


def last_day(deployed: Deployment) -> dict[str, Any]:
    found: dict[str, Any] = stats(deployed).body["last24Hours"]
    return found


def ended(deployed: Deployment, *ends: str) -> list[dict[str, Any]]:
    """Checkouts that ended so, and one that did not."""
    checkouts = [deployed.checkout().body for _ in (*ends, "open")]
    for checkout, end in zip(checkouts, ends, strict=False):
        deployed.tell(a_mock_event(checkout, end))
    deployed.apply_inbox()
    return checkouts


def test_the_parts_add_up_and_money_is_told_in_minor_units(deployed: Deployment) -> None:
    ended(deployed, "captured", "captured", "failed", "expired")
    assert count(deployed, messages(*published(deployed))) == []
    answer = stats(deployed)
    assert answer.body["last24Hours"] == {
        "total_payments": 5,
        "successful": 2,
        "failed": 1,
        "cancelled": 1,
        "pending": 1,
        "total_revenue": 2 * PRICE,
        "currency": "USD",
        "revenue_by_currency": {"USD": 2 * PRICE},
    }
    age = from_iso(answer.body["timestamp"]) - from_iso(answer.body["since"])
    assert timedelta(hours=24) <= age < timedelta(hours=24, minutes=10)
    assert stats(deployed, "currency=EUR").body["last24Hours"]["total_revenue"] == 0


def test_however_often_and_in_what_order_events_come_each_is_counted_once(deployed: Deployment) -> None:
    ended(deployed, "captured", "failed")
    events = published(deployed)
    assert count(deployed, messages(*reversed(events), *events)) == []
    assert count(deployed, messages(*events)) == []
    day = last_day(deployed)
    assert (day["total_payments"], day["successful"], day["failed"], day["pending"]) == (3, 1, 1, 1)


def test_of_fifty_deliveries_at_once_one_counts(deployed: Deployment) -> None:
    ended(deployed, "captured")
    events = published(deployed)
    deployed.function("stats_counter")
    with ThreadPoolExecutor(50) as pool:
        failed = list(pool.map(lambda _: count(deployed, messages(*events)), range(50)))
    assert not any(failed)
    day = last_day(deployed)
    assert (day["total_payments"], day["successful"], day["total_revenue"]) == (2, 1, PRICE)


def test_every_counted_event_is_marked_where_it_is_stored(deployed: Deployment) -> None:
    ended(deployed, "captured")
    count(deployed, messages(*published(deployed)))
    marked = {item["type"]["S"] for item in deployed.stored("event") if "counted" in item}
    assert marked == {"payments.payment.created", "payments.purchase.confirmed"}


def test_a_mark_is_no_new_event(deployed: Deployment) -> None:
    """The relay reads every change of the table, and publishes births only."""
    ended(deployed)
    before = len([each for each in deployed.stream("CORE_TABLE") if each["eventName"] == "INSERT"])
    count(deployed, messages(*published(deployed)))
    records = deployed.stream("CORE_TABLE")
    born = [each for each in records if each["eventName"] == "INSERT"]
    assert len(records) > before
    assert {each["dynamodb"]["NewImage"]["kind"]["S"] for each in born[before:]} == {"statistics"}


def test_an_event_that_is_not_ours_is_not_counted_and_does_not_come_again(deployed: Deployment) -> None:
    ended(deployed, "captured")
    events = published(deployed)
    elsewhere = {**events[0], "tenant": "tenant_123"}
    never = {**events[0], "sequence": 99}
    other_type = {**events[0], "type": "payments.transaction.failed"}
    assert count(deployed, messages(elsewhere, never, other_type, *events)) == []
    assert (last_day(deployed)["total_payments"], last_day(deployed)["failed"]) == (2, 0)
    assert stats(deployed, tenant="tenant_123").body["last24Hours"]["total_payments"] == 0


GARBAGE = [
    "",
    "no json",
    "[]",
    "null",
    '{"detail": null}',
    '{"detail": {}}',
    "[" * 9000,
    '{"detail": {"tenant": "demo", "aggregate": [], "data": {}}}',
]
BROKEN: list[dict[str, Any]] = [
    {"tenant": "de#mo"},
    {"tenant": 7},
    {"tenant": "\ud800"},
    {"occurred_at": None},
    {"occurred_at": "2026-11-01T00:00:00"},
    {"occurred_at": "9998-12-31T23:59:59Z"},
    {"sequence": "1"},
    {"sequence": 0},
    {"sequence": True},
    {"sequence": 10**12},
    {"type": "payments.payment.declined"},
    {"type": ["payments.payment.created"]},
    {"aggregate": {"type": "order", "id": "pay_00000000000000000000000000"}},
    {"aggregate": {"type": "payment", "id": "../../1"}},
    {"aggregate": {"type": "payment", "id": None}},
    {"data": {"amount": 1.5, "currency": "USD"}},
    {"data": {"amount": 10**30, "currency": "USD"}},
    {"data": {"amount": 1, "currency": "gold"}},
    {"data": {"amount": 1, "currency": "USD", "created_at": "yesterday"}},
    {"data": {"amount": 1, "currency": "USD", "created_at": "2026-01-01T00:00:00"}},
    {"data": {"amount": 1, "currency": "USD", "created_at": "9999-12-31T23:59:59Z"}},
    {"data": {"amount": 1, "currency": "USD", "created_at": 7}},
    {"data": [1]},
]


def test_what_cannot_be_read_comes_again_alone(deployed: Deployment) -> None:
    ended(deployed)
    (event,) = published(deployed)
    broken = [message(text) for text in GARBAGE] + messages(*({**event, **wrong} for wrong in BROKEN))
    assert count(deployed, [*broken, *messages(event)]) == [each["messageId"] for each in broken]
    assert last_day(deployed)["total_payments"] == 1


def test_a_busy_store_gives_everything_back_and_nothing_is_lost_or_doubled(deployed: Deployment) -> None:
    ended(deployed, "captured")
    records = messages(*published(deployed))
    with pytest.MonkeyPatch.context() as broken:
        broken.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        broken.setattr("tollgate.adapters.dynamodb.failures.Patience.deadline", lambda _: 0.0)
        assert count(deployed, records, deployed.fresh("stats_counter")) == [each["messageId"] for each in records]
    assert count(deployed, records) == []
    assert last_day(deployed)["total_payments"] == 2


def test_a_function_that_dies_after_its_commit_counts_nothing_twice(deployed: Deployment) -> None:
    """The queue gives the batch out again, to another instance, together with news."""
    ended(deployed, "captured")
    first = published(deployed)
    count(deployed, messages(*first))
    ended(deployed, "captured")
    assert count(deployed, messages(*published(deployed)), deployed.fresh("stats_counter")) == []
    assert (last_day(deployed)["total_payments"], last_day(deployed)["total_revenue"]) == (4, 2 * PRICE)


def test_a_day_later_they_are_gone_and_late_ones_are_marked_only(deployed: Deployment, tmp_path: Path) -> None:
    with moved_clock(deployed, tmp_path) as clock:
        ended(deployed, "captured")
        events = published(deployed)
        count(deployed, messages(events[0]))
        assert last_day(deployed)["total_payments"] == 1
        clock.write_text(str(timedelta(days=1, minutes=10).total_seconds()))
        assert last_day(deployed)["total_payments"] == 0
        clock.write_text(str(timedelta(days=4).total_seconds()))
        counters = len(deployed.stored("statistics"))
        assert count(deployed, messages(*events)) == []
        assert len(deployed.stored("statistics")) == counters
        assert len([item for item in deployed.stored("event") if "counted" in item]) == len(events)


def test_only_admins_and_services_are_told_and_only_of_their_tenant(deployed: Deployment) -> None:
    ended(deployed, "captured")
    count(deployed, messages(*published(deployed)))
    for role in ("user", "venue_manager", "venue_owner"):
        assert stats(deployed, role=role).status == 403
    assert stats(deployed, tenant="other").body["last24Hours"]["total_payments"] == 0
    service = {"x-platform-internal-token": PLATFORM_TOKEN}
    for headers, status in ((service, 403), ({**service, "x-tenant-id": "demo"}, 200), ({}, 401)):
        assert deployed.call("GET", "/admin/stats", headers=headers, function="admin_api").status == status


@pytest.mark.parametrize("query", ["currency=usd", "currency=", "currency=GOLD", "currency=%00", "days=2"])
def test_a_wrong_question_is_named(deployed: Deployment, query: str) -> None:
    answer = stats(deployed, query)
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, query.partition("=")[0])


def test_a_day_is_told_by_four_queries_and_two_months_by_one_read(deployed: Deployment) -> None:
    ended(deployed, "captured")
    count(deployed, messages(*published(deployed)))
    stats(deployed)
    with counted_calls() as calls:
        stats(deployed)
    assert calls.of("dynamodb") == ["Query"] * 4 + ["BatchGetItem"]


@contextmanager
def moved_clock(deployed: Deployment, folder: Path) -> Iterator[Path]:
    """Instances whose clock is ahead by the seconds in a file."""
    clock = folder / "clock"
    clock.write_text("0")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TOLLGATE_CLOCK_FILE", str(clock))
        deployed.modules.clear()
        yield clock
    deployed.modules.clear()
