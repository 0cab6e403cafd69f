"""A bus that refuses: tried again with growing pauses, and where that ends, the command that goes on from there."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from botocore.endpoint import Endpoint

from operations import __main__ as command_line
from operations.__main__ import main
from operations.publishing import PatientBus
from tests.operations.world import TEN, World, an_event
from tollgate.adapters.dynamodb.failures import Patience
from tollgate.adapters.eventbridge import Message, Published
from tollgate.kernel.clock import to_iso

MESSAGES = [Message("payments.payment.created", str(number)) for number in range(5)]


class Timer:
    """Time passes only in pauses, and each is as long as it may be."""

    def __init__(self) -> None:
        self.now, self.pauses = 0.0, 0

    def sleep(self, _: float) -> None:
        self.pauses += 1
        self.now += 10

    def patience(self, budget: float) -> Patience:
        return Patience(budget=budget, sleep=self.sleep, clock=lambda: self.now)


class ChoosyBus:
    """Accepts as many messages of each call as it was told, then everything."""

    def __init__(self, *accepts: int) -> None:
        self.accepts, self.taken = list(accepts), list[str]()

    def put(self, messages: Sequence[Message]) -> Published:
        accepted = min(self.accepts.pop(0), len(messages)) if self.accepts else len(messages)
        self.taken += [message.detail for message in messages[:accepted]]
        return Published(accepted, None if accepted == len(messages) else "ThrottlingException")


def test_it_goes_on_from_the_first_message_that_was_refused() -> None:
    bus, told = ChoosyBus(2, 0, 1), list[str]()
    assert PatientBus(bus, told.append, Timer().patience(60)).put(MESSAGES) == Published(5)
    assert bus.taken == ["0", "1", "2", "3", "4"]
    assert len(told) == 3
    assert all("ThrottlingException" in line for line in told)


def test_it_gives_up_when_nothing_was_accepted_for_its_whole_patience() -> None:
    bus, timer = ChoosyBus(2, *[0] * 99), Timer()
    published = PatientBus(bus, lambda _: None, timer.patience(60)).put(MESSAGES)
    assert published == Published(2, "ThrottlingException")
    assert timer.pauses == 6


def test_progress_renews_its_patience() -> None:
    bus = ChoosyBus(*[0, 0, 1] * 5)
    assert PatientBus(bus, lambda _: None, Timer().patience(30)).put(MESSAGES).accepted == 5


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Ids of events that the bus refuses, each by itself, whatever else is in the call."""
    ids: set[str] = set()
    send = Endpoint.make_request

    def refusing(endpoint: Endpoint, operation: Any, request: dict[str, Any]) -> Any:
        if operation.name != "PutEvents":
            return send(endpoint, operation, request)
        entries = json.loads(request["body"])["Entries"]
        bad = [json.loads(entry["Detail"])["id"] in ids for entry in entries]
        kept = [entry for entry, is_bad in zip(entries, bad, strict=True) if not is_bad]
        response: Any = None
        if kept:
            response, _ = send(endpoint, operation, request | {"body": json.dumps({"Entries": kept}).encode()})
        results = [{"ErrorCode": "InternalFailure"} if is_bad else {"EventId": "1"} for is_bad in bad]
        parsed = {"FailedEntryCount": sum(bad), "Entries": results, "ResponseMetadata": {"HTTPStatusCode": 200}}
        return response or type("Answer", (), {"status_code": 200})(), parsed

    monkeypatch.setattr(Endpoint, "make_request", refusing)
    monkeypatch.setattr(command_line, "PATIENCE", Timer().patience(30))
    return ids


def _republish(world: World, *words: str) -> int:
    window = ["--from", to_iso(TEN), "--to", to_iso(TEN + timedelta(hours=3))]
    return main(["republish", *window, "--stack", world.stack, *words])


def test_a_run_that_stops_says_how_to_go_on_and_going_on_finishes_it(
    world: World, refused: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    events = [an_event("pay_1", n, TEN + timedelta(minutes=50 * n)) for n in range(1, 4)]
    world.store(*events)
    refused.add(events[1].id)
    assert _republish(world, "--tenant", "demo") == 1
    told = capsys.readouterr()
    summary = json.loads(told.out)
    command = "make republish FROM=2026-03-05T11:00:00.000Z TO=2026-03-05T13:00:00.000Z"
    assert summary["go_on"] == f"{command} STACK={world.stack} TENANT=demo"
    assert summary["go_on"] in told.err
    assert (summary["complete"], summary["events_published"]) == (False, 1)
    assert "InternalFailure" in summary["stopped"]
    refused.clear()
    words = dict(word.split("=", 1) for word in shlex.split(summary["go_on"])[2:])
    assert main(["republish", *(part for name, value in words.items() for part in (f"--{name.lower()}", value))]) == 0
    assert {each["detail"]["sequence"] for each in world.heard()} == {1, 2, 3}


def test_an_entry_refused_once_is_published_by_the_same_run(
    world: World, refused: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entries after it in the same call were accepted; they come a second time, which subscribers expect."""
    events = [an_event(sequence=n) for n in range(1, 4)]
    world.store(*events)
    refused.add(events[1].id)
    relenting = Patience(budget=30, sleep=lambda _: refused.clear(), clock=lambda: 0.0)
    monkeypatch.setattr(command_line, "PATIENCE", relenting)
    assert _republish(world) == 0
    assert [each["detail"]["sequence"] for each in world.heard()] == [1, 3, 2, 3]


def test_an_interrupted_run_says_how_to_go_on(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any) -> Published:
        raise KeyboardInterrupt

    world.store(an_event())
    monkeypatch.setattr(PatientBus, "put", interrupt)
    assert _republish(world) == 1
    assert f"make republish FROM={to_iso(TEN)}" in capsys.readouterr().err
