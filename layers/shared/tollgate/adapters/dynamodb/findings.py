"""Findings on the core table, listed for each tenant in two partitions: those that are open, and those that are not."""

from __future__ import annotations

import base64
import json
import re
from datetime import datetime

from tollgate.adapters.dynamodb import event_items, keys
from tollgate.adapters.dynamodb.items import FindingItem
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.kernel.clock import epoch, from_iso, to_iso
from tollgate.kernel.events import Event
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.errors import InvalidCursor
from tollgate.reconciliation.model import Finding, Kind, Remedy, Repair
from tollgate.reconciliation.ports import FindingChanged, FindingRepository, FindingsPage

# Before and past every place in a list: places begin with a year.
_START, _END = "0", "9999"
# The place of a finding in a list.
_PLACE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#\w{1,64}", re.ASCII)


class DynamoFindings(FindingRepository):
    """A finding is one item, with its events beside it."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def get(self, tenant: str, id_: str) -> Finding | None:
        raw = self._core.get(keys.finding(tenant, id_))
        return _from_item(raw) if raw else None

    def put(self, finding: Finding, event: Event, due_at: datetime | None) -> tuple[Write, ...]:
        before = finding.version - 1
        as_before = FindingItem.version == before if before else FindingItem.pk.does_not_exist()
        item = _to_item(finding, due_at)
        return (self._core.put(item, as_before, lambda _: _changed(finding)), event_items.append(self._core, event))

    def look_again(self, finding: Finding, at: datetime) -> Write:
        unchanged = FindingItem.version == finding.version
        later = [FindingItem.due_at.set(epoch(at))]
        return self._core.update(
            keys.finding(finding.tenant, finding.id), later, unchanged, lambda _: _changed(finding)
        )

    def list(self, tenant: str, *, open_only: bool, limit: int, cursor: str | None) -> FindingsPage:
        place = keys.findings(tenant, is_open=open_only)
        upper = _decode(cursor, place) if cursor else _END
        raws = self._core.query_index("by_owner", "owner_key", place, _START, upper, limit + 1)
        after = raws[limit - 1]["listed_at"]["S"] if len(raws) > limit else None
        return FindingsPage(tuple(_from_item(raw) for raw in raws[:limit]), _encode(place, after) if after else None)


def _to_item(finding: Finding, due_at: datetime | None) -> FindingItem:
    pk, sk = keys.finding(finding.tenant, finding.id)
    return FindingItem(
        pk=pk,
        sk=sk,
        kind="finding",
        owner_key=keys.findings(finding.tenant, is_open=finding.is_open),
        listed_at=keys.listed_at(finding.found_at, finding.id),
        what=finding.kind.value,
        subject_type=finding.subject_type,
        subject_id=finding.subject_id,
        remedy=finding.remedy.value,
        repair=finding.repair.value,
        updated_at=to_iso(finding.updated_at),
        version=finding.version,
        detail=json.dumps(finding.detail, separators=(",", ":"), ensure_ascii=False),
        settled_by=finding.settled_by,
        due=keys.due_shard_of(pk) if due_at else None,
        due_at=epoch(due_at) if due_at else None,
    )


def _from_item(raw: Raw) -> Finding:
    text = {name: value["S"] for name, value in raw.items() if "S" in value}
    _, tenant, id_ = text["pk"].split("#", 2)
    return Finding(
        id=id_,
        tenant=tenant,
        kind=Kind(text["what"]),
        subject_type=text["subject_type"],
        subject_id=text["subject_id"],
        remedy=Remedy(text["remedy"]),
        found_at=from_iso(text["listed_at"].partition("#")[0]),
        updated_at=from_iso(text["updated_at"]),
        repair=Repair(text["repair"]),
        version=int(raw["version"]["N"]),
        detail=json.loads(text["detail"]),
        settled_by=text.get("settled_by"),
    )


def _changed(finding: Finding) -> Exception:
    return FindingChanged(f"{finding.id} was written by another run")


def _encode(place: str, after: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([place, after]).encode()).decode().rstrip("=")


def _decode(cursor: str, place: str) -> str:
    try:
        of, after = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        shaped = _PLACE.fullmatch(after) is not None
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidCursor("cursor is not one that this list gave") from error
    if not shaped or of != place:
        raise InvalidCursor("cursor belongs to another list")
    return str(after)
