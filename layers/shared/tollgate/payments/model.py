"""The payment: an immutable value; each change gives a new one together with the event that tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tollgate.kernel.clock import to_iso
from tollgate.kernel.events import Event
from tollgate.kernel.ids import derived
from tollgate.kernel.money import Money
from tollgate.ledger.model import JournalEntry
from tollgate.payments import approvals, attention, disputes, events, refunds, rerouting, settlement, taking
from tollgate.payments.declines import DeclineClass
from tollgate.payments.deposits import Deposit
from tollgate.payments.disputes import Dispute, DisputeReport, DisputeState
from tollgate.payments.lifecycle import REVERSALS, Fact, Meaning, State, transition
from tollgate.payments.refunds import Refund, RefundReport
from tollgate.payments.rerouting import Reroute
from tollgate.payments.settlement import Settlement
from tollgate.payments.tenders import Tender, TenderState, resolved, total_of
from tollgate.payments.values import RECURRING, Billing, Capture, LineItem, Session

__all__ = ["AGGREGATE", "Capture", "Change", "LineItem", "Payment", "Report", "Session", "open_payment"]

AGGREGATE = "payment"


@dataclass(frozen=True, slots=True)
class Report:
    """One fact in our words, from whoever learned it. `at` is the provider's time where a provider told it; `about`
    names the provider's session, where the fact is one session's and not the payment's; `approval` what the buyer had
    agreed to, where it is what became of that; `yields` that it is our own wish, which counts until the buyer agrees;
    `unwanted` says of money what it came too late for.
    """

    fact: Fact
    at: datetime
    session: Session | None = None
    capture: Capture | None = None
    reason: str | None = None
    trace: str | None = None
    about: str | None = None
    refund: RefundReport | None = None
    dispute: DisputeReport | None = None
    settlement: Settlement | None = None
    approval: int = 0
    yields: bool = False
    reroute: Reroute | None = None
    decline: DeclineClass | None = None
    billing: Billing | None = None
    unwanted: str | None = None

    def __post_init__(self) -> None:
        if self.fact is Fact.CAPTURED and self.capture is None:
            raise ValueError("a capture comes with its money: none would confirm a payment that nobody paid")
        if self.fact in REVERSALS and self.refund is None and self.dispute is None:
            raise ValueError("money that goes back comes with the record of it")


@dataclass(frozen=True, slots=True)
class Change:
    """A payment after a fact, the event of it, and what it moves in the ledger. Stored together or not at all.
    `unparks` when events waited for it.
    """

    payment: Payment
    event: Event
    unparks: bool = False
    entries: tuple[JournalEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Payment:
    """`version` counts the changes and is the sequence of the last event; `refundable` is what may still go back, in
    minor units of the payment's currency: all that was taken in it, confirmed or under review;
    `parked` says that provider events wait for its next change; `retry_of` is the ended payment in whose place an
    admin had it made; `seller` is who sold, `fee` what the platform keeps of it, and `provider_fee` what the provider
    was expected to keep when it was opened, in minor units; `route` is why it was chosen, and `passed` who was asked
    before it in vain; `reserve` is held back of what was settled; `tenders` pay for a part of `amount`, or all;
    `gift_card` is the card that is bought; `approved` the version at which the buyer agreed to what only we take then,
    and 0 while that is not so, `refused_at` when that was last tried in vain; `direct` where a
    method was charged at once, without a page, and `decline` what may be done where that was declined; `hold` where
    that only sets the money aside, until `session.expires_at` at most, and it is taken when somebody says so; `billing`
    where it pays for a period of a subscription, and `deposit` where its money is held for what may not come about.
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
    seller: str | None = None
    fee: int = 0
    provider_fee: int = 0
    route: str | None = None
    passed: tuple[str, ...] = ()
    refunds: tuple[Refund, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    reserve: int = 0
    settled_at: datetime | None = None
    tenders: tuple[Tender, ...] = ()
    gift_card: str | None = None
    approved: int = 0
    refused_at: datetime | None = None
    direct: bool = False
    hold: bool = False
    decline: DeclineClass | None = None
    billing: Billing | None = None
    deposit: Deposit | None = None
    # Where the receipt goes. It is personal: in no event, no answer, and no text of the payment.
    email: str | None = field(default=None, repr=False)

    @property
    def due(self) -> Money:
        """What the provider is to take: the rest is paid with tenders."""
        if not self.tenders:
            return self.amount
        return Money(self.amount.amount - total_of(self.tenders), self.amount.currency)

    @property
    def status(self) -> str:
        """The word clients see: the state, or what has become of the money since."""
        if any(each.state is DisputeState.OPEN for each in self.disputes):
            return "disputed"
        if any(each.is_open for each in self.refunds):
            return "refunding"
        gone = sum(each.gone for each in self.refunds if not each.held)
        if gone and self.state in (State.CONFIRMED, State.SETTLED):
            return "refunded" if gone >= self.amount.amount else "partially_refunded"
        return self.state.value

    @property
    def is_invoiced(self) -> bool:
        """Whether the provider charges it by an invoice of its own, and never on a page."""
        return self.route == RECURRING

    @property
    def is_settled(self) -> bool:
        """Whether the provider has paid out what it took."""
        return self.state is State.SETTLED

    @property
    def due_at(self) -> datetime | None:
        """When somebody should look at it, if by then nothing has happened: None once nothing is open."""
        return attention.due_at(self)

    def provider_key(self, operation: str, attempt: int = 1) -> str:
        """The idempotency key for the provider: the same for every try of this operation in one attempt."""
        return derived("key", self.tenant, self.id, operation, str(attempt))

    def apply(self, report: Report, now: datetime) -> Change | Meaning:
        """The change that a fact makes, or why it makes none (`REPEAT`, `STALE` or `EARLY`)."""
        match report:
            case Report(capture=Capture() as capture):
                return taking.captured(self, capture, report, now)
            case Report(refund=RefundReport() as refund):
                return refunds.told(self, refund, now, report.trace)
            case Report(dispute=DisputeReport() as dispute):
                return disputes.disputed(self, dispute, now, report.trace)
            case Report(fact=Fact.RESERVE_RELEASED):
                return settlement.released(self, now) if self.reserve else Meaning.REPEAT
            case Report(fact=Fact.CHECKOUT_OPENED):
                return self._opened(report, now)
        return self._stepped(report, now)

    def _stepped(self, report: Report, now: datetime) -> Change | Meaning:
        if set_aside := self._set_aside(report):
            return set_aside
        if self.direct and report.fact is Fact.DECLINED:
            report = replace(report, fact=Fact.FAILED)  # there is no page to try again on
        if approvals.lapsed(self, report):
            report = replace(report, fact=Fact.EXPIRED, reason=None)
        cell = transition(self.state, report.fact)
        if cell.meaning not in (Meaning.MOVE, Meaning.RECORD):
            return cell.meaning
        if self.review is not None and report.fact is not Fact.SETTLED:
            return Meaning.STALE  # money is here already: nothing but a decision ends this payment
        reason = report.reason or (report.fact.value if report.fact is Fact.EXPIRED else None)
        approved, decline = approvals.after(self, report), report.decline or self.decline
        if report.reroute is not None:
            return rerouting.rerouted(self, report.reroute, report, now)
        moved = approvals.with_session(replace(self.moved(cell.to), reason=reason or self.reason), report)
        refused_at = approvals.refused_at(self, report)
        changed = replace(moved, approved=approved, refused_at=refused_at, decline=decline)
        data = {"reason": reason} if reason else {}
        data |= {"decline": report.decline.value} if report.decline else {}
        data |= approvals.said(report)
        change = changed.with_event(events.TYPE_OF[report.fact], now, data, report.trace)
        return settlement.settled(self, change, report.settlement, now) if report.settlement else change

    def _set_aside(self, report: Report) -> Meaning | None:
        """Why a report makes no change whatever the state; None where the state decides."""
        if report.about is not None and self.session is not None and report.about != self.session.reference:
            return Meaning.STALE  # a page that was given up, and that no buyer has seen
        if report.fact is Fact.SETTLED and settlement.waits(self):
            return Meaning.EARLY
        return approvals.overtaken(self, report)

    def moved(self, to: State | None) -> Payment:
        """In the next state, if there is one. From there on the provider's page leads nowhere, and its address goes."""
        if to is None:
            return self
        moved = replace(self, state=to, session=replace(self.session, url=None) if self.session else None)
        return replace(moved, tenders=resolved(self.tenders, _RESOLVED[to])) if to in _RESOLVED else moved

    def _opened(self, report: Report, now: datetime) -> Change | Meaning:
        session = report.session
        if session is None or self.session is not None:
            return Meaning.REPEAT
        changed = replace(self, session=session if self.state is State.PENDING else replace(session, url=None))
        return changed.with_event(events.CHECKOUT_OPENED, now, {"session": session.reference}, report.trace)

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
        optional = {
            "consumer": self.consumer,
            "reference": self.client_reference,
            "seller_id": self.seller,
            "gift_card_id": self.gift_card,
            "subscription_id": self.billing.subscription if self.billing else None,
            "tenders": [each.summary() for each in self.tenders] or None,
        }
        held_for = {f"{self.deposit.kind}_id": self.deposit.id} if self.deposit else {}
        return facts | {name: value for name, value in optional.items() if value is not None} | held_for


# What becomes of what is held when a payment comes to its end. `PROCESSING` is none: the buyer's bank may take days.
_RESOLVED = {
    State.CONFIRMED: TenderState.CAPTURED,
    State.FAILED: TenderState.VOIDED,
    State.CANCELLED: TenderState.VOIDED,
}


def open_payment(draft: Payment, trace: str | None = None) -> Change:
    """The first change: a payment that exists, with event 1. `draft` is pending, at version 0."""
    data = {"retry_of": draft.retry_of} if draft.retry_of else {}
    return draft.with_event(events.PAYMENT_CREATED, draft.created_at, data, trace)
