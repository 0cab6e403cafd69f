"""A resale by the state machine that is deployed, on the movable clock: handed over, or given back at the deadline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.client import Client, a_key
from tests.local.laptop import REPOSITORY, Laptop, eventually

pytestmark = pytest.mark.e2e

MACHINE: dict[str, Any] = json.loads((Path(REPOSITORY) / "statemachines" / "escrow_release.asl.json").read_text())
# Waits, looks, chooses, ends.
TRANSITIONS = 4
MARKET = "/api/v1/marketplace"


class Market:
    """A seller, a buyer and the ticket service, in front of a stack."""

    def __init__(self, stack: Laptop) -> None:
        self._stack = stack
        self._seller, self._buyer = Client(stack), Client(stack)
        token = stack.info()["secrets"]["internal_token"]
        self._service = {"x-platform-internal-token": token, "x-tenant-id": "demo"}
        self.workflows = stack.aws("stepfunctions")
        machines = stack.info()["stack"]["state_machines"]
        self.machine = machines["EscrowMachine"]

    def bought(self, ticket: str) -> str:
        """The escrow of a sale that is paid."""
        said = {"ownerId": self._seller.user, "venueId": "ven_1", "eventId": "evt_1", "faceValue": 10_000}
        body = {**said, "currency": "USD"}
        address = f"{self._stack.url}/internal/marketplace/tickets/{ticket}"
        registered = httpx.put(address, json=body, headers=self._service, timeout=35, trust_env=False)
        assert registered.status_code == 200, registered.text
        listing = {"ticketId": ticket, "price": 15_000, "venueId": "ven_1"}
        listed = self._stack.post(f"{MARKET}/listings", listing, headers=self._seller.headers())
        assert listed.status_code == 201, listed.text
        wish = {"listingId": listed.json()["listing"]["id"], "paymentMethodId": "pm_card_visa"}
        headers = {**self._buyer.headers(), "idempotency-key": a_key()}
        bought = self._stack.post(f"{MARKET}/purchase", wish, headers=headers)
        assert bought.status_code == 200, bought.text
        return str(bought.json()["escrow"]["id"])

    def confirm(self, escrow: str) -> None:
        path = f"/internal/transfers/{escrow}/confirm"
        assert self._stack.post(path, {}, headers=self._service).status_code == 200

    def escrow(self, escrow: str) -> dict[str, Any]:
        shown = self._stack.get(f"{MARKET}/escrows/{escrow}", headers=self._buyer.headers())
        return dict(shown.json()["escrow"])

    def royalties(self) -> dict[str, Any]:
        return dict(self._stack.get(f"{MARKET}/venues/ven_1/royalties", headers=self._service).json())

    def entered(self, escrow: str) -> list[str]:
        """The states of its execution; none before it has begun."""
        listed = self.workflows.list_executions(stateMachineArn=self.machine)["executions"]
        (run,) = [each for each in listed if each["name"].endswith(escrow)] or [None]
        if run is None:
            return []
        history = self.workflows.get_execution_history(executionArn=run["executionArn"], maxResults=1000)["events"]
        return [e["stateEnteredEventDetails"]["name"] for e in history if "stateEnteredEventDetails" in e]


def test_one_sale_is_handed_over_and_another_is_not_and_every_state_is_reached(moved_stack: Laptop) -> None:
    market = Market(moved_stack)
    handed_over, forgotten = market.bought("tic_1"), market.bought("tic_2")
    both = (handed_over, forgotten)
    assert eventually(lambda: [market.entered(each) for each in both] == [["WaitForTransfer"]] * 2, 60)
    market.confirm(handed_over)
    assert eventually(lambda: market.escrow(handed_over)["status"] == "released", 60)
    assert eventually(lambda: market.royalties()["totalRoyalties"] == 1_500, 60)
    assert market.escrow(forgotten)["status"] == "funded"
    moved_stack.post("/local/clock", {"advance": "3d"})
    assert eventually(lambda: market.escrow(forgotten)["status"] == "refunded", 60)
    assert market.escrow(forgotten)["reason"] == "not_transferred"
    moved_stack.post("/local/clock", {"advance": "20m"})
    assert eventually(lambda: market.escrow(forgotten)["refunded"] == 15_000, 60)
    assert market.royalties()["transactionCount"] == 1
    _reach_the_rest(market, moved_stack, handed_over, forgotten)


def _reach_the_rest(market: Market, stack: Laptop, handed_over: str, forgotten: str) -> None:
    """What nobody knows is asked for again, ever later, and is in the end waited out."""
    nobodys = {"tenant": "demo", "escrow": "esc_00000000000000000000000000", "seconds": 1}
    name = f"escrow_release-{nobodys['escrow']}"
    run = market.workflows.start_execution(stateMachineArn=market.machine, name=name, input=json.dumps(nobodys))

    def waited_out() -> bool:
        stack.post("/local/clock", {"advance": "11m"})
        return "WaitOutTrouble" in market.entered(str(nobodys["escrow"]))

    try:
        assert eventually(waited_out, 60)
    finally:
        market.workflows.stop_execution(executionArn=run["executionArn"])
    entered = [market.entered(each) for each in (handed_over, forgotten)]
    assert [len(each) for each in entered] == [TRANSITIONS, TRANSITIONS], entered
    assert {*entered[0], *entered[1], "WaitOutTrouble"} == set(MACHINE["States"])
