"""A week of dunning by the state machine that is deployed, on the movable clock."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local.demo_dunning import DunningDemo
from tests.local.laptop import REPOSITORY, Laptop, eventually

pytestmark = pytest.mark.e2e

# All but that of a subscription which was cancelled meanwhile, as in the tests of the functions.
MACHINE: dict[str, Any] = json.loads((Path(REPOSITORY) / "statemachines" / "dunning.asl.json").read_text())
# A week of five steps and the last, each a task, a choice and a wait, and the one that finds it over: what costs most.
MOST_TRANSITIONS = 24
REACHED = set(MACHINE["States"]) - {"Cancelled"}


def _history(workflows: Any, execution: str) -> list[dict[str, Any]]:
    return list(workflows.get_execution_history(executionArn=execution, maxResults=1000)["events"])


def _entered(workflows: Any, execution: str) -> set[str]:
    return {
        each["stateEnteredEventDetails"]["name"]
        for each in _history(workflows, execution)
        if "stateEnteredEventDetails" in each
    }


def test_it_recovers_in_one_story_and_is_given_up_in_another_and_every_state_is_reached(moved_stack: Laptop) -> None:
    assert DunningDemo(moved_stack.url).run() == 0
    workflows = moved_stack.aws("stepfunctions")
    (machine,) = (each for each in moved_stack.info()["stack"]["state_machines"].values() if "unning" in each)
    listed = workflows.list_executions(stateMachineArn=machine)["executions"]
    # The same event again is the same execution. One that owes nothing any more ends at once; one of nobody never.
    names = {each["name"] for each in listed}
    assert len(names) == len(listed) == 2
    for each in listed:
        entered = [event for event in _history(workflows, each["executionArn"]) if "stateEnteredEventDetails" in event]
        assert len(entered) <= MOST_TRANSITIONS
    known = json.loads(workflows.describe_execution(executionArn=listed[0]["executionArn"])["input"])
    for name, given in (
        ("of-nothing", {**known, "invoice": "in_of_nobody"}),
        ("of-nobody", {**known, "subscription": "sub_00000000000000000000000000"}),
    ):
        workflows.start_execution(stateMachineArn=machine, name=name, input=json.dumps(given))
    executions = workflows.list_executions(stateMachineArn=machine)["executions"]

    def reached() -> bool:
        """What fails is tried again after ten minutes at most."""
        moved_stack.post("/local/clock", {"advance": "11m"})
        return {name for each in executions for name in _entered(workflows, each["executionArn"])} >= REACHED

    try:
        assert eventually(reached), [_entered(workflows, each["executionArn"]) for each in executions]
    finally:
        for each in workflows.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]:
            workflows.stop_execution(executionArn=each["executionArn"])
