"""The payment: an immutable value; each change gives a new one together with the event that tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from tollgate.kernel.clock import to_iso
from tollgate.kernel.events import Event
from tollgate.kernel.ids import derived
from tollgate.kernel.money import Money
from tollgate.payments import events
from tollgate.payments.lifecycle import Fact, Meaning, State, transition

AGGREGATE = "payment"
# How long a buyer may take before somebody asks the provider what has become of them.
CHECK_AFTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class LineItem:
    """What is bought: a pricing item by its code, at the price it had when the payment was made."""

    code: str
    name: str
    quantity: int
    unit: Money

    @property
    def total(self) -> Money:
        return self.unit * self.quantity


@dataclass(frozen=True, slots=True)
class Session:
    """The provider's hosted checkout for this payment. Its address is known to whoever opened it, or asked for it while
    it can be paid.
    """

    reference: str
    url: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Capture:
    """Money the provider took, by the provider's own reference."""

    reference: str
    amount: Money
    at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """One fact in our words, from whoever learned it. `at` is the provider's time where a provider told
    it; `about` names
    the provider's session, where the fact is one session's and not the payment's.
    """

    fact: Fact
    at: datetime
    session: Session | None = None
    capture: Capture | None = None
    reason: str | None = None
    trace: str | None = None
    about: str | None = None

    def __post_init__(self) -> None:
        if self.fact is Fact.CAPTURED and self.capture is None:
            raise ValueError("a capture comes with its money: none would confirm a payment that nobody paid")


@dataclass(frozen=True, slots=True)
class Change:
    """A payment after a fact, and the event of it. Stored together or not at all. `unparks` when events
    waited for it.
    """

    payment: Payment
    event: Event
    unparks: bool = False


@dataclass(frozen=True, slots=True)
class Payment:
    """`version` counts the changes and is the sequence of the last event; `refundable` is what may still go back, in
    minor units of the payment's currency: all that was taken in it, confirmed or under review;
    `parked` says that provider events wait for its next change; `retry_of` is the ended payment in whose place an
    admin had it made.
    """

    id: str
    tenant: str
    owner: str
    amount: Money
    items: tuple[LineItem, ...]
    method: str
    provider: str
    state: State
    version: int
    created_at: datetime
    updated_at: datetime
    fingerprint: str
    consumer: str | None = None
    client_reference: str | None = None
    session: Session | None = None
    captures: tuple[Capture, ...] = ()
    refundable: int = 0
    reason: str | None = None
    review: str | None = None
    parked: bool = False
    retry_of: str | None = None

    @property
    def status(self) -> str:
        """The word clients see."""
        return self.state.value

    @property
    def due_at(self) -> datetime | None:
        """When somebody should look at it, if by then nothing has happened: None once nothing is open."""
        if self.review is not None:
            return self.updated_at
        return self.created_at + CHECK_AFTER if self.state in (State.PENDING, State.PROCESSING) else None

    def provider_key(self, operation: str, attempt: int = 1) -> str:
        """The idempotency key for the provider: the same for every try of this operation in one attempt."""
        return derived("key", self.tenant, self.id, operation, str(attempt))

    def apply(self, report: Report, now: datetime) -> Change | Meaning:
        """The change that a fact makes, or why it makes none (`REPEAT`, `STALE` or `EARLY`)."""
        if report.capture is not None:
            return self._captured(report.capture, report.trace, now)
        if report.fact is Fact.CHECKOUT_OPENED:
            return self._opened(report, now)
        if report.about is not None and self.session is not None and report.about != self.session.reference:
            return Meaning.STALE  # a page that was given up, and that no buyer has seen
        cell = transition(self.state, report.fact)
        if cell.meaning not in (Meaning.MOVE, Meaning.RECORD):
            return cell.meaning
        if self.review is not None and report.fact is not Fact.SETTLED:
            return Meaning.STALE  # money is here already: nothing but a decision ends this payment
        reason = report.reason or (report.fact.value if report.fact is Fact.EXPIRED else None)
        changed = replace(self._moved(cell.to), reason=reason or self.reason)
        return changed.with_event(events.TYPE_OF[report.fact], now, {"reason": reason} if reason else {}, report.trace)

    def _moved(self, to: State | None) -> Payment:
        """In the next state, if there is one. From there on the provider's page leads nowhere, and its address goes."""
        if to is None:
            return self
        return replace(self, state=to, session=replace(self.session, url=None) if self.session else None)

    def _opened(self, report: Report, now: datetime) -> Change | Meaning:
        session = report.session
        if session is None or self.session is not None:
            return Meaning.REPEAT
        changed = replace(self, session=session if self.state is State.PENDING else replace(session, url=None))
        return changed.with_event(events.CHECKOUT_OPENED, now, {"session": session.reference}, report.trace)

    def _captured(self, capture: Capture, trace: str | None, now: datetime) -> Change | Meaning:
        if any(capture.reference == known.reference for known in self.captures):
            return Meaning.REPEAT
        ours = capture.amount.amount if capture.amount.currency == self.amount.currency else 0
        taken = replace(self, captures=(*self.captures, capture), refundable=self.refundable + ours)
        data = {
            "capture": capture.reference,
            "captured": capture.amount.amount,
            "captured_currency": capture.amount.currency,
        }
        cell = transition(self.state, Fact.CAPTURED)
        if cell.meaning is Meaning.MOVE and capture.amount == self.amount and not self.captures:
            confirmed = replace(self._moved(cell.to), captures=taken.captures, refundable=taken.refundable, reason=None)
            return confirmed.with_event(events.PURCHASE_CONFIRMED, now, data, trace)
        review = self._review_of(capture)
        held = replace(taken, review=review)
        return held.with_event(events.REVIEW_REQUIRED, now, {**data, "review": review}, trace)

    def _review_of(self, capture: Capture) -> str:
        if self.captures:
            return "second_capture"
        return "amount_mismatch" if capture.amount != self.amount else "late_capture"

    def with_event(self, type_: str, now: datetime, data: Mapping[str, Any], trace: str | None) -> Change:
        """This payment as the next version, with the event that says so."""
        changed = replace(self, version=self.version + 1, updated_at=now, parked=False)
        event = Event(
            type=type_,
            tenant=self.tenant,
            aggregate_type=AGGREGATE,
            aggregate_id=self.id,
            sequence=changed.version,
            occurred_at=now,
            data={**changed.summary(), **data},
            trace=trace,
        )
        return Change(changed, event, unparks=self.parked)

    def summary(self) -> dict[str, Any]:
        """What every event of this payment says: enough to act on without asking back, nothing personal beyond the
        user's id.
        """
        facts = {
            "payment_id": self.id,
            "status": self.status,
            "amount": self.amount.amount,
            "currency": self.amount.currency,
            "provider": self.provider,
            "method": self.method,
            "user_id": self.owner,
            "created_at": to_iso(self.created_at),
            "items": [{"code": item.code, "quantity": item.quantity} for item in self.items],
        }
        optional = {"consumer": self.consumer, "reference": self.client_reference}
        return facts | {name: value for name, value in optional.items() if value is not None}


def open_payment(draft: Payment, trace: str | None = None) -> Change:
    """The first change: a payment that exists, with event 1. `draft` is pending, at version 0."""
    data = {"retry_of": draft.retry_of} if draft.retry_of else {}
    return draft.with_event(events.PAYMENT_CREATED, draft.created_at, data, trace)
