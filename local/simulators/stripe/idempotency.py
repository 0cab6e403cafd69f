"""Idempotency keys: the first result of a request is the result of every request with its key, for 24 hours."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from local.simulators.stripe.errors import Body, idempotency_in_use, idempotency_mismatch, invalid
from local.simulators.stripe.form import Form
from local.simulators.stripe.work import Work

_KEPT_SECONDS = 24 * 3600
_LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class Kept:
    """A first result."""

    status: int
    body: Body
    request_id: str


class KeysInUse:
    """Which keys are being worked on right now. Forgotten with the process, as is the work."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._lock = threading.Lock()

    @contextmanager
    def claim(self, key: str | None) -> Iterator[None]:
        """Hold the key; raises a 409 when another request holds it."""
        if key is None:
            yield
            return
        with self._lock:
            if key in self._keys:
                raise idempotency_in_use(key.rpartition("\n")[2])
            self._keys.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard(key)


def check_length(key: str | None) -> None:
    """Raise a 400 for a key that is too long."""
    if key and len(key) > _LONGEST_KEY:
        raise invalid(f"An idempotency key may have at most {_LONGEST_KEY} characters.")


def fingerprint(method: str, path: str, form: Form) -> str:
    """What must be the same for a request to be a repetition."""
    return hashlib.sha256(json.dumps([method, path, form], sort_keys=True).encode()).hexdigest()


def recall(work: Work, key: str, mark: str) -> Kept | None:
    """The first result of this key, if there is one; a 400 when it belonged to another request."""
    work.tx.execute("DELETE FROM idempotency WHERE created <= ?", (work.now - _KEPT_SECONDS,))
    row = work.tx.execute("SELECT * FROM idempotency WHERE key = ?", (key,)).fetchone()
    if row is None:
        return None
    if row["fingerprint"] != mark:
        raise idempotency_mismatch(key.rpartition("\n")[2])
    return Kept(row["status"], json.loads(row["body"]), row["request_id"])


def keep(work: Work, key: str, mark: str, result: Kept) -> None:
    """Store a first result in the transaction of the work itself."""
    work.tx.execute(
        "INSERT INTO idempotency (key, fingerprint, status, body, request_id, created) VALUES (?, ?, ?, ?, ?, ?)",
        (key, mark, result.status, json.dumps(result.body), result.request_id, work.now),
    )
