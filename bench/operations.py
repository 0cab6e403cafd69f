"""Each operation of the money path once, through the real handlers on a real engine, with all that left the process."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import batched
from typing import Any

from bench import deliveries, gift_cards, groups, ledger, payouts, renewals, resales, subscriptions
from bench.counting import Cost, cost_of
from bench.exchange import Exchange, Operation
from bench.shop import Shop, charge_event
from tests.support.requests import new_key
from tollgate.statistics.model import OUTCOME_OF

# Three payments: each was created, opened and confirmed.
BATCH = 9


@dataclass
class Run:
    """Everything that was seen, and the events that the CPU measurements send again."""

    environment: dict[str, str]
    webhook_secret: str
    costs: dict[str, Cost] = field(default_factory=dict)
    sent: dict[str, tuple[Exchange, ...]] = field(default_factory=dict)
    all_exchanges: list[Exchange] = field(default_factory=list)
    payload: bytes = b""
    inbox_record: dict[str, Any] = field(default_factory=dict)
    core_records: list[dict[str, Any]] = field(default_factory=list)


def begin(shop: Shop) -> Run:
    """Nothing is counted yet."""
    return Run(dict(shop.deployed.environment), shop.stripe.receiver.secret)


def run(shop: Shop) -> Run:
    """A purchase from checkout to published event, each step counted by itself after a first, uncounted round."""
    done = begin(shop)

    def step[T](name: str, act: Callable[[], T], records: int = 1) -> T:
        with watched(done, shop, name, records):
            return act()

    first = shop.checkout_event()
    step("checkout_create_first_of_instance", lambda: shop.checkout(first))
    _warm(shop)
    event = shop.checkout_event(key := new_key(), user := str(uuid.uuid4()))
    paid = step("checkout_create", lambda: shop.checkout(event))
    again = shop.checkout_event(key, user)
    assert step("checkout_replay", lambda: shop.checkout(again)) == paid
    charge = charge_event(shop.deployed)
    assert step("charge", lambda: shop.checkout(charge))["outcome"] == "succeeded"
    completed, succeeded = shop.pay(paid)
    step("webhook_accept", lambda: shop.accept(shop.webhook_event(completed)))
    step("webhook_duplicate", lambda: shop.accept(shop.webhook_event(completed)))
    done.payload, done.inbox_record = completed, shop.deployed.stream("INBOX_TABLE")[-1]
    step("webhook_apply", lambda: shop.apply(done.inbox_record))
    step("webhook_accept_second_event", lambda: shop.accept(shop.webhook_event(succeeded)))
    second = shop.deployed.stream("INBOX_TABLE")[-1]
    step("webhook_apply_second_event", lambda: shop.apply(second))
    done.core_records = _new_events(shop)[-BATCH:]
    step("relay_batch", lambda: shop.relay(*done.core_records), len(done.core_records))
    counted = [each for each in done.core_records if each["dynamodb"]["NewImage"]["type"]["S"] in OUTCOME_OF]
    step("count_batch", lambda: shop.count(*counted), len(counted))
    step("refund", lambda: shop.refund(paid["id"]))
    done.all_exchanges = list(shop.exchanges.made)
    _pay_out(done, shop)
    _give_and_tell(shop, step)
    _keep_books(done, shop)
    return done


def _give_and_tell(shop: Shop, step: gift_cards.Step) -> None:
    """What has a part of its own."""
    gift_cards.give(shop, step)
    deliveries.deliver(shop, step)
    subscriptions.subscribe(shop, step)
    renewals.renew(shop, step)
    groups.share(shop, step)
    resales.resell(shop, step)


def _pay_out(done: Run, shop: Shop) -> None:
    """The bank sends one back on the day it was asked for, has the other, and sends that back, too."""
    venue = payouts.a_venue(shop)
    for name, instant, said in (
        ("payout", False, (("failed", "failed"),)),
        ("payout_instant", True, (("paid", "paid"), ("failed", "failed_after_paid"))),
    ):
        with watched(done, shop, name, 1):
            sent = venue.pay_out(instant=instant)
        for outcome, applied in said:
            told = venue.bank_says(outcome, sent)
            with watched(done, shop, f"payout_apply_{applied}", 1):
                shop.apply(told)


def _keep_books(done: Run, shop: Shop) -> None:
    """Each counted round meets accounts that are there: a new one is written to an index once."""
    for name, count in (("ledger_projection", ledger.BATCH), ("ledger_projection_few", ledger.FEW)):
        shop.project(*ledger.records(name, 1))
        sales = ledger.records(name, count + 1)[1:]
        with watched(done, shop, name, count):
            shop.project(*sales)
    with watched(done, shop, "ledger_hot_venue", ledger.HOT):
        for some in batched(ledger.records("hot", ledger.HOT), ledger.BATCH, strict=False):
            shop.project(*some)


def _warm(shop: Shop) -> None:
    """Every instance has read its secrets and prices, and the stream holds more than one batch of events."""
    for _ in range(3):
        checkout = shop.checkout(shop.checkout_event())
        payload, _ = shop.pay(checkout)
        shop.accept(shop.webhook_event(payload))
        shop.apply(shop.deployed.stream("INBOX_TABLE")[-1])
    shop.relay(*_new_events(shop)[:1])


def _new_events(shop: Shop) -> list[dict[str, Any]]:
    """What the relay's mapping lets through."""
    return [
        record
        for record in shop.deployed.stream("CORE_TABLE")
        if record["eventName"] == "INSERT" and record["dynamodb"]["NewImage"]["kind"]["S"] == "event"
    ]


@contextmanager
def watched(done: Run, shop: Shop, name: str, records: int) -> Iterator[None]:
    """Count what the block does, as one operation."""
    sent, logged = len(shop.exchanges.made), shop.log.tell()
    yield
    done.sent[name] = tuple(shop.exchanges.made[sent:])
    # At once: a later step changes what is stored, and with it the size that a write met.
    operation = Operation(name, done.sent[name], shop.log.tell() - logged, records)
    done.costs[name] = cost_of(operation, shop.stored, shop.examined)
