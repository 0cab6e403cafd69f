"""The bus takes ten events and 256 KB at a time; what is counted as published surely is."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import ANY, Stubber
from hypothesis import given
from hypothesis import strategies as st

from tollgate.adapters.eventbridge import MAX_BYTES, MAX_ENTRIES, EventBus, Message, batches

LIMIT_ENTRIES, LIMIT_BYTES = 10, 256 * 1024


def messages(count: int, size: int = 10) -> list[Message]:
    return [Message("payments.purchase.confirmed", f"{number:05d}".ljust(size, "x")) for number in range(count)]


def entry_size(message: Message) -> int:
    """As EventBridge counts: source, detail type and detail in UTF-8."""
    return sum(len(text.encode()) for text in ("tollgate", message.detail_type, message.detail))


@given(st.lists(st.builds(Message, st.just("payment.completed"), st.integers(0, 90_000).map("é".__mul__)), max_size=25))
def test_batches_keep_the_order_and_both_limits(given_messages: list[Message]) -> None:
    parts = batches(given_messages)
    assert [message for part in parts for message in part] == given_messages
    assert all(0 < len(part) <= LIMIT_ENTRIES for part in parts)
    assert all(sum(map(entry_size, part)) <= LIMIT_BYTES for part in parts if len(part) > 1)


def test_batches_are_as_full_as_may_be() -> None:
    assert [len(part) for part in batches(messages(25))] == [10, 10, 5]
    assert [len(part) for part in batches(messages(4, 100_000))] == [2, 2]
    assert batches([]) == []


def test_the_limits_are_the_services() -> None:
    assert (MAX_ENTRIES, MAX_BYTES) == (LIMIT_ENTRIES, LIMIT_BYTES)


class Bus:
    """An event bus whose client answers from a list."""

    def __init__(self) -> None:
        self.bus = EventBus("the-bus")
        self.stub = Stubber(self.bus._connected())

    def answers(self, *failed: bool) -> None:
        entries: list[Any] = [
            {"ErrorCode": "ThrottlingException", "ErrorMessage": "later"} if bad else {"EventId": "1"} for bad in failed
        ]
        result = {"FailedEntryCount": sum(failed), "Entries": entries}
        self.stub.add_response("put_events", result, {"Entries": ANY})


@pytest.fixture
def bus() -> Bus:
    return Bus()


def test_all_are_published_in_order(bus: Bus) -> None:
    bus.answers(*[False] * 10)
    bus.answers(False, False)
    with bus.stub:
        assert bus.bus.put(messages(12)).accepted == 12
    bus.stub.assert_no_pending_responses()


def test_an_entry_is_the_stored_envelope_as_it_is(bus: Bus) -> None:
    sent = {"Source": "tollgate", "DetailType": "payment.completed", "Detail": '{"é":1}', "EventBusName": "the-bus"}
    ok: Any = {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}
    bus.stub.add_response("put_events", ok, {"Entries": [sent]})
    with bus.stub:
        assert bus.bus.put([Message("payment.completed", '{"é":1}')]).accepted == 1


@pytest.mark.parametrize(("failed", "sure"), [([0], 0), ([3], 3), ([9], 9), ([2, 5], 2)])
def test_only_what_stands_before_the_first_failure_counts_and_nothing_follows_it(
    bus: Bus, failed: list[int], sure: int
) -> None:
    bus.answers(*(number in failed for number in range(10)))
    bus.answers(*[False] * 10)
    with bus.stub:
        assert bus.bus.put(messages(20)).accepted == sure
        with pytest.raises(AssertionError):
            bus.stub.assert_no_pending_responses()


def test_a_failure_in_a_later_batch_keeps_the_earlier_ones(bus: Bus) -> None:
    bus.answers(*[False] * 10)
    bus.answers(False, True, *[False] * 8)
    with bus.stub:
        assert bus.bus.put(messages(25)).accepted == 11


def test_a_call_that_failed_published_nothing_for_sure(bus: Bus) -> None:
    bus.answers(*[False] * 10)
    bus.stub.add_client_error("put_events", "InternalFailure", http_status_code=500)
    with bus.stub:
        assert bus.bus.put(messages(25)).accepted == 10


def test_a_broken_connection_published_nothing_for_sure(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1")

    monkeypatch.setattr(bus.bus._connected(), "put_events", broken)
    assert bus.bus.put(messages(3)).accepted == 0


def test_nothing_to_publish_is_nothing_to_do(bus: Bus) -> None:
    with bus.stub:
        assert bus.bus.put([]).accepted == 0
