"""Escrows ↔ items."""

from __future__ import annotations

import json
from datetime import datetime

from tollgate.adapters.dynamodb import keys, resale_keys
from tollgate.adapters.dynamodb.escrow_items import EscrowItem
from tollgate.adapters.dynamodb.store import Raw
from tollgate.escrow.model import Escrow, State
from tollgate.escrow.splitting import Rates
from tollgate.kernel.clock import epoch, from_milliseconds, to_milliseconds
from tollgate.kernel.money import Money


def escrow_to_item(of: Escrow) -> EscrowItem:
    pk, sk = resale_keys.escrow(of.tenant, of.id)
    return EscrowItem(
        pk=pk,
        sk=sk,
        kind="escrow",
        listing=of.listing,
        ticket=of.ticket,
        occasion=of.occasion,
        occasion_name=of.occasion_name,
        buyer=of.buyer,
        seller=of.seller,
        seller_account=of.seller_account,
        amount=of.price.amount,
        currency=of.price.currency,
        rates=rates_to_json(of.rates),
        state=of.state.value,
        payment_id=of.payment,
        created_at=to_milliseconds(of.created_at),
        updated_at=to_milliseconds(of.updated_at),
        version=of.version,
        revision=of.revision,
        deadline=_milliseconds(of.deadline),
        confirmed_at=_milliseconds(of.confirmed_at),
        complaint=of.complaint,
        chargebacks=of.chargebacks or None,
        returned=of.returned or None,
        ended_at=_milliseconds(of.ended_at),
        reason=of.reason,
        due=keys.due_shard_of(pk) if of.due_at else None,
        due_at=epoch(of.due_at) if of.due_at else None,
    )


def escrow_from_item(raw: Raw) -> Escrow:
    text, number, tenant, id_ = read(raw)
    return Escrow(
        id=id_,
        tenant=tenant,
        listing=text["listing"],
        ticket=text["ticket"],
        occasion=text["occasion"],
        occasion_name=text.get("occasion_name"),
        buyer=text["buyer"],
        seller=text["seller"],
        seller_account=text["seller_account"],
        price=Money(number["amount"], text["currency"]),
        rates=rates_from_json(text["rates"]),
        state=State(text["state"]),
        payment=text["payment_id"],
        created_at=from_milliseconds(number["created_at"]),
        updated_at=from_milliseconds(number["updated_at"]),
        version=number["version"],
        revision=number["revision"],
        deadline=_time(number.get("deadline")),
        confirmed_at=_time(number.get("confirmed_at")),
        complaint=text.get("complaint"),
        chargebacks=number.get("chargebacks", 0),
        returned=number.get("returned", 0),
        ended_at=_time(number.get("ended_at")),
        reason=text.get("reason"),
    )


def read(raw: Raw) -> tuple[dict[str, str], dict[str, int], str, str]:
    """Texts and numbers of an item, and the tenant and the id of its key."""
    text = {name: value["S"] for name, value in raw.items() if "S" in value}
    number = {name: int(value["N"]) for name, value in raw.items() if "N" in value}
    _, tenant, id_ = text["pk"].split("#", 2)
    return text, number, tenant, id_


def rates_to_json(rates: Rates) -> str:
    row = [rates.venue, rates.venue_share, rates.platform_share, rates.artist, rates.artist_share]
    return json.dumps(row, separators=(",", ":"), ensure_ascii=False)


def rates_from_json(text: str) -> Rates:
    return Rates(*json.loads(text))


def _milliseconds(time: datetime | None) -> int | None:
    return to_milliseconds(time) if time else None


def _time(milliseconds: int | None) -> datetime | None:
    return from_milliseconds(milliseconds) if milliseconds is not None else None
