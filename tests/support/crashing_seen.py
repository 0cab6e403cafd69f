"""What there is after a point: everything stored since it began, everything published, and what the provider holds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.support.crashing_billing import Contract, Invoice
from tests.support.crashing_client import Purchase
from tests.support.crashing_images import Image, as_payment
from tests.support.crashing_square import Square
from tests.support.crashing_stripe import Charge, Money, Move, Page, Stripe
from tests.support.crashing_wire import Asked, Fault
from tests.support.crashing_world import World
from tollgate.subscriptions.model import CHARGE
from tollgate.subscriptions.paying import OPERATION as PAY_DEBT

# Nobody asked for these, or what they came to is the subscription's to answer.
_NO_CLIENTS = frozenset({CHARGE, PAY_DEBT})

type Place = tuple[str, str, str]


@dataclass(frozen=True)
class Published:
    """One entry that the bus took."""

    name: str
    envelope: Mapping[str, Any]


@dataclass(frozen=True)
class Seen:
    """`history` has every version of every item, in the order they were written."""

    purchase: Purchase
    history: Sequence[tuple[Place, Image]]
    bus: Sequence[Published]
    pages: Sequence[Page]
    money: Sequence[Money]
    charges: Sequence[Charge]
    # Every call that has reached a provider, in order.
    asked: Sequence[Asked]
    refunds: Sequence[Money]
    transfers: Sequence[Move]
    payouts: Sequence[Move]
    # What Stripe bills of our subscriptions, and how they stand there.
    invoices: Sequence[Invoice]
    contracts: Sequence[Contract]
    acknowledged: Sequence[tuple[str, str]]
    # Every line that a function has logged or measured.
    printed: str = ""
    fault: Fault | None = None
    # Whether the client has come back for its answer.
    returned: bool = True

    def of(self, kind: str) -> list[Image]:
        """The items of a kind as they stand."""
        return list(self._standing.get(kind, ()))

    @cached_property
    def _standing(self) -> Mapping[str, Sequence[Image]]:
        """All that stands, by kind: each invariant asks for some of it."""
        found: dict[str, list[Image]] = {}
        for image in dict(self.history).values():
            found.setdefault(image["kind"]["S"], []).append(image)
        return found

    @property
    def wishes(self) -> list[Image]:
        """What is kept of requests that clients have made, and that have answers of their own."""
        return [image for image in self.of("idempotency") if image["operation"]["S"] not in _NO_CLIENTS]

    def versions(self, item: Image) -> list[Image]:
        """Everything that one item has been."""
        keys = item["pk"], item["sk"]
        return [image for _, image in self.history if (image["pk"], image["sk"]) == keys]

    def events(self, aggregate: str) -> list[dict[str, Any]]:
        """The envelopes that are stored about one aggregate, by sequence."""
        found = (each for each in self._envelopes if each["aggregate"]["id"] == aggregate)
        return sorted(found, key=lambda each: each["sequence"])

    @cached_property
    def _envelopes(self) -> Sequence[dict[str, Any]]:
        return [json.loads(image["body"]["S"]) for image in self.of("event")]

    def taken(self, payment: str) -> list[Money]:
        """The money that providers hold for a payment."""
        return [each for each in self.money if each.payment == payment]


def look(world: World, fault: Fault | None = None, *, returned: bool = True) -> Seen:
    """From the streams, which tell of every write; from the bus's door; and from the provider."""
    world.core.look()
    world.inbox.look()
    providers: list[Stripe | Square] = [world.stripe, *([world.square] if world.square else [])]
    return Seen(
        purchase=world.purchase,
        history=[
            ((feed.table, keys["pk"]["S"], keys["sk"]["S"]), record["dynamodb"]["NewImage"])
            for feed in (world.core, world.inbox)
            for record in feed.seen
            if (keys := record["dynamodb"]["Keys"]) and "NewImage" in record["dynamodb"]
            if keys["pk"]["S"].rpartition("#")[2] not in world.past
        ],
        bus=[entry for entry in _published(world) if entry.envelope["aggregate"]["id"] not in world.past],
        pages=[page for each in providers for page in each.pages()],
        money=[*(money for each in providers for money in each.money()), *world.mock_money],
        charges=[charge for each in providers for charge in each.charges()],
        asked=list(world.wire.asked),
        refunds=[each for each in world.stripe.refunds() if each.payment not in world.past],
        transfers=world.stripe.transfers(),
        payouts=world.stripe.payouts(),
        invoices=world.stripe.invoices(),
        contracts=world.stripe.contracts(),
        acknowledged=[(each.provider, id_) for id_, each in world.deliveries.items() if each.acknowledged],
        printed=world.printed.getvalue(),
        fault=fault,
        returned=returned,
    )


def _published(world: World) -> list[Published]:
    return [Published(entry["DetailType"], json.loads(entry["Detail"])) for entry in world.wire.published]


def payment_id(image: Image) -> str:
    """Of a payment's item, or of one that stands where a payment will be."""
    return str(image["pk"]["S"]).rpartition("#")[2]


def is_billed_later(payment: Image) -> bool:
    """Whether it is a period that follows the first: by an invoice of its provider's, or by a charge of ours."""
    read = as_payment(payment)
    return read.is_invoiced or (read.direct and read.billing is not None and read.billing.invoice is not None)
