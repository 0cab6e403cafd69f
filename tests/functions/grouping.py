"""Groups that pay together, at a till that charges at Stripe, Square and the mock."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tests.functions.charging import Till
from tests.functions.refunding import entries
from tests.functions.test_stats import messages
from tests.support.deployment import GROUP_PAGE, Answer, Deployment
from tests.support.requests import context, new_key
from tollgate.adapters.dynamodb.groups import DynamoGroups
from tollgate.group_payments.ports import Seen
from tollgate.runtime.capture_work import Captures
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.refund_work import GiveBack
from tollgate.runtime.settings import Settings

ORGANIZER, API = "organizer-1", "/api/v1/group-payments"
MINUTE, LIFE = 60, 10 * 60
LINK_TOKEN = "x-payment-link-token"
OUR_VENUE = "ven_groups"


@dataclass(frozen=True)
class Made:
    """A group as it was made."""

    body: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.body["groupPayment"]["id"])

    @property
    def members(self) -> list[str]:
        return [str(each["id"]) for each in self.body["groupPayment"]["members"]]

    def token(self, member: int = 0) -> str:
        page, _, token = str(self.body["paymentLinks"][member]["link"]).partition("#")
        assert page == f"{GROUP_PAGE}/{self.id}/{self.members[member]}"
        return token

    def link(self, member: int = 0) -> dict[str, str]:
        """What a browser sends that has followed the link."""
        return {LINK_TOKEN: self.token(member)}


def a_group(friends: int = 2, price: int = 5_000, **fields: Any) -> dict[str, Any]:
    """Each member takes two tickets."""
    return {
        "eventId": "concert-1",
        "ticketSelections": [{"ticketTypeId": "standing", "quantity": 2 * friends, "price": price}],
        "members": [
            {"email": f"friend{number}@mail.example", "name": f"Friend {number}", "ticketCount": 2}
            for number in range(1, friends + 1)
        ],
        **fields,
    }


@dataclass
class Groups:
    """The groups of one deployment."""

    deployed: Deployment

    def organizer(self) -> dict[str, str]:
        return self.deployed.as_user(ORGANIZER)

    def post(self, path: str, body: Any, who: Mapping[str, str], key: str | None = None) -> Answer:
        headers = {**who, "idempotency-key": key or new_key()}
        return self.deployed.call("POST", f"{API}{path}", body, headers=headers, function="group_payment_api")

    def ask(self, body: dict[str, Any], who: Mapping[str, str] | None = None, key: str | None = None) -> Answer:
        return self.post("/create", body, who or self.organizer(), key)

    def made(self, members: int = 2, **fields: Any) -> Made:
        answer = self.ask(a_group(members, **fields))
        assert answer.status == 201, answer.body
        return Made(answer.body)

    def contribute(
        self,
        group: Made,
        member: int = 0,
        card: str = "pm_card_visa",
        *,
        who: Mapping[str, str] | None = None,
        key: str | None = None,
        **fields: Any,
    ) -> Answer:
        """As the member, with their link."""
        path = f"/{group.id}/contribute/{group.members[member]}"
        body = {"paymentMethodId": card} if "sources" not in fields else {}
        return self.post(path, {**body, **fields}, group.link(member) if who is None else who, key)

    def by_mock(self, group: Made, member: int = 0, **fields: Any) -> Answer:
        """At the provider that needs no simulator."""
        return self.contribute(group, member, method="mock", sources={"mock": "ok"}, **fields)

    def cover(self, group: Made, who: Mapping[str, str] | None = None, key: str | None = None, **fields: Any) -> Answer:
        body = fields or {"paymentMethodId": "pm_card_visa"}
        return self.post(f"/{group.id}/cover", body, who or self.organizer(), key)

    def cancel(self, group: Made, who: Mapping[str, str] | None = None) -> Answer:
        return self.post(f"/{group.id}/cancel", None, who or self.organizer())

    def status(self, group: Made, who: Mapping[str, str] | None = None) -> Answer:
        asking = self.organizer() if who is None else who
        return self.deployed.call("GET", f"{API}/{group.id}/status", headers=asking, function="group_payment_api")

    def listed(self, who: Mapping[str, str] | None = None, query: str = "") -> Answer:
        asking = who or self.organizer()
        return self.deployed.call("GET", API, headers=asking, query=query, function="group_payment_api")

    def state(self, group: Made) -> str:
        return str(self.status(group).body["group"]["status"])

    def seen(self, group: Made) -> Seen:
        """As it is stored."""
        storage = open_storage(Settings.from_environment(self.deployed.environment))
        found = DynamoGroups(storage.core).read("demo", group.id)
        assert found is not None
        return found

    def states(self, group: Made) -> list[str]:
        return [each.state.value for each in self.seen(group).shares]

    def step(self, group: Made) -> dict[str, Any]:
        """As the state machine asks for it."""
        given = {"tenant": "demo", "group": group.id}
        return dict(self.deployed.function("group_payment_step").handler(given, context()))

    def give_back(self, function: Any = None) -> list[str]:
        """The refunder hears of everything that it listens to; the messages that are to come again."""
        records = messages(*self.told(*GiveBack.types))
        answer = (function or self.deployed.function("refunder")).handler({"Records": records}, context())
        return [each["itemIdentifier"] for each in answer["batchItemFailures"]]

    def take(self) -> list[str]:
        """The capturer hears of everything that it listens to; the messages that are to come again."""
        records = messages(*self.told(*Captures.types))
        answer = self.deployed.function("capturer").handler({"Records": records}, context())
        return [each["itemIdentifier"] for each in answer["batchItemFailures"]]

    def told(self, *types: str) -> list[dict[str, Any]]:
        envelopes = [json.loads(item["body"]["S"]) for item in self.deployed.stored("event")]
        return [each for each in envelopes if each["type"] in types]

    def types(self, id_: str) -> list[str]:
        """What has become of a group, a share or a payment; gapless."""
        events = sorted(self.deployed.events(id_), key=lambda each: each["sequence"])
        assert [each["sequence"] for each in events] == list(range(1, len(events) + 1))
        return [each["type"].rpartition(".")[2] for each in events]

    def token_is_stored(self, group: Made) -> bool:
        """Links are as good as passwords."""
        tokens = [group.token(member).partition(".")[0] for member in range(len(group.members))]
        stored = json.dumps([self.deployed.items(table) for table in ("CORE_TABLE", "INBOX_TABLE")], default=str)
        return any(token in stored for token in tokens)

    def books(self) -> dict[str, int]:
        """What every posting so far comes to, by account. It balances."""
        sums: dict[str, int] = {}
        for item in self.deployed.stored("journal_entry"):
            for account, amount in json.loads(item["postings"]["S"]).items():
                sums[account] = sums.get(account, 0) + amount
        assert sum(sums.values()) == 0
        return {account: amount for account, amount in sums.items() if amount}


@dataclass
class Friends(Groups):
    """With the clocks and the providers of a till."""

    till: Till

    def later(self, seconds: float) -> None:
        self.till.stuck.later(seconds)
        self.till.square.clock.offset += seconds

    def entries(self, kind: str) -> list[dict[str, int]]:
        return entries(self.till.stuck, kind)

    def transaction(self, payment: str) -> dict[str, Any]:
        """As an admin sees it."""
        admin = self.deployed.as_user("boss", role="admin")
        return dict(self.deployed.call("GET", f"/transactions/{payment}", headers=admin).body["transaction"])

    def refunds(self) -> list[Any]:
        """What Stripe has given back of what it had taken: what is let go is a refund there too, without a booking."""
        told = self.till.stuck.stripe.client.v1.refunds.list(params={"limit": 100}).data
        return [each for each in told if each.balance_transaction]

    def held(self) -> int:
        """How often Stripe has only set money aside."""
        return sum(each.status == "requires_capture" for each in self._intents())

    def paid(self, group: Made, member: int = 0) -> str:
        """A share whose money was taken before the others', at Stripe's dashboard."""
        payment = str(self.contribute(group, member).body["payment"]["id"])
        intent = str(self.transaction(payment)["providerReference"])
        self.till.stuck.stripe.client.v1.payment_intents.capture(intent)
        self.till.stuck.pass_on("payment_intent.succeeded", about=intent)
        self.settled()
        assert self.states(group)[member] == "paid"
        return payment

    def _intents(self) -> list[Any]:
        return list(self.till.stuck.stripe.client.v1.payment_intents.list(params={"limit": 100}).data)

    def settled(self) -> None:
        """What Stripe has to say has been heard."""
        self.till.stuck.pass_on()
        self.deployed.apply_inbox()

    def together(self, *asks: Any) -> Sequence[Answer]:
        """All at once, each on an instance of its own as far as a process has those."""
        with ThreadPoolExecutor(len(asks)) as pool:
            return [each.result() for each in [pool.submit(ask) for ask in asks]]


def friends_at(till: Till) -> Friends:
    return Friends(till.stuck.deployed, till)
