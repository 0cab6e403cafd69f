"""A deployment that resells tickets, against Stripe's simulator: sellers, buyers, and the venue between them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Barrier
from typing import Any

from tests.functions.reconciling import Stuck
from tests.functions.test_stats import messages
from tests.support.deployment import PLATFORM_TOKEN, Answer, Deployment
from tests.support.requests import context, new_key
from tollgate.adapters.dynamodb.escrows import DynamoEscrows
from tollgate.adapters.dynamodb.groups import DynamoGroups
from tollgate.escrow.events import REFUNDED
from tollgate.escrow.returning import EscrowReturns
from tollgate.group_payments.returning import GroupReturns
from tollgate.kernel.errors import RetryableError
from tollgate.refunds.returning import Returning
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.event_queue import Published
from tollgate.runtime.refund_work import GiveBack, Returns
from tollgate.runtime.settings import Settings

SERVICE = {"x-platform-internal-token": PLATFORM_TOKEN, "x-tenant-id": "demo"}
SELLER, BUYER, VENUE, EVENT = "seller-1", "user-1", "ven_1", "evt_concert"
GOOD, DECLINED = "pm_card_visa", "pm_card_chargeDeclined"
MARKET = "/api/v1/marketplace"
HOUR = 3_600


@dataclass
class Market:
    """The marketplace of a deployment. `deployed` has its functions; `stuck` its Stripe and its clocks."""

    stuck: Stuck
    functions: dict[str, Any] = field(default_factory=dict)

    @property
    def deployed(self) -> Deployment:
        return self.stuck.deployed

    def ask(self, method: str, path: str, body: Any = None, *, who: Any = None, query: str = "") -> Answer:
        headers = who if who is not None else self.deployed.as_user(BUYER)
        return self.deployed.call(method, path, body, headers=headers, query=query, function="marketplace_api")

    def register(self, ticket: str = "tic_1", **said: Any) -> Answer:
        """What the ticket service says of a ticket."""
        known = {"ownerId": SELLER, "venueId": VENUE, "eventId": EVENT, "eventName": "Concert"}
        body = {**known, "faceValue": 10_000, "currency": "USD", **said}
        return self.ask("PUT", f"/internal/marketplace/tickets/{ticket}", body, who=SERVICE)

    def put_up(self, ticket: str = "tic_1", price: int = 15_000, *, key: str | None = None, who: Any = None) -> Answer:
        headers = {**(who or self.deployed.as_user(SELLER)), **({"idempotency-key": key} if key else {})}
        return self.ask(
            "POST", f"{MARKET}/listings", {"ticketId": ticket, "price": price, "venueId": VENUE}, who=headers
        )

    def listed(self, ticket: str = "tic_1", price: int = 15_000, **said: Any) -> str:
        """The id of a listing of a ticket that nobody knew before."""
        assert self.register(ticket, **said).status == 200
        answer = self.put_up(ticket, price)
        assert answer.status == 201, answer.body
        return str(answer.body["listing"]["id"])

    def listing(self, id_: str) -> dict[str, Any]:
        return dict(self.ask("GET", f"{MARKET}/listings/{id_}").body["listing"])

    def buy(
        self, listing: str, source: str = GOOD, *, key: str | None = None, user: str = BUYER, **more: Any
    ) -> Answer:
        headers = {**self.deployed.as_user(user), "idempotency-key": key or new_key()}
        body = {"listingId": listing, "paymentMethodId": source, **more}
        return self.ask("POST", f"{MARKET}/purchase", body, who=headers)

    def bought(self, **listed: Any) -> dict[str, Any]:
        """The escrow of a sale that is paid."""
        answer = self.buy(self.listed(**listed))
        assert answer.status == 200, answer.body
        return self.escrow(answer.body["escrow"]["id"])

    def escrow(self, id_: str, who: Any = None) -> dict[str, Any]:
        found = self.ask("GET", f"{MARKET}/escrows/{id_}", who=who)
        assert found.status == 200, found.body
        return dict(found.body["escrow"])

    def confirm(self, escrow: str) -> Answer:
        return self.ask("POST", f"/internal/transfers/{escrow}/confirm", who=SERVICE)

    def dispute(self, escrow: str, reason: str = "never came", who: Any = None) -> Answer:
        return self.ask("POST", f"{MARKET}/escrows/{escrow}/dispute", {"reason": reason}, who=who)

    def resolve(self, escrow: str, decision: str, who: Any = None) -> Answer:
        boss = who or self.deployed.as_user("boss", role="admin")
        return self.ask("POST", f"{MARKET}/escrows/{escrow}/resolve", {"decision": decision}, who=boss)

    def step(self, escrow: str, function: Any = None) -> dict[str, Any]:
        """As the state machine asks for one."""
        given = {"tenant": "demo", "escrow": escrow}
        stepper = function or self.deployed.function("escrow_step")
        result: dict[str, Any] = stepper.handler(given, context())
        return result

    def released(self, **listed: Any) -> dict[str, Any]:
        """The escrow of a sale whose money has gone its way."""
        id_ = str(self.bought(**listed)["id"])
        assert self.confirm(id_).status == 200
        assert self.step(id_)["outcome"] == "released"
        return self.escrow(id_)

    def told(self, escrow: str) -> list[str]:
        """What has happened to it, the first first."""
        return [each["type"].removeprefix("payments.escrow.") for each in self.deployed.events(escrow)]

    def count_royalties(self, *escrows: str) -> list[str]:
        """As the queue brings what was released; the messages that must come again."""
        released = [e for id_ in escrows for e in self.deployed.events(id_) if e["type"] == "payments.escrow.released"]
        counter = self.deployed.function("royalty_counter")
        answer = counter.handler({"Records": messages(*released)}, context())
        return [each["itemIdentifier"] for each in answer["batchItemFailures"]]

    def royalties(self, query: str = "", who: Any = None) -> Answer:
        owner = who or self.deployed.as_user("owner", role="venue_owner", venues=[VENUE])
        return self.ask("GET", f"{MARKET}/venues/{VENUE}/royalties", who=owner, query=query)

    def give_back(self, escrow: str) -> str:
        """As the queue of refunds does, once it has heard."""
        told = Published("demo", REFUNDED, "escrow", escrow, {})
        return self._returns().do(told)

    def give_back_held(self, payment: str) -> str:
        """The same, for money that came for what was over."""
        return self._returns().do(Published("demo", "payments.payment.review_required", "payment", payment, {}))

    def hear(self, *types: str) -> None:
        """What Stripe has told, once these have come."""
        self.stuck.pass_on(*types)
        self.deployed.apply_inbox()

    def entries(self, kind: str) -> list[dict[str, int]]:
        found = [item for item in self.deployed.stored("journal_entry") if item["what"]["S"] == kind]
        return [dict(json.loads(item["postings"]["S"])) for item in found]

    def balances(self) -> dict[str, int]:
        """Every account that is not empty, from the journal, whose sum is zero."""
        sums: dict[str, int] = {}
        for item in self.deployed.stored("journal_entry"):
            for account, amount in json.loads(item["postings"]["S"]).items():
                sums[account] = sums.get(account, 0) + amount
        assert sum(sums.values()) == 0
        return {account: amount for account, amount in sums.items() if amount}

    def taken(self) -> int:
        """How often Stripe has really taken money."""
        intents = self.stuck.stripe.client.v1.payment_intents.list(params={"limit": 100}).data
        return sum(each.status == "succeeded" for each in intents)

    def refunded(self) -> int:
        """Minor units that Stripe has given back."""
        refunds = self.stuck.stripe.client.v1.refunds.list({"limit": 100}).data
        return sum(each.amount for each in refunds if each.status == "succeeded")

    def later(self, hours: float) -> None:
        self.stuck.swept(hours * HOUR)
        self.stuck.later(hours * HOUR)

    def _returns(self) -> GiveBack:
        api = self.deployed.function("checkout_api").api
        core = open_storage(Settings.from_environment(self.deployed.environment)).core
        returning = Returning(api.payments, api.refunding)
        groups = GroupReturns(DynamoGroups(core), returning, api.desk)
        return GiveBack(api.payments, lambda: Returns(returning, groups, EscrowReturns(DynamoEscrows(core), returning)))


def at_once(*calls: Any) -> list[Any]:
    """What each returned or raised; they set off together."""
    start = Barrier(len(calls))

    def run(call: Any) -> Any:
        start.wait(timeout=60)
        try:
            return call()
        except RetryableError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def a_machine(deployed: Deployment) -> None:
    """The state machine's name, with nothing behind it."""
    definition = json.dumps({"StartAt": "Over", "States": {"Over": {"Type": "Succeed"}}})
    name = deployed.environment["ESCROW_RELEASE_MACHINE"].rpartition(":")[2]
    machines = deployed.client("stepfunctions")
    with suppress(machines.exceptions.StateMachineAlreadyExists):
        machines.create_state_machine(name=name, definition=definition, roleArn="arn:aws:iam::000000000000:role/nobody")


def said(answer: Answer) -> Mapping[str, Any]:
    """What went wrong, by field."""
    return {each["field"]: each["message"] for each in answer.body["errors"]}
