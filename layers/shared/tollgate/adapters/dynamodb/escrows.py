"""Escrows with their events, and who waits for them, on the core table."""

from __future__ import annotations

from datetime import datetime, timedelta

from tollgate.adapters.dynamodb import event_items, resale_keys
from tollgate.adapters.dynamodb.conditions import Prepared
from tollgate.adapters.dynamodb.escrow_items import EscrowItem, WaitingItem
from tollgate.adapters.dynamodb.escrow_mapping import escrow_from_item, escrow_to_item
from tollgate.adapters.dynamodb.items import Item
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.escrow.errors import EscrowChanged
from tollgate.escrow.model import Change, Escrow
from tollgate.escrow.ports import EscrowRepository, Waiting
from tollgate.kernel.clock import Clock, epoch
from tollgate.kernel.unit_of_work import UnitOfWork, Write

_ABSENT = Prepared(Item.pk.does_not_exist())
_AS_READ = Prepared(EscrowItem.revision == 0)
# No execution lasts longer.
_WAITED_FOR = timedelta(days=366)


class DynamoEscrows(EscrowRepository):
    """An escrow is one item, with its events beside it."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def get(self, tenant: str, id_: str) -> Escrow | None:
        raw = self._core.get(resale_keys.escrow(tenant, id_))
        return escrow_from_item(raw) if raw else None

    def create(self, change: Change) -> tuple[Write, ...]:
        return self._stored(change, _ABSENT.holding())

    def update(self, change: Change) -> tuple[Write, ...]:
        return self._stored(change, _AS_READ.holding(change.before))

    def look_again(self, escrow: Escrow, at: datetime | None) -> Write:
        never = [EscrowItem.due.remove(), EscrowItem.due_at.remove()]
        later = [EscrowItem.due_at.set(epoch(at))] if at else never
        unchanged = (EscrowItem.revision == escrow.revision) & EscrowItem.due.exists()
        key = resale_keys.escrow(escrow.tenant, escrow.id)
        return self._core.update(key, later, unchanged, lambda _: EscrowChanged(escrow.id))

    def _stored(self, change: Change, condition: dict[str, object]) -> tuple[Write, ...]:
        id_ = change.escrow.id
        put = self._core.put(escrow_to_item(change.escrow), condition, lambda _: EscrowChanged(id_))
        return (put, event_items.append(self._core, change.event)) if change.event else (put,)


class DynamoWaiting(Waiting):
    """One item beside the escrow."""

    def __init__(self, core: Table, unit_of_work: UnitOfWork, clock: Clock) -> None:
        self._core = core
        self._unit_of_work = unit_of_work
        self._clock = clock

    def note(self, escrow: Escrow, token: str) -> None:
        pk, sk = resale_keys.waiting(escrow.tenant, escrow.id)
        until = epoch(self._clock.now() + _WAITED_FOR)
        item = WaitingItem(pk=pk, sk=sk, kind="waiting", token=token, ttl=until)
        self._unit_of_work.commit(self._core.put(item, None, _never))

    def token(self, tenant: str, id_: str) -> str | None:
        raw = self._core.get(resale_keys.waiting(tenant, id_))
        return raw["token"]["S"] if raw else None


def _never(raw: Raw | None) -> Exception:
    return AssertionError(f"it has no condition: {raw}")
