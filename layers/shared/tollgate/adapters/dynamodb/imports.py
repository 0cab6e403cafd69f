"""What came from another system, on the core table: a mark for each record, in no index, so that one small read tells
whether a record is here, and whether it was the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import batched

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.conditions import Prepared
from tollgate.adapters.dynamodb.items import Item
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.kernel.clock import to_milliseconds
from tollgate.kernel.errors import TollgateError
from tollgate.kernel.unit_of_work import Write

# BatchGetItem's limit.
_AT_ONCE = 100


class ImportedItem(Item):
    """The record's id there, a digest of all that it said, and when it was taken over (epoch milliseconds)."""

    legacy_id = UnicodeAttribute()
    fingerprint = UnicodeAttribute()
    imported_at = NumberAttribute()


_ABSENT = Prepared(ImportedItem.pk.does_not_exist())


class AlreadyImported(TollgateError):
    """The record was taken over before; carries the digest of what it said then."""

    code = "ALREADY_IMPORTED"

    def __init__(self, fingerprint: str) -> None:
        super().__init__("this record was imported before")
        self.fingerprint = fingerprint


@dataclass(frozen=True, slots=True)
class Mark:
    """That what has this `id` here came as `legacy_id` from another system, and a digest of what it was."""

    tenant: str
    id: str
    legacy_id: str
    fingerprint: str


class DynamoImports:
    """A mark is stored in the transaction of what it marks, and never changed."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def known(self, wanted: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
        """By tenant and id, what those said that were imported before: a read unit each, a hundred in a call."""
        places = {keys.imported(*each): each for each in wanted}
        found: dict[tuple[str, str], str] = {}
        for some in batched(places, _AT_ONCE, strict=False):
            for raw in self._core.get_all(some, consistent=True):
                found[places[raw["pk"]["S"], raw["sk"]["S"]]] = raw["fingerprint"]["S"]
        return found

    def note(self, mark: Mark, now: datetime) -> Write:
        """`AlreadyImported` where there is one."""
        pk, sk = keys.imported(mark.tenant, mark.id)
        told = {"legacy_id": mark.legacy_id, "fingerprint": mark.fingerprint, "imported_at": to_milliseconds(now)}
        return self._core.put(ImportedItem(pk=pk, sk=sk, kind="import", **told), _ABSENT.holding(), _known)

    def seat(self, tenant: str, user: str, product: str) -> str | None:
        """The subscription of this product that a user has open."""
        raw = self._core.get(keys.seat(tenant, user, product)) or {}
        return raw["subscription"]["S"] if "subscription" in raw else None


def _known(raw: Raw | None) -> Exception:
    return AlreadyImported(raw["fingerprint"]["S"]) if raw else LookupError("the mark is gone")
