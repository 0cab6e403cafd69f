"""Journal entries as items, and back."""

from __future__ import annotations

import json

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.items import JournalEntryItem
from tollgate.adapters.dynamodb.store import Raw
from tollgate.kernel.clock import from_iso, to_iso
from tollgate.kernel.ids import shard
from tollgate.ledger.model import JournalEntry, Posting

KIND, MARK, BALANCE = "journal_entry", "journal_mark", "balance"


def to_item(entry: JournalEntry, *, projected: bool) -> JournalEntryItem:
    pk, sk = keys.journal_entry(entry.tenant, entry.id)
    number = shard(entry.id, keys.JOURNAL_SHARDS)
    return JournalEntryItem(
        pk=pk,
        sk=sk,
        kind=KIND,
        day_shard=keys.journal_day(entry.tenant, to_iso(entry.occurred_at)[:10], number),
        listed_at=keys.listed_at(entry.occurred_at, entry.id),
        owner_key=keys.journal_of_seller(entry.tenant, entry.seller, number) if entry.seller else None,
        what=entry.kind,
        currency=entry.currency,
        postings=_postings(entry),
        subject_type=entry.subject_type,
        subject_id=entry.subject_id,
        reverses=entry.reverses,
        projected=projected or None,
    )


def from_item(raw: Raw) -> JournalEntry:
    """From a read or a stream. Raises `Unbalanced` for what nobody should have stored; `KeyError` or `ValueError` for
    what is no entry.
    """
    text = {name: value["S"] for name, value in raw.items() if "S" in value}
    _, tenant, id_ = text["pk"].split("#")
    return JournalEntry(
        id=id_,
        tenant=tenant,
        kind=text["what"],
        currency=text["currency"],
        postings=tuple(Posting(account, amount) for account, amount in json.loads(text["postings"]).items()),
        subject_type=text["subject_type"],
        subject_id=text["subject_id"],
        occurred_at=from_iso(text["listed_at"].partition("#")[0]),
        seller=text["owner_key"].split("#")[3] if "owner_key" in text else None,
        reverses=text.get("reverses"),
    )


def born_projected(raw: Raw) -> bool:
    return "projected" in raw


def moves(account: str) -> str:
    """What the stored postings of every entry that moves this account contain, and of no other."""
    return f'"{account}":'


def _postings(entry: JournalEntry) -> str:
    return json.dumps({posting.account: posting.amount for posting in entry.postings}, separators=(",", ":"))
