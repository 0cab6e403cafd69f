"""What the projector reports to the stream."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Metrics

from tests.support.ledger import a_sale
from tests.support.memory.ledger import MemoryProjection
from tests.support.memory.store import MemoryStore, MemoryUnitOfWork
from tollgate.adapters.dynamodb.ledger_items import to_item
from tollgate.kernel.errors import StoreUnavailable, WriteOutcomeUnknown
from tollgate.ledger.balances import changes
from tollgate.ledger.projecting import Projector
from tollgate.runtime.ledger_stream import LedgerStream
from tollgate.runtime.observability import make_logger


class World:
    def __init__(self) -> None:
        self.store = MemoryStore()
        self.unit_of_work = MemoryUnitOfWork(self.store)
        projector = Projector(MemoryProjection(self.store), self.unit_of_work)
        self.stream = LedgerStream(projector, make_logger(), Metrics(namespace="Tollgate", service="test"))

    def deliver(self, records: list[dict[str, Any]]) -> list[str]:
        answer = self.stream.project(records, "request-1")
        return [str(each["itemIdentifier"]) for each in answer["batchItemFailures"]]

    def amounts(self) -> dict[str, int]:
        return {place[3]: held.total.amount for place, held in self.store.under("balance")}


def a_record(number: int, **fields: Any) -> dict[str, Any]:
    image = to_item(a_sale(str(number), **fields), projected=False).serialize()
    return {"eventName": "INSERT", "dynamodb": {"SequenceNumber": str(number), "NewImage": image}}


def test_a_store_that_is_too_busy_has_all_of_the_batch_come_again() -> None:
    world = World()
    records = [a_record(number) for number in range(3)]
    for error in (StoreUnavailable("busy"), WriteOutcomeUnknown("broken")):
        world.unit_of_work.before = _raising(error)
        assert world.deliver(records) == ["0", "1", "2"]
    world.unit_of_work.before = lambda _: None
    assert world.deliver(records) == []
    assert world.amounts() == {key.account: each.amount for key, each in changes(map(_sale, range(3))).items()}


def test_what_was_committed_before_the_store_gave_up_is_not_added_again() -> None:
    """Sellers of their own: the batch takes several transactions, and the second fails."""
    world = World()
    records = [a_record(number, seller=f"ven_{number}") for number in range(90)]
    world.unit_of_work.before = lambda commit: _raise(StoreUnavailable("busy")) if commit == 2 else None
    assert len(world.deliver(records)) == 90
    world.unit_of_work.before = lambda _: None
    assert world.deliver(records) == []
    assert world.amounts()["platform_fees"] == 90 * 500


def test_what_is_no_insert_of_an_entry_is_passed_over() -> None:
    world = World()
    born = to_item(a_sale("9"), projected=True).serialize()
    others = [
        a_record(1) | {"eventName": "MODIFY"},
        {"eventName": "REMOVE", "dynamodb": {"SequenceNumber": "2", "Keys": {}}},
        {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "3", "NewImage": {"kind": {"S": "event"}}}},
        {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "4", "NewImage": born}},
    ]
    assert world.deliver(others) == []
    assert world.unit_of_work.commits == 0


def test_every_unreadable_entry_is_reported_with_its_number() -> None:
    world = World()
    records = [a_record(number) for number in range(5)]
    del records[1]["dynamodb"]["NewImage"]["what"]
    records[2]["dynamodb"]["NewImage"]["postings"] = {"S": "{"}
    records[3]["dynamodb"]["NewImage"]["postings"] = {"S": "[]"}
    records[4]["dynamodb"]["NewImage"]["currency"] = {"S": "XXX"}
    assert world.deliver(records) == ["1", "2", "3", "4"]
    assert world.amounts()["platform_fees"] == 500


def _sale(number: int) -> Any:
    return a_sale(str(number))


def _raising(error: Exception) -> Any:
    return lambda _: _raise(error)


def _raise(error: Exception) -> None:
    raise error
