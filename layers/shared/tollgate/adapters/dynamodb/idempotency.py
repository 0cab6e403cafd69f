"""Idempotency records on the core table."""

from __future__ import annotations

from datetime import UTC, datetime

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.conditions import Expressed, Prepared
from tollgate.adapters.dynamodb.deflating import deflated, inflated
from tollgate.adapters.dynamodb.items import IdempotencyItem
from tollgate.adapters.dynamodb.store import Raw, Table
from tollgate.kernel.clock import epoch, from_iso, to_iso
from tollgate.kernel.idempotency import AlreadyBegun, IdempotencyRecord, IdempotencyRepository, LeaseLost, Response
from tollgate.kernel.unit_of_work import Write

_ABSENT = Prepared(IdempotencyItem.pk.does_not_exist())
_HELD = Prepared((IdempotencyItem.lease_owner == "") & IdempotencyItem.response_status.does_not_exist())
_HELD_UNTIL = Prepared(
    (IdempotencyItem.lease_owner == "")
    & IdempotencyItem.response_status.does_not_exist()
    & (IdempotencyItem.lease_expires_at == "")
)


class DynamoIdempotency(IdempotencyRepository):
    """Every write after the first is fenced: it holds only while the lease is the writer's and there is no response."""

    def __init__(self, core: Table) -> None:
        self._core = core

    def get(self, id_: str) -> IdempotencyRecord | None:
        raw = self._core.get(keys.idempotency(id_))
        return _from_item(raw) if raw else None

    def begin(self, record: IdempotencyRecord) -> Write:
        return self._core.put(_to_item(record), _ABSENT.holding(), _already_begun)

    def take_over(self, stored: IdempotencyRecord, successor: IdempotencyRecord) -> Write:
        unmoved = _HELD_UNTIL.holding(stored.lease_owner, to_iso(stored.lease_expires_at))
        return self._fenced(successor, unmoved)

    def move(self, moved: IdempotencyRecord) -> Write:
        return self._fenced(moved, _HELD.holding(moved.lease_owner))

    def finish(self, record: IdempotencyRecord) -> Write:
        return self._fenced(record, _HELD.holding(record.lease_owner))

    def release(self, released: IdempotencyRecord) -> Write:
        return self._fenced(released, _HELD.holding(released.lease_owner))

    def _fenced(self, record: IdempotencyRecord, held: Expressed) -> Write:
        item = _to_item(record)

        def is_ours(stored: Raw) -> bool:
            mine = item.serialize()
            return all(
                stored.get(name) == mine.get(name) for name in ("lease_owner", "lease_expires_at", "response_status")
            )

        lost = LeaseLost("another request took this work over")
        return self._core.put(item, held, lambda _: lost, is_ours=is_ours)


def _already_begun(raw: Raw | None) -> Exception:
    return AlreadyBegun(_from_item(raw)) if raw else LookupError("the idempotency record is gone")


def _to_item(record: IdempotencyRecord) -> IdempotencyItem:
    pk, sk = keys.idempotency(record.id)
    response = record.response
    return IdempotencyItem(
        pk=pk,
        sk=sk,
        kind="idempotency",
        tenant=record.tenant,
        operation=record.operation,
        fingerprint=record.fingerprint,
        subject_id=record.subject_id,
        provider=record.provider,
        parameters=deflated(record.parameters.encode()) if record.parameters else None,
        attempt=record.attempt,
        lease_owner=record.lease_owner,
        lease_expires_at=to_iso(record.lease_expires_at),
        created_at=to_iso(record.created_at),
        sent_again_at=to_iso(record.sent_again_at) if record.sent_again_at else None,
        unsent=record.unsent or None,
        response_status=response.status if response else None,
        response_body=deflated(response.body.encode()) if response else None,
        ttl=epoch(record.expires_at) if record.expires_at else None,
        due=keys.due_shard_of(pk) if record.due_at else None,
        due_at=epoch(record.due_at) if record.due_at else None,
    )


def _from_item(raw: Raw) -> IdempotencyRecord:
    text = {name: value["S"] for name, value in raw.items() if "S" in value}
    status = raw.get("response_status")
    return IdempotencyRecord(
        id=text["pk"].removeprefix(f"{text['sk']}#"),
        tenant=text["tenant"],
        operation=text["operation"],
        fingerprint=text["fingerprint"],
        subject_id=text["subject_id"],
        provider=text["provider"],
        parameters=inflated(raw["parameters"]["B"]).decode() if "parameters" in raw else "",
        attempt=int(raw["attempt"]["N"]),
        lease_owner=text["lease_owner"],
        lease_expires_at=from_iso(text["lease_expires_at"]),
        created_at=from_iso(text["created_at"]),
        sent_again_at=from_iso(text["sent_again_at"]) if "sent_again_at" in text else None,
        unsent="unsent" in raw,
        response=Response(int(status["N"]), inflated(raw["response_body"]["B"]).decode()) if status else None,
        expires_at=datetime.fromtimestamp(int(raw["ttl"]["N"]), UTC) if "ttl" in raw else None,
    )
