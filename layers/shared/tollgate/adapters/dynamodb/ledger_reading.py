"""The books as people and checks read them: accounts from the index by hour, entries from those by owner and by day."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import batched, islice
from typing import Any

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.ledger import SALES, marked
from tollgate.adapters.dynamodb.ledger_items import born_projected, from_item, moves
from tollgate.adapters.dynamodb.places import DAYS_PER_PAGE, Group, Partition, Range, days, newest, place_of
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.kernel.clock import to_iso
from tollgate.ledger import accounts
from tollgate.ledger.balances import AccountKey
from tollgate.ledger.model import JournalEntry
from tollgate.ledger.ports import Balance, EntriesPage, EntriesWanted, JournalSweep, LedgerReader
from tollgate.payments.errors import InvalidCursor

_BATCH = 100
# Where the places of one tenant end: the character that follows the separator.
_PAST = "$"
_PLACE = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d\.\d{3}Z#\w{1,64})?", re.ASCII)


class DynamoLedgerReader(LedgerReader):
    """Accounts of a tenant lie side by side in one partition of an index; a page of entries examines so many."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def balances(self, tenant: str, currency: str | None = None) -> list[Balance]:
        prefix = f"{tenant}#{currency}#" if currency else f"{tenant}#"
        request = {
            "TableName": self._core.name,
            "IndexName": "by_hour",
            "KeyConditionExpression": "hour_shard = :accounts AND begins_with(sk_event, :prefix)",
            "ExpressionAttributeValues": {":accounts": {"S": keys.ACCOUNTS}, ":prefix": {"S": prefix}},
        }
        wanted = ((raw["pk"]["S"], raw["sk"]["S"]) for raw in _all(self._core, request))
        found = [raw for some in batched(wanted, _BATCH, strict=False) for raw in self._core.get_all(some)]
        return sorted(map(_balance, found), key=lambda each: each.key)

    def entries(self, wanted: EntriesWanted) -> EntriesPage:
        bound_to = [wanted.tenant, wanted.account, wanted.currency]
        upper = _decode(wanted.cursor, bound_to) if wanted.cursor else to_iso(wanted.until)
        stretch = Range(to_iso(wanted.since), upper, _filter(wanted))
        if stretch.upper <= stretch.lower:
            return EntriesPage((), None)
        raws, unseen = newest(self._core, _groups(wanted, stretch), stretch, wanted.limit + 1)
        shown = raws[: wanted.limit]
        after = place_of(shown[-1]) if len(raws) > wanted.limit else unseen
        return EntriesPage(tuple(map(from_item, shown)), _encode(bound_to, after) if after else None)

    def newest(self, tenant: str, until: datetime, limit: int) -> list[JournalEntry]:
        stretch = Range(
            to_iso(until - timedelta(days=1)), to_iso(until), {"FilterExpression": "attribute_not_exists(projected)"}
        )
        raws, _ = newest(self._core, _day_groups(tenant, stretch), stretch, limit)
        return [from_item(raw) for raw in raws[:limit]]


class DynamoJournalSweep(JournalSweep):
    """Day by day and shard by shard."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def tenants(self) -> Iterator[str]:
        """One query leads to the first account of the next tenant."""
        past = ""
        while True:
            request = {
                "TableName": self._core.name,
                "IndexName": "by_hour",
                "KeyConditionExpression": "hour_shard = :accounts" + (" AND sk_event > :past" if past else ""),
                "ExpressionAttributeValues": {":accounts": {"S": keys.ACCOUNTS}}
                | ({":past": {"S": past}} if past else {}),
                "Limit": 1,
            }
            found = self._core.call("Query", request)["Items"]
            if not found:
                return
            tenant = found[0]["sk_event"]["S"].partition("#")[0]
            yield tenant
            past = tenant + _PAST

    def day(self, tenant: str, day: date) -> Iterator[tuple[JournalEntry, bool]]:
        for number in range(keys.JOURNAL_SHARDS):
            request = {
                "TableName": self._core.name,
                "IndexName": "by_day",
                "KeyConditionExpression": "day_shard = :shard",
                "ExpressionAttributeValues": {":shard": {"S": keys.journal_day(tenant, day.isoformat(), number)}},
            }
            for some in batched(_all(self._core, request), _BATCH, strict=False):
                yield from self._with_marks(some)

    def _with_marks(self, raws: Sequence[Raw]) -> Iterator[tuple[JournalEntry, bool]]:
        found = [(from_item(raw), born_projected(raw)) for raw in raws]
        held = marked(self._core, ((entry.tenant, entry.id) for entry, born in found if not born))
        return ((entry, born or entry.id in held) for entry, born in found)


def _all(core: Table, request: dict[str, Any]) -> Iterator[Raw]:
    while True:
        response = core.call("Query", request)
        yield from response["Items"]
        if "LastEvaluatedKey" not in response:
            return
        request = {**request, "ExclusiveStartKey": response["LastEvaluatedKey"]}


def _groups(wanted: EntriesWanted, stretch: Range) -> Sequence[Group]:
    """A seller's entries lie together; those of all others are looked for among everything of each day."""
    seller = accounts.seller_of(wanted.account)
    if seller is None:
        return _day_groups(wanted.tenant, stretch)
    shards = [keys.journal_of_seller(wanted.tenant, seller, number) for number in range(keys.JOURNAL_SHARDS)]
    return [Group(stretch.lower, [Partition("by_owner", "owner_key", shard) for shard in shards])]


def _day_groups(tenant: str, stretch: Range) -> Sequence[Group]:
    return [
        Group(day, [Partition("by_day", "day_shard", shard) for shard in _day_shards(tenant, day)])
        for day in islice(days(stretch.lower, stretch.upper), DAYS_PER_PAGE + 1)
    ]


def _day_shards(tenant: str, day: str) -> Iterable[str]:
    return (keys.journal_day(tenant, day, number) for number in range(keys.JOURNAL_SHARDS))


def _filter(wanted: EntriesWanted) -> dict[str, Any]:
    expression, values = "contains(postings, :moves)", {":moves": {"S": moves(wanted.account)}}
    if wanted.currency is not None:
        expression, values = f"{expression} AND currency = :currency", values | {":currency": {"S": wanted.currency}}
    return {"FilterExpression": expression, "ExpressionAttributeValues": values}


def _balance(raw: Raw) -> Balance:
    tenant, currency, account = raw["sk_event"]["S"].split("#")
    return Balance(
        key=AccountKey(tenant, currency, account),
        amount=int(raw["amount"]["N"]),
        postings=int(raw["postings"]["N"]),
        sales={name.removeprefix(SALES): int(raw[name]["N"]) for name in sorted(raw) if name.startswith(SALES)},
        since=date.fromisoformat(raw["since"]["S"]) if "since" in raw else None,
    )


def _encode(bound_to: list[str | None], place: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([*bound_to, place]).encode()).decode().rstrip("=")


def _decode(cursor: str, bound_to: list[str | None]) -> str:
    try:
        *of, place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        shaped = _PLACE.fullmatch(place) is not None
        datetime.fromisoformat(place[:10]).replace(tzinfo=UTC)
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidCursor("cursor is not one that this list gave") from error
    if not shaped or of != bound_to:
        raise InvalidCursor("cursor belongs to another list")
    return str(place)
