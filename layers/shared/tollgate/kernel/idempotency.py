"""The idempotency protocol: one record per caller, operation and key decides who works, who waits and who gets the
stored answer.

The record is written in the same transaction as the first write of the operation, with all that a successor needs to
finish the
work: the ids it makes, the provider, and the exact parameters sent there. A lease says who works now; it never ends
by a function's
death alone, and every later write is fenced by its owner.
"""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from tollgate.kernel.errors import RetryableError, TollgateError
from tollgate.kernel.ids import derived
from tollgate.kernel.unit_of_work import Write

# As long as functions run that answer a request: whoever waited for one whose lease has passed, waits no more. Sweeps
# run for minutes, and take a lease for each thing that they do. Whoever outlives a lease finds its writes refused, and
# charges nothing under it.
LEASE = timedelta(seconds=28)
KEEP_SUCCESS = timedelta(hours=24)
KEEP_REFUSAL = timedelta(hours=1)


class IdempotencyKeyMissing(TollgateError):
    """An operation that moves money came without a key."""

    code = "IDEMPOTENCY_KEY_MISSING"


class IdempotencyKeyInvalid(TollgateError):
    """The key is no UUID of version 4."""

    code = "IDEMPOTENCY_KEY_INVALID"


class IdempotencyKeyReused(TollgateError):
    """The key came before with another body."""

    code = "IDEMPOTENCY_KEY_REUSED"

    def __init__(self) -> None:
        super().__init__("this Idempotency-Key was used with a different request; a new request needs a new key")


class DuplicateInProgress(RetryableError):
    """The same request is being worked on right now."""

    code = "DUPLICATE_IN_PROGRESS"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__("the same request is still in progress")
        self.retry_after_seconds = retry_after_seconds


class LeaseLost(RetryableError):
    """Someone else took the work over; whatever this holder learned must not be written."""

    code = "DUPLICATE_IN_PROGRESS"


@dataclass(frozen=True, slots=True)
class Response:
    """What the caller was answered, kept verbatim for the next time the key comes."""

    status: int
    body: str
    replayed: bool = False

    def replay(self) -> Response:
        """The same answer, marked as given before."""
        return replace(self, replayed=True)


@dataclass(frozen=True, slots=True)
class IdempotencyRecord:
    """One use of a key. `parameters` is the JSON the provider gets, replayed to the byte when the work is resumed;
    `attempt` counts the keys used at the provider. `ask_at` is when somebody asks about it whose lease has ended; at
    once where that is None. `sent_again_at` is when the last try began that sent anything, if that was not the first;
    `unsent` says that surely none has sent anything.
    """

    id: str
    tenant: str
    operation: str
    fingerprint: str
    subject_id: str
    provider: str
    parameters: str
    lease_owner: str
    lease_expires_at: datetime
    created_at: datetime
    attempt: int = 1
    response: Response | None = None
    expires_at: datetime | None = None
    ask_at: datetime | None = None
    sent_again_at: datetime | None = None
    unsent: bool = False

    @property
    def last_try_at(self) -> datetime:
        """When the last try began that may have sent something."""
        return self.sent_again_at or self.created_at

    @property
    def sent_by(self) -> datetime:
        """When whatever was sent had been sent: no try is begun under a lease that has passed."""
        return self.last_try_at + LEASE

    @property
    def due_at(self) -> datetime | None:
        """When somebody should take it up whose caller does not come back."""
        return None if self.response else self.ask_at or self.lease_expires_at

    def leased_to(self, owner: str, now: datetime, *, sends: bool = False) -> IdempotencyRecord:
        """To the next try. Whether it sends anything is stored before it does; whoever only asks leaves that be."""
        taken = replace(self, lease_owner=owner, lease_expires_at=now + LEASE, ask_at=None)
        return replace(taken, sent_again_at=now, unsent=False) if sends else taken

    def released(self, now: datetime, *, key_spent: bool, ask_at: datetime | None = None) -> IdempotencyRecord:
        """Free for the next try, which goes on under the next attempt's provider key if this one's is spent."""
        return replace(self, lease_expires_at=now, attempt=self.attempt + key_spent, ask_at=ask_at)

    def moved(self, provider: str, parameters: str) -> IdempotencyRecord:
        """The next attempt, at another provider, by whoever holds the lease."""
        return replace(self, provider=provider, parameters=parameters, attempt=self.attempt + 1)

    def finished(self, response: Response, now: datetime) -> IdempotencyRecord:
        """Finished records forget the parameters, which may hold personal detail, and leave after a while."""
        kept = KEEP_SUCCESS if response.status < 400 else KEEP_REFUSAL
        return replace(self, response=response, expires_at=now + kept, parameters="")

    def expired(self, now: datetime) -> bool:
        """Whether the answer's time is over; the table may keep it longer, since TTL deletes late."""
        return self.expires_at is not None and now >= self.expires_at


class AlreadyBegun(TollgateError):
    """The key is taken; carries the record that holds it."""

    code = "DUPLICATE_IN_PROGRESS"

    def __init__(self, record: IdempotencyRecord) -> None:
        super().__init__("this Idempotency-Key is taken")
        self.record = record


class IdempotencyRepository(ABC):
    """Records by their id, written only through conditions."""

    @abstractmethod
    def get(self, id_: str) -> IdempotencyRecord | None:
        """The record as it stands."""

    @abstractmethod
    def begin(self, record: IdempotencyRecord) -> Write:
        """Store a new record; `AlreadyBegun` with the stored one if the key is taken."""

    @abstractmethod
    def take_over(self, stored: IdempotencyRecord, successor: IdempotencyRecord) -> Write:
        """Move the lease by compare-and-set on its owner and expiry; `LeaseLost` if it moved already."""

    @abstractmethod
    def move(self, moved: IdempotencyRecord) -> Write:
        """Store whom the holder of the lease asks next; `LeaseLost` if the lease moved."""

    @abstractmethod
    def finish(self, record: IdempotencyRecord) -> Write:
        """Store the response, fenced by the lease owner; `LeaseLost` if the lease moved."""

    @abstractmethod
    def release(self, released: IdempotencyRecord) -> Write:
        """Store a released record, so that the next try need not wait for the lease; `LeaseLost` if it moved."""


def record_id(tenant: str, user: str, operation: str, key: str) -> str:
    """The id of the record: a key belongs to one user of one tenant for one operation."""
    return derived("idem", tenant, user, operation, key.lower())


def fingerprint(body: Mapping[str, Any]) -> str:
    """SHA-256 of the body in canonical JSON, its first 128 bits: the order of fields and white space do not matter."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()[:16]).decode().rstrip("=")


def parse_key(key: str | None) -> str:
    """The caller's key, in lower case; raises unless it is a UUID of version 4."""
    if not key:
        raise IdempotencyKeyMissing(
            "send an Idempotency-Key header with a UUID v4, the same for every retry of this request"
        )
    try:
        parsed = uuid.UUID(key)
    except ValueError:
        parsed = None
    if parsed is None or parsed.version != 4 or str(parsed) != key.lower():
        raise IdempotencyKeyInvalid("Idempotency-Key must be a UUID v4 such as 8c5e3a0e-6f0c-4b5e-9a53-0f4f2f1c7a11")
    return str(parsed)


def answer_or_resume(record: IdempotencyRecord, request_fingerprint: str, now: datetime) -> Response | None:
    """What a taken key means for this request: the stored response, or None when the caller may take the work over.

    Raises `IdempotencyKeyReused` for another body, `DuplicateInProgress` while someone else holds the lease.
    """
    if record.fingerprint != request_fingerprint:
        raise IdempotencyKeyReused
    if record.response is not None:
        return record.response.replay()
    if now < record.lease_expires_at:
        raise DuplicateInProgress(max(1, ceil((record.lease_expires_at - now).total_seconds())))
    return None
