"""What `GET /control/state` tells: enough to check money and deliveries without reading the log."""

import json
from collections.abc import Iterable
from typing import Any

from local.simulators.stripe import faults
from local.simulators.stripe.deliveries import PAUSED
from local.simulators.stripe.errors import Body
from local.simulators.stripe.work import Work

_KINDS = {
    "sessions": "checkout.session", "payment_intents": "payment_intent", "charges": "charge", "refunds": "refund",
    "customers": "customer", "events": "event", "disputes": "dispute", "accounts": "account", "transfers": "transfer",
    "transfer_reversals": "transfer_reversal", "payouts": "payout", "subscriptions": "subscription",
    "invoices": "invoice", "setup_intents": "setup_intent",
}  # fmt: skip


def state(work: Work, limit: int) -> Body:
    """Counts of everything, captured money per intent, and the newest `limit` sessions, intents and events."""
    return {
        "now": work.now,
        "counts": {**{name: _count(work, kind) for name, kind in _KINDS.items()}, "deliveries": _statuses(work)},
        "captured": _captured(work),
        "webhooks": {"paused": _paused(work), "faults": faults.ordered(work.tx, "webhook")},
        "api_faults": faults.ordered(work.tx),
        "sessions": _sessions(work, limit),
        "payment_intents": _intents(work, limit),
        **{name: _listed(work, kind, fields, limit) for name, (kind, fields) in _LISTS.items()},
        "events": _events(work, limit),
    }


def _count(work: Work, kind: str) -> int:
    return int(work.tx.execute("SELECT count(*) FROM objects WHERE kind = ?", (kind,)).fetchone()[0])


def _statuses(work: Work) -> dict[str, int]:
    rows = work.tx.execute("SELECT status, count(*) FROM deliveries GROUP BY status").fetchall()
    return {row[0]: row[1] for row in rows}


def _paused(work: Work) -> bool:
    return work.tx.execute("SELECT 1 FROM switches WHERE name = ?", (PAUSED,)).fetchone() is not None


def _captured(work: Work) -> dict[str, int]:
    rows = work.tx.execute(
        """SELECT json_extract(body, '$.payment_intent') AS intent, sum(json_extract(body, '$.amount_captured'))
        AS amount FROM objects WHERE kind = 'charge' AND account IS NULL GROUP BY 1 HAVING amount > 0"""
    )
    return {row["intent"]: row["amount"] for row in rows}


def _newest(work: Work, kind: str, limit: int) -> list[Any]:
    return work.tx.everywhere().select(kind, tail=f"ORDER BY seq DESC LIMIT {limit}")


def _some(body: Body, names: Iterable[str]) -> Body:
    return {name: body.get(name) for name in names}


def _sessions(work: Work, limit: int) -> list[Body]:
    names = "id status payment_status amount_total currency client_reference_id metadata expires_at url".split()
    return [
        {**_some(record.body, names), "payment_intent": record.private["intent"]}
        for record in _newest(work, "checkout.session", limit)
    ]


def _intents(work: Work, limit: int) -> list[Body]:
    names = "id status amount amount_received amount_capturable currency metadata latest_charge".split()
    return [
        {**_some(record.body, names), "session": record.private.get("session")}
        for record in _newest(work, "payment_intent", limit)
    ]


_LISTS = {
    "refunds": ("refund", "id status amount currency payment_intent charge failure_reason metadata"),
    "disputes": ("dispute", "id status reason amount currency charge payment_intent metadata"),
    "accounts": ("account", "id type email payouts_enabled charges_enabled capabilities metadata"),
    "transfers": (
        "transfer",
        "id amount amount_reversed currency destination source_transaction transfer_group metadata",
    ),
    "subscriptions": (
        "subscription",
        "id status customer default_payment_method latest_invoice cancel_at trial_end metadata",
    ),
    "invoices": ("invoice", "id status billing_reason amount_due amount_paid currency attempt_count parent created"),
    "payouts": ("payout", "id status amount currency method arrival_date failure_code metadata"),
}


def _listed(work: Work, kind: str, fields: str, limit: int) -> list[Body]:
    """The newest of a kind, of all accounts; `account` is the connected account a payout is of."""
    return [
        {**_some(record.body, fields.split()), **({"account": record.account} if kind == "payout" else {})}
        for record in _newest(work, kind, limit)
    ]


def _events(work: Work, limit: int) -> list[Body]:
    return [
        {
            "id": record.id,
            "type": record.body["type"],
            "object": record.body["data"]["object"]["id"],
            "deliveries": deliveries_of(work, record.id),
        }
        for record in _newest(work, "event", limit)
    ]


def deliveries_of(work: Work, event: str) -> list[Body]:
    """The deliveries of one event, each with its attempts."""
    rows = work.tx.execute(
        """SELECT id, status, (SELECT json_group_array(json_object('at', at, 'http_status', http_status, 'error', error,
        'milliseconds', milliseconds)) FROM attempts a WHERE a.delivery = d.id) AS attempts
        FROM deliveries d WHERE event = ? ORDER BY id""",
        (event,),
    )
    return [{"id": row["id"], "status": row["status"], "attempts": json.loads(row["attempts"])} for row in rows]
