"""One atomic piece of work: the transaction it runs in, its time, and the request that caused it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from local.simulators.stripe.errors import Body, missing_resource
from local.simulators.stripe.store import Record, Transaction


@dataclass(frozen=True, slots=True)
class Work:
    """Everything an operation may touch. `now` is the simulated world's time in epoch seconds.

    Objects are those of one account: the platform, or the connected account it acts for.
    """

    tx: Transaction
    now: float
    public_base: str
    webhook_jitter: float = 0.0
    refund_settlement: float = 2.0
    search_lag: float = 2.0
    invoice_draft: float = 3600.0
    request_id: str | None = None
    idempotency_key: str | None = None

    @property
    def second(self) -> int:
        """The present as objects record it."""
        return int(self.now)

    @property
    def account(self) -> str | None:
        """The connected account whose objects these are; None for the platform's own."""
        return self.tx.account

    def of(self, account: str | None) -> Work:
        """The same work, on another account's objects."""
        return replace(self, tx=self.tx.of(account))

    def at(self, moment: float) -> Work:
        """The same work, at another moment: what was due in the past happens then, not now."""
        return replace(self, now=moment)

    def get(self, kind: str, identifier: str, *, param: str = "id", in_path: bool = False) -> Record:
        """The object, or Stripe's `resource_missing` error naming the parameter."""
        record = self.tx.find(identifier, kind)
        if record is None:
            raise missing_resource(kind.replace("_", " "), identifier, param=param, in_path=in_path)
        return record

    def at_path(self, kind: str, identifier: str, param: str = "id") -> Record:
        """The object the address names; 404 when there is none."""
        return self.get(kind, identifier, param=param, in_path=True)

    def add(self, kind: str, body: Body, private: Body | None = None, due: float | None = None) -> Record:
        """Store a new object."""
        record = Record(kind, body, private or {}, due)
        self.tx.insert(record)
        return record

    def save(self, *records: Record) -> None:
        """Store the present content of objects that exist."""
        for record in records:
            self.tx.update(record)
