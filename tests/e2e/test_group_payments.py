"""Groups on the laptop stack, by the state machine that is deployed, on the movable clock."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.client import Client, a_key
from tests.local.laptop import REPOSITORY, Laptop, eventually

pytestmark = pytest.mark.e2e

API = "/api/v1/group-payments"
MACHINE: dict[str, Any] = json.loads((Path(REPOSITORY) / "statemachines" / "group_payment_expiry.asl.json").read_text())
# Two reminders and the end, each a task, a choice and a wait, and the state in which it ends.
MOST_TRANSITIONS = 14
# What only a failing step leads to.
REACHED = set(MACHINE["States"]) - {"WaitOutTrouble"}


def _made(organizer: Client, name: str) -> dict[str, Any]:
    body = {
        "eventId": name,
        "ticketSelections": [{"ticketTypeId": "standing", "quantity": 2, "price": 2_500}],
        "members": [
            {"email": f"{friend}.{name}@mail.example", "name": friend, "ticketCount": 1} for friend in ("ann", "bob")
        ],
    }
    answer = organizer.laptop.post(f"{API}/create", body, headers=organizer.headers())
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def _mailed_link(laptop: Laptop, address: str) -> str:
    """Out of the mail to a member."""

    def mails() -> list[dict[str, Any]]:
        listed = laptop.get("/local/outbox?format=json").json()["mails"]
        return [each for each in listed if each["to"] == [address]]

    assert eventually(lambda: bool(mails()), 60)
    return str(next(line for line in mails()[-1]["text"].splitlines() if "#" in line))


def _pay(laptop: Laptop, link: str) -> int:
    """As the product's page does."""
    page, _, token = link.strip().partition("#")
    shown = laptop.get(page.removeprefix(laptop.url))
    assert (shown.status_code, "x-payment-link-token" in shown.text, token in shown.text) == (200, True, False)
    group, member = page.split("/")[-2:]
    answer = laptop.post(
        f"{API}/{group}/contribute/{member}",
        {"paymentMethodId": "pm_card_visa"},
        headers={"x-payment-link-token": token, "idempotency-key": a_key()},
    )
    return answer.status_code


def _status(organizer: Client, group: str) -> str:
    shown = organizer.laptop.get(f"{API}/{group}/status", headers=organizer.headers()).json()
    return str(shown["group"]["status"])


def _members(organizer: Client, group: str) -> list[str]:
    shown = organizer.laptop.get(f"{API}/{group}/status", headers=organizer.headers()).json()
    return [each["status"] for each in shown["group"]["members"]]


def _entered(workflows: Any, execution: str) -> list[str]:
    history = workflows.get_execution_history(executionArn=execution, maxResults=1000)["events"]
    return [each["stateEnteredEventDetails"]["name"] for each in history if "stateEnteredEventDetails" in each]


def test_groups_complete_expire_and_are_called_off_and_every_state_is_reached(moved_stack: Laptop) -> None:
    organizer = Client(moved_stack)
    done, late, off = (_made(organizer, name) for name in ("done", "late", "off"))
    ids = {name: made["groupPayment"]["id"] for name, made in (("done", done), ("late", late), ("off", off))}
    for friend in ("ann", "bob"):
        assert _pay(moved_stack, _mailed_link(moved_stack, f"{friend}.done@mail.example")) == 202
    assert eventually(lambda: _status(organizer, ids["done"]) == "completed", 60)
    assert _members(organizer, ids["done"]) == ["paid", "paid"]
    assert _pay(moved_stack, _mailed_link(moved_stack, "ann.late@mail.example")) == 202
    cancelled = moved_stack.post(f"{API}/{ids['off']}/cancel", {}, headers=organizer.headers())
    assert cancelled.status_code == 200, cancelled.text

    workflows = moved_stack.aws("stepfunctions")
    (machine,) = (each for each in moved_stack.info()["stack"]["state_machines"].values() if "xpiry" in each)

    def executions() -> dict[str, str]:
        listed = workflows.list_executions(stateMachineArn=machine)["executions"]
        return {each["name"]: each["executionArn"] for each in listed}

    names = {f"group_payment_expiry-{each}" for each in ids.values()}
    assert eventually(lambda: set(executions()) == names, 60), executions()

    def ended() -> bool:
        """Time passes in minutes, so that members are reminded before it is over."""
        moved_stack.post("/local/clock", {"advance": "1m"})
        running = workflows.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]
        return not running

    assert eventually(ended, 120)
    assert _status(organizer, ids["late"]) == "expired"
    entered = [_entered(workflows, each) for each in executions().values()]
    assert {name for each in entered for name in each} == REACHED
    assert max(map(len, entered)) <= MOST_TRANSITIONS
    assert eventually(lambda: _members(organizer, ids["late"]) == ["released", "pending"], 60)
    told = [each["detail_type"] for each in organizer.told(ids["late"])]
    assert sorted(told) == ["payments.group.created", "payments.group.expired"]
    assert [each["detail_type"] for each in organizer.told(ids["done"])].count("payments.group.completed") == 1
