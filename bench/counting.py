"""What an operation's requests are charged for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from bench.exchange import Exchange, Operation
from bench.units import Item, item_bytes, read_units, write_units

WRITES = ("PutItem", "UpdateItem", "TransactWriteItems")
# What is projected into an index of keys: its own and the table's.
_KEYS_ONLY = {"by_hour": ("hour_shard", "sk_event", "pk", "sk"), "by_due": ("due", "due_at", "pk", "sk")}
# Coming into an index is seen in what is written. Leaving `by_due`, once per item that was due, is not.
_INDEX_KEYS = {"by_owner": "owner_key", "by_day": "day_shard", "by_hour": "hour_shard", "by_due": "due"}


class Stored(Protocol):
    """Reads an item as it stands now, outside the count."""

    def __call__(self, table: str, key: Item) -> Item: ...


class Examined(Protocol):
    """Asks a query once more without its filter, outside the count: it is charged for all that it looks at."""

    def __call__(self, query: dict[str, Any]) -> Sequence[Item]: ...


def _unfiltered(query: dict[str, Any]) -> Sequence[Item]:
    raise LookupError(f"nobody said what {query} looks at")


@dataclass(frozen=True, slots=True)
class Written:
    """One item of a write request."""

    kind: str
    bytes: int
    units: int
    index_units: int


@dataclass(frozen=True, slots=True)
class Cost:
    """One operation."""

    calls: tuple[str, ...]
    request_bytes: int
    answer_bytes: int
    read_units: float
    written: tuple[Written, ...]
    log_bytes: int
    bus_entries: int
    records: int

    @property
    def database_calls(self) -> int:
        return sum(call.startswith("dynamodb.") for call in self.calls)

    @property
    def write_units(self) -> int:
        return sum(written.units for written in self.written)

    @property
    def index_units(self) -> int:
        return sum(written.index_units for written in self.written)

    def as_json(self) -> dict[str, Any]:
        """Calls and items that are alike are told once, with their number: a batch writes a hundred of a kind."""
        totals = {"write_units": self.write_units, "index_write_units": self.index_units}
        written = [asdict(each) | {"times": times} for each, times in Counter(self.written).items()]
        return asdict(self) | totals | {"calls": dict(Counter(self.calls)), "written": written}


def cost_of(operation: Operation, stored: Stored, examined: Examined = _unfiltered) -> Cost:
    """Sizes are those of the request's items; an update is as large as the item that it leaves."""
    aws = [exchange for exchange in operation.exchanges if exchange.is_aws]
    return Cost(
        calls=tuple(exchange.target for exchange in aws),
        request_bytes=sum(len(exchange.request) for exchange in aws),
        answer_bytes=sum(len(exchange.answer) for exchange in aws),
        read_units=sum(_read(exchange, examined) for exchange in aws),
        written=tuple(written for exchange in aws for written in _written(exchange, stored)),
        log_bytes=operation.log_bytes,
        bus_entries=sum(len(exchange.sent()["Entries"]) for exchange in aws if exchange.target == "events.PutEvents"),
        records=operation.records,
    )


def _read(exchange: Exchange, examined: Examined) -> float:
    request, answer = exchange.sent(), exchange.received()
    match exchange.target:
        case "dynamodb.GetItem":
            consistent = bool(request.get("ConsistentRead"))
            return read_units(item_bytes(answer.get("Item", {})), consistent=consistent)
        case "dynamodb.BatchGetItem":
            ((table, wanted),) = request["RequestItems"].items()
            consistent = bool(wanted.get("ConsistentRead"))
            found = [read_units(item_bytes(item), consistent=consistent) for item in answer["Responses"].get(table, [])]
            return sum(found) + read_units(0, consistent=consistent) * (len(wanted["Keys"]) - len(found))
        case "dynamodb.Query":
            items = examined(request) if "FilterExpression" in request else answer["Items"]
            return read_units(sum(map(item_bytes, items)), consistent=bool(request.get("ConsistentRead")))
        case _:
            return 0


def _written(exchange: Exchange, stored: Stored) -> Iterator[Written]:
    operation = exchange.target.removeprefix("dynamodb.")
    if operation not in WRITES or not exchange.target.startswith("dynamodb."):
        return
    request = exchange.sent()
    transactional = operation == "TransactWriteItems"
    entries = request["TransactItems"] if transactional else [{operation.removesuffix("Item"): request}]
    for entry in entries:
        ((verb, write),) = entry.items()
        refused = exchange.status != 200
        key = write.get("Key") or {name: write["Item"][name] for name in ("pk", "sk")}
        met = stored(write["TableName"], key) if refused or verb != "Put" else {}
        item = write["Item"] if verb == "Put" else met
        # A refused write is charged for the larger of the item it brings and the one it meets, and changes no index.
        size = max(item_bytes(item), item_bytes(met))
        indexes = 0 if refused else _index_units(item, replaced=verb == "Put")
        kind = item.get("kind", {}).get("S", "nothing")
        yield Written(kind, size, write_units(size, transactional=transactional), indexes)


def _index_units(item: Mapping[str, Mapping[str, Any]], *, replaced: bool) -> int:
    """Each index that the item is in takes one plain write of what it projects; our items never change place. An update
    that leaves the keys alone writes nothing to an index of keys.
    """
    names = [
        name for name, attribute in _INDEX_KEYS.items() if attribute in item and (replaced or name not in _KEYS_ONLY)
    ]
    return sum(
        write_units(
            item_bytes({key: item[key] for key in _KEYS_ONLY[name]} if name in _KEYS_ONLY else item),
            transactional=False,
        )
        for name in names
    )
