"""An escrow: an immutable value; each change gives a new one together with the event that tells of it.

It is released or refunded, never both: both are changes of one record, and the first that is stored is the only one.
What somebody asks for raises `EscrowState` where it is not allowed. What is a fact always applies, and gives None where
it is known already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from tollgate.escrow import events
from tollgate.escrow.errors import EscrowState
from tollgate.escrow.splitting import Parts, Rates
from tollgate.kernel.clock import to_iso
from tollgate.kernel.events import Event
from tollgate.kernel.money import Money

# Whatever should have ended it, or given its money back, is made good by the reconciler after so long.
ENDED_WITHIN, RETURNED_WITHIN = timedelta(hours=1), timedelta(minutes=15)


class State(StrEnum):
    """Where an escrow stands."""

    CREATED = "created"  # the buyer is being charged
    FUNDED = "funded"
    DISPUTED = "disputed"  # nothing moves until it is decided
    RELEASED = "released"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"  # never paid


HELD = frozenset({State.FUNDED, State.DISPUTED})


@dataclass(frozen=True, slots=True)
class Change:
    """An escrow after what happened to it, and the event of it, if it is worth one. `before` is the revision that it
    was.
    """

    before: int
    escrow: Escrow
    event: Event | None = None


@dataclass(frozen=True, slots=True)
class Escrow:
    """`version` is the sequence of the last event, `revision` counts what was stored, with an event or without.
    `seller` is the user who sells, and `seller_account` names their accounts. `deadline` is until when the transfer has
    to be confirmed. `complaint` is what a buyer, or a person of ours, says is wrong; `chargebacks` are open at the
    buyer's bank; `returned` is what has gone back, in minor units of the price.
    """

    id: str
    tenant: str
    listing: str
    ticket: str
    occasion: str
    buyer: str
    seller: str
    seller_account: str
    price: Money
    rates: Rates
    state: State
    payment: str
    created_at: datetime
    updated_at: datetime
    version: int = 0
    revision: int = 0
    occasion_name: str | None = None
    deadline: datetime | None = None
    confirmed_at: datetime | None = None
    complaint: str | None = None
    chargebacks: int = 0
    returned: int = 0
    ended_at: datetime | None = None
    reason: str | None = None

    @property
    def is_held(self) -> bool:
        """Whether its money is here, and nobody's."""
        return self.state in HELD

    @property
    def left(self) -> Money:
        """What is there to be divided."""
        return Money(max(self.price.amount - self.returned, 0), self.price.currency)

    @property
    def parts(self) -> Parts:
        """Who gets, or got, how much of it."""
        return self.rates.of(self.left)

    @property
    def owes_refund(self) -> bool:
        """Whether money is here that is to go back."""
        return self.state is State.REFUNDED and self.returned < self.price.amount

    @property
    def due_at(self) -> datetime | None:
        """When somebody should look at it, if by then nothing has happened."""
        if self.state is State.FUNDED and self.deadline:
            return self.deadline + ENDED_WITHIN
        return self.ended_at + RETURNED_WITHIN if self.ended_at and self.owes_refund else None

    def opened(self, trace: str | None = None) -> Change:
        """The first event: its buyer is being charged."""
        return self.told(events.CREATED, self.created_at, {}, trace)

    def funded(self, now: datetime, window: timedelta) -> Change | None:
        """The buyer has paid."""
        if self.state is not State.CREATED:
            return None
        paid = replace(self, state=State.FUNDED, deadline=now + window)
        return paid.told(events.FUNDED, now, {"transfer_within_seconds": int(window.total_seconds())})

    def cancelled(self, reason: str, now: datetime) -> Change | None:
        """The buyer was not charged."""
        if self.state is not State.CREATED:
            return None
        over = replace(self, state=State.CANCELLED, ended_at=now, reason=reason)
        return over.told(events.CANCELLED, now, {"reason": reason})

    def confirmed(self, now: datetime, trace: str | None = None) -> Change | None:
        """What was sold is the buyer's."""
        if self.confirmed_at is not None:
            return None
        if not self.is_held:
            raise EscrowState(self.state, "nothing waits for a transfer")
        return replace(self, confirmed_at=now).told(events.TRANSFER_CONFIRMED, now, {}, trace)

    def complained(self, complaint: str, now: datetime, trace: str | None = None) -> Change | None:
        """Its buyer says that something is wrong: nothing moves until somebody has decided."""
        if self.complaint is not None and self.state is State.DISPUTED:
            return None
        if not self.is_held:
            raise EscrowState(self.state, "its money has gone its way")
        stopped = replace(self, state=State.DISPUTED, complaint=complaint)
        return stopped.told(events.DISPUTED, now, {"by": "buyer"}, trace)

    def released(self, now: datetime, reason: str, trace: str | None = None) -> Change | None:
        """Its money is the seller's, but for royalties and fee."""
        if self.state is State.RELEASED:
            return None
        self._require_free()
        parts = self.parts
        done = replace(self, state=State.RELEASED, complaint=None, ended_at=now, reason=reason)
        said = {
            "reason": reason,
            "released": self.left.amount,
            "seller_payout": parts.seller,
            "platform_fee": parts.platform,
            "royalties": [{"recipient": who, "amount": part} for who, part in self.rates.recipients(parts).items()],
        }
        return done.told(events.RELEASED, now, said, trace)

    def refunded(self, now: datetime, reason: str, trace: str | None = None) -> Change | None:
        """Its money goes back to the buyer."""
        if self.state is State.REFUNDED:
            return None
        self._require_free()
        return self.given_up(now, reason, trace)

    def charged_back(self, now: datetime) -> Change | None:
        """The buyer's bank has taken it back, and may give it up."""
        if not self.is_held:
            return None
        stopped = replace(self, state=State.DISPUTED, chargebacks=self.chargebacks + 1)
        return stopped.told(events.DISPUTED, now, {"by": "bank"}) if self.state is State.FUNDED else stopped.noted()

    def chargeback_ended(self, now: datetime, lost: int) -> Change | None:
        """So much of it is the buyer's, and the rest is here again. Where its money is to go back anyway, nobody has
        counted that the bank had it, and what the bank keeps went back all the same.
        """
        if not self.chargebacks and not (lost and self.state is State.REFUNDED):
            return None
        after = replace(self, chargebacks=max(self.chargebacks - 1, 0), returned=self.returned + lost)
        if not after.is_held:
            return after.noted()
        if after.left.amount == 0:
            return after.given_up(now, "chargeback", None)
        if after.chargebacks or after.complaint:
            return after.noted()
        return replace(after, state=State.FUNDED).told(events.RESUMED, now, {})

    def gave_back(self, amount: int, now: datetime) -> Change | None:
        """So much went back to the buyer, or with a negative amount came from there again. A part that somebody gave
        back at the provider stops it: what is to become of the rest, a person decides.
        """
        after = replace(self, returned=self.returned + amount)
        if not after.is_held:
            return after.noted()
        if after.left.amount == 0:
            return after.given_up(now, "refunded_at_provider", None)
        stopped = replace(after, state=State.DISPUTED, complaint=self.complaint or "partly_refunded")
        return stopped.told(events.DISPUTED, now, {"by": "provider"}) if self.state is State.FUNDED else stopped.noted()

    def noted(self) -> Change:
        """This escrow with nothing that is worth an event."""
        return Change(self.revision, replace(self, revision=self.revision + 1))

    def told(self, type_: str, now: datetime, data: Mapping[str, Any], trace: str | None = None) -> Change:
        """This escrow as the next version, with the event that says so."""
        told = replace(self, version=self.version + 1, revision=self.revision + 1, updated_at=now)
        event = Event(
            type_, self.tenant, events.AGGREGATE, self.id, told.version, now, {**told.summary(), **data}, trace
        )
        return Change(self.revision, told, event)

    def summary(self) -> dict[str, Any]:
        """What every event of it says."""
        facts = {
            "escrow_id": self.id,
            "status": self.state.value,
            "listing_id": self.listing,
            "ticket_id": self.ticket,
            "event_id": self.occasion,
            "venue_id": self.rates.venue,
            "buyer_id": self.buyer,
            "seller_id": self.seller,
            "payment_id": self.payment,
            "amount": self.price.amount,
            "currency": self.price.currency,
        }
        return facts | ({"transfer_until": to_iso(self.deadline)} if self.deadline and self.is_held else {})

    def given_up(self, now: datetime, reason: str, trace: str | None) -> Change:
        """All of it is to go back, or has."""
        back = replace(self, state=State.REFUNDED, complaint=None, ended_at=now, reason=reason)
        return back.told(events.REFUNDED, now, {"reason": reason}, trace)

    def _require_free(self) -> None:
        if not self.is_held:
            raise EscrowState(self.state, "its money has gone its way, or has not come")
        if self.chargebacks:
            raise EscrowState(self.state, "the buyer's bank decides")
