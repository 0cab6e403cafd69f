"""The queue of webhook deliveries, and the faults that can be ordered for it.

Statuses: `pending` (waiting for its time or a retry), `held` (until released), `delivered`, `failed` (all retries
used up), `dropped` (never sent, on request). Times here are the machine's own, not the simulated world's.
"""

import json
import random
import time
from typing import Any

from local.simulators.stripe.errors import Body
from local.simulators.stripe.store import Transaction
from local.simulators.stripe.work import Work

PAUSED = "webhooks_paused"
_SCOPE = "webhook"


def enqueue(work: Work, event: str, event_type: str, payload: str) -> None:
    """Queue one event for the endpoint, changed by whatever faults were ordered for the next events."""
    rules = _take_rules(work.tx, event_type)
    kinds = {rule["kind"]: rule for rule in rules}
    due = time.time() + random.uniform(0, work.webhook_jitter) + kinds.get("delay", {}).get("seconds", 0)
    status = "dropped" if "drop" in kinds else "held" if "reorder" in kinds else "pending"
    for _ in range(1 + kinds.get("duplicate", {}).get("copies", 0)):
        _insert(work.tx, (event, event_type, payload, status, due))
    if kinds.get("reorder", {}).get("left") == 0:
        release(work.tx)


def _insert(tx: Transaction, values: tuple[Any, ...]) -> None:
    tx.execute("INSERT INTO deliveries (event, type, payload, status, due) VALUES (?, ?, ?, ?, ?)", values)


def _take_rules(tx: Transaction, event_type: str) -> list[Body]:
    """The first matching rule of each kind, with one use taken off."""
    taken: dict[str, Body] = {}
    for row in tx.execute("SELECT id, rule FROM faults WHERE scope = ? ORDER BY id", (_SCOPE,)).fetchall():
        rule = json.loads(row["rule"])
        if rule["kind"] in taken or (rule["types"] and event_type not in rule["types"]):
            continue
        rule["left"] -= 1
        taken[rule["kind"]] = rule
        if rule["left"] > 0:
            tx.execute("UPDATE faults SET rule = ? WHERE id = ?", (json.dumps(rule), row["id"]))
        else:
            tx.execute("DELETE FROM faults WHERE id = ?", (row["id"],))
    return list(taken.values())


def order_fault(tx: Transaction, rule: Body) -> None:
    """Apply a rule to the next events. Keys: kind, left (how many events), types (empty = all), seconds, copies."""
    tx.execute("INSERT INTO faults (scope, rule) VALUES (?, ?)", (_SCOPE, json.dumps(rule)))


def cancel_faults(tx: Transaction) -> None:
    """Forget the rules not yet used. Deliveries already held stay held until released."""
    tx.execute("DELETE FROM faults WHERE scope = ?", (_SCOPE,))


def release(tx: Transaction) -> int:
    """Let held deliveries go, last one first, each after the one before it was attempted. Returns how many."""
    held = [row["id"] for row in tx.execute("SELECT id FROM deliveries WHERE status = 'held' ORDER BY id DESC")]
    for delivery, before in zip(held, [None, *held], strict=False):
        tx.execute(
            "UPDATE deliveries SET status = 'pending', due = ?, follows = ? WHERE id = ?",
            (time.time(), before, delivery),
        )
    return len(held)


def resend(tx: Transaction, event: Body, times: int) -> None:
    """Queue an event again, with the bytes of its first delivery."""
    row = tx.execute("SELECT payload FROM deliveries WHERE event = ? ORDER BY id", (event["id"],)).fetchone()
    for _ in range(times):
        _insert(tx, (event["id"], event["type"], row["payload"], "pending", time.time()))


def due(tx: Transaction, limit: int) -> list[Body]:
    """Deliveries to attempt now, unless deliveries are paused."""
    if tx.execute("SELECT 1 FROM switches WHERE name = ?", (PAUSED,)).fetchone():
        return []
    rows = tx.execute(
        """SELECT id, payload, (SELECT count(*) FROM attempts a WHERE a.delivery = d.id) AS attempts
        FROM deliveries d WHERE status = 'pending' AND due <= ?
        AND (follows IS NULL OR EXISTS (SELECT 1 FROM attempts a WHERE a.delivery = d.follows))
        ORDER BY due LIMIT ?""",
        (time.time(), limit),
    )
    return [dict(row) for row in rows]


def note_attempt(tx: Transaction, delivery: int, outcome: Body, retry_after: float | None) -> None:
    """Record an attempt. `outcome`: http_status, error, milliseconds; without `retry_after` a failure is final."""
    tx.execute(
        "INSERT INTO attempts (delivery, at, http_status, error, milliseconds) VALUES (?, ?, ?, ?, ?)",
        (delivery, time.time(), outcome["http_status"], outcome["error"], outcome["milliseconds"]),
    )
    delivered = outcome["error"] is None
    status = "delivered" if delivered else "failed" if retry_after is None else "pending"
    due_again = time.time() + (retry_after or 0)
    tx.execute("UPDATE deliveries SET status = ?, due = ? WHERE id = ?", (status, due_again, delivery))


def outstanding(tx: Transaction, event: str) -> int:
    """How many deliveries of an event have not been acknowledged and may still be."""
    sql = "SELECT count(*) FROM deliveries WHERE event = ? AND status IN ('pending', 'held')"
    return int(tx.execute(sql, (event,)).fetchone()[0])
