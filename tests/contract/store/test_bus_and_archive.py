"""What leaves the platform: events published once more, and provider events that nobody could apply."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import boto3
import pytest

from tests.support.builders import a_provider_event, captured, created
from tests.support.memory.events import published
from tests.support.moto_dynamodb import moto_dynamodb
from tests.support.stores import REGION, InMemory, Store, on_dynamo
from tollgate.kernel.errors import StoreUnavailable
from tollgate.payments.model import Change

OPENED = created()


@dataclass(frozen=True)
class Outside:
    """A store, and what its archive holds by now: the bytes of each event."""

    store: Store
    archived: Callable[[], list[bytes]]


@pytest.fixture(params=["memory", "moto"])
def outside(request: pytest.FixtureRequest) -> Iterator[Outside]:
    if request.param == "memory":
        memory = InMemory()
        yield Outside(memory, lambda: [each.payload for each in memory.archive.kept.values()])
        return
    with moto_dynamodb():
        store, s3 = on_dynamo(None), boto3.client("s3", region_name=REGION)
        bucket = f"{store.core_name}-archive"
        s3.create_bucket(Bucket=bucket)

        def archived() -> list[bytes]:
            names = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
            return [s3.get_object(Bucket=bucket, Key=name)["Body"].read() for name in names]

        yield Outside(store, archived)


def test_everything_that_is_published_is_on_the_bus(outside: Outside) -> None:
    paid = OPENED.payment.apply(captured(), OPENED.payment.created_at)
    assert isinstance(paid, Change)
    events = [published(change.event) for change in (OPENED, paid)]
    assert outside.store.publisher.publish(events) == 2
    assert outside.store.publisher.publish([]) == 0


def test_an_event_that_is_archived_twice_is_archived_once_with_its_bytes(outside: Outside) -> None:
    event = a_provider_event(payload="é🎟".encode())
    for each in (event, event, replace(event, id="evt_2", payload=b"2")):
        outside.store.archive.keep(each)
    assert sorted(outside.archived()) == sorted([event.payload, b"2"])


def test_an_archive_that_is_not_there_says_so() -> None:
    with moto_dynamodb(), pytest.raises(StoreUnavailable):
        on_dynamo(None).archive.keep(a_provider_event())


def test_in_memory_nothing_is_published_past_what_is_refused() -> None:
    publisher = InMemory().publisher
    first, second, third = (published(created(str(number)).event) for number in range(3))
    publisher.refuses = lambda event: event == second
    assert publisher.publish([first, second, third]) == 1
    assert publisher.published == [first]
