"""Waits follow the domain clock."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from local.clock import ClockFile, parse_duration
from tests.local.laptop import Laptop, eventually


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("3d", 259200), ("1d12h", 129600), ("1.5h", 5400), ("2W", 1209600)]
)
def test_durations_read_as_people_write_them(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "3", "d", "3 days", "-1d", "1d-2h", "1y"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


def test_a_clock_without_a_file_is_the_wall_clock(tmp_path: Path) -> None:
    clock = ClockFile(tmp_path / "clock")
    assert abs(clock.now() - time.time()) < 1
    clock.advance(100)
    clock.advance(50)
    assert clock.offset() == 150
    clock.reset()
    assert clock.offset() == 0


@pytest.mark.e2e
def test_moving_the_clock_ends_a_wait_of_days_in_progress(laptop: Laptop) -> None:
    machine = laptop.info()["stack"]["state_machines"]["Reminder"]
    states = laptop.aws("stepfunctions")
    plain, refusing = (
        states.start_execution(stateMachineArn=machine, name=name, input=json.dumps({"refuse": name == "refusing"}))
        for name in ("plain", "refusing")
    )
    status = lambda run: states.describe_execution(executionArn=run["executionArn"])  # noqa: E731
    time.sleep(0.5)
    assert status(plain)["status"] == "RUNNING"

    before = laptop.get("/local/clock").json()
    moved = laptop.post("/local/clock", {"advance": "3d"}).json()

    assert moved["epoch_seconds"] - before["epoch_seconds"] == pytest.approx(259200, abs=2)
    assert eventually(lambda: status(plain)["status"] == "SUCCEEDED")
    assert eventually(lambda: status(refusing)["status"] == "SUCCEEDED")
    assert json.loads(status(refusing)["output"]) == {"refused": True}, "Catch did not see the exception's own name"
    assert laptop.post("/local/clock", {"reset": True}).json()["offset_seconds"] == 0


@pytest.mark.e2e
def test_whoever_waits_for_a_token_is_late_by_the_moved_clock_and_fails_with_what_it_calls(laptop: Laptop) -> None:
    machine = laptop.info()["stack"]["state_machines"]["Handover"]
    states = laptop.aws("stepfunctions")
    runs = {
        name: states.start_execution(stateMachineArn=machine, name=name, input=json.dumps(given))["executionArn"]
        for name, given in (
            ("late", {"refuse": False, "seconds": 259_200}),
            ("refused", {"refuse": True, "seconds": 259_200}),
            ("longer", {"refuse": False, "seconds": 864_000}),
        )
    }

    def output(name: str) -> str:
        return str(states.describe_execution(executionArn=runs[name]).get("output"))

    assert eventually(lambda: output("refused") == '{"refused": true}')
    laptop.post("/local/clock", {"advance": "3d"})
    assert eventually(lambda: output("late") == '{"late": true}')
    assert states.describe_execution(executionArn=runs["longer"])["status"] == "RUNNING"
    assert laptop.post("/local/clock", {"reset": True}).json()["offset_seconds"] == 0
