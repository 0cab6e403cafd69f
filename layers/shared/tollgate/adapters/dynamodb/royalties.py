"""A venue's royalties, summed per day and event, on the core table."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pynamodb.expressions.update import Action

from tollgate.adapters.dynamodb import resale_keys
from tollgate.adapters.dynamodb.conditions import Prepared
from tollgate.adapters.dynamodb.items import Item
from tollgate.adapters.dynamodb.royalty_items import RoyaltiesItem, RoyaltySumItem
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.kernel.unit_of_work import UnitOfWork
from tollgate.marketplace.ports import Royalties, RoyaltyBook, RoyaltySum

_ABSENT = Prepared(Item.pk.does_not_exist())


class _Known(Exception):
    """The sale is in the sums."""


class DynamoRoyalties(RoyaltyBook):
    """A sale's own record proves that it was added, in the transaction that adds it."""

    def __init__(self, core: Table, unit_of_work: UnitOfWork) -> None:
        self._core = core
        self._unit_of_work = unit_of_work

    def count(self, of: Royalties) -> bool:
        pk, sk = resale_keys.royalties_counted(of.tenant, of.escrow)
        parts = json.dumps(of.parts, separators=(",", ":"), ensure_ascii=False)
        record = RoyaltiesItem(pk=pk, sk=sk, kind="royalties", venue=of.venue, parts=parts)
        key = resale_keys.royalties_of_day(of.tenant, of.venue, of.currency, of.day, of.occasion)
        ours = RoyaltySumItem.pk.does_not_exist() | (RoyaltySumItem.kind == "royalty_sum")
        try:
            self._unit_of_work.commit(
                self._core.put(record, _ABSENT.holding(), lambda _: _Known()),
                self._core.update(key, _added(of), ours, _never),
            )
        except _Known:
            return False
        return True

    def between(self, tenant: str, venue: str, currency: str, first: str, last: str) -> Sequence[RoyaltySum]:
        request = {
            "TableName": self._core.name,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": {
                ":pk": {"S": resale_keys.royalties(tenant, venue, currency)},
                ":first": {"S": first},
                ":last": {"S": f"{last}#\U0010ffff"},
            },
        }
        sums: dict[str, RoyaltySum] = {}
        while True:
            found = self._core.call("Query", request)
            for raw in found["Items"]:
                _add(sums, raw)
            if "LastEvaluatedKey" not in found:
                return list(sums.values())
            request["ExclusiveStartKey"] = found["LastEvaluatedKey"]


def _added(of: Royalties) -> list[Action]:
    told = [RoyaltySumItem.kind.set("royalty_sum"), RoyaltySumItem.occasion.set(of.occasion)]
    named = [RoyaltySumItem.occasion_name.set(of.occasion_name)] if of.occasion_name else []
    return [*told, *named, RoyaltySumItem.amount.add(of.amount), RoyaltySumItem.sales.add(1)]


def _add(sums: dict[str, RoyaltySum], raw: Raw) -> None:
    occasion = raw["occasion"]["S"]
    known = sums.get(occasion, RoyaltySum(occasion, None, 0, 0))
    name = raw["occasion_name"]["S"] if "occasion_name" in raw else known.occasion_name
    amount, sales = int(raw["amount"]["N"]), int(raw["sales"]["N"])
    sums[occasion] = RoyaltySum(occasion, name, known.amount + amount, known.sales + sales)


def _never(raw: Raw | None) -> Exception:
    return AssertionError(f"something else stands where sums should be: {raw}")
