"""Deliveries to a consumer that takes everything at once; the network between is left out."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from bench.shop import Shop
from tests.functions.consuming import with_secret
from tests.functions.test_stats import messages
from tests.support.requests import context
from tollgate.adapters.courier import HttpCourier
from tollgate.adapters.dynamodb.consumers import DynamoConsumers
from tollgate.adapters.dynamodb.lanes import DynamoHistories
from tollgate.deliveries.consumers import Consumer
from tollgate.deliveries.model import Aggregate
from tollgate.deliveries.ports import Answer
from tollgate.runtime.composition.storage import Storage, open_storage
from tollgate.runtime.settings import Settings

_URL = "https://payments-consumer.shop.example/api/internal/payments/events"

# Does something as the operation of this name: what it costs is told apart from the rest.
type Step = Callable[[str, Callable[[], Any]], Any]


def deliver(shop: Shop, step: Step) -> None:
    """A confirmation, after what came before it was delivered."""
    storage = open_storage(Settings.from_environment(shop.deployed.environment))
    since = datetime(2026, 1, 1, tzinfo=UTC)
    consumers = DynamoConsumers(storage.core, storage.unit_of_work)
    consumers.put(Consumer("funnel", _URL, frozenset({"demo"}), frozenset(), since))
    with_secret(shop.deployed)
    paid = shop.checkout(shop.checkout_event())
    with patch.object(HttpCourier, "post", lambda *_: Answer(120, 204)):
        _send(shop, *_events(storage, paid["id"]))
        completed, _ = shop.pay(paid)
        shop.accept(shop.webhook_event(completed))
        shop.apply(shop.deployed.stream("INBOX_TABLE")[-1])
        confirmed = _events(storage, paid["id"])[-1]
        step("delivery", lambda: _send(shop, confirmed))


def _events(storage: Storage, payment: str) -> list[dict[str, Any]]:
    """The payment's own, and no look through everything: where much is stored that takes minutes."""
    found = DynamoHistories(storage.core).after(Aggregate("demo", "payment", payment), 0, 10)
    return [dict(json.loads(each.body)) for each in found]


def _send(shop: Shop, *events: dict[str, Any]) -> None:
    answer = shop.deployed.function("deliverer").handler({"Records": messages(*events)}, context())
    assert answer == {"batchItemFailures": []}, answer
