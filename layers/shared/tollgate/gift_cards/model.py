"""A gift card: an immutable value; each change gives a new one together with the event that tells of it.

What somebody asks for raises a named error where it is not allowed. What is a fact always applies, and gives None where
it is known already, or has nothing to act on. All amounts are minor units of the card's currency.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from tollgate.gift_cards import events
from tollgate.gift_cards.errors import (
    GiftCardExpired,
    GiftCardFrozen,
    GiftCardNotUsable,
    GiftCardSpent,
    InsufficientGiftCardBalance,
)
from tollgate.gift_cards.terms import votes
from tollgate.kernel.clock import to_iso
from tollgate.kernel.events import Event

AGGREGATE = "gift_card"
# Value that comes back to an expired card can be spent for as long, at least.
GRACE = timedelta(days=30)
# Holds are records within the card, whose item must not outgrow what a store takes, nor what a use costs.
MOST_HOLDS = 10


class CardState(StrEnum):
    """Where a card stands."""

    PENDING = "pending"  # ordered, not paid
    ACTIVE = "active"
    REFUNDING = "refunding"  # the money it was bought with is on its way back, or disputed
    CANCELLED = "cancelled"  # never paid, or that money went back
    EXPIRED = "expired"


# From which it comes back when nothing more is to go.
_STOPPED = frozenset({CardState.REFUNDING, CardState.CANCELLED})
_REVERSED = {
    CardState.CANCELLED: events.CANCELLED,
    CardState.REFUNDING: events.REFUNDING,
    CardState.ACTIVE: events.REINSTATED,
}


@dataclass(frozen=True, slots=True)
class Hold:
    """Part of the card that an open payment has set aside. The value is still the holder's."""

    id: str
    amount: int


@dataclass(frozen=True, slots=True)
class CardChange:
    """A card after a change, and the event of it. Stored together or not at all."""

    card: GiftCard
    event: Event

    def traced(self, trace: str | None) -> CardChange:
        """The same, with the request that caused it."""
        return replace(self, event=replace(self.event, trace=trace))


@dataclass(frozen=True, slots=True)
class GiftCard:
    """`amount` is what it was sold for, `available` what can be spent now: below zero where money went back that was
    spent already. `version` counts the changes and is the sequence of the last event. The code follows from
    `payment_id`, `code_version` and the key named `code_key`; `ending` is its last four characters. `breakage` is what
    had expired of it. `buyer` and `redeemed_by` are users' ids. Recipient, sender and message are in no event.
    """

    id: str
    tenant: str
    amount: int
    currency: str
    available: int
    state: CardState
    version: int
    created_at: datetime
    updated_at: datetime
    payment_id: str
    buyer: str
    code_version: int
    code_key: str
    ending: str
    recipient_email: str = field(repr=False)
    message: str | None = field(default=None, repr=False)
    sender_name: str | None = field(default=None, repr=False)
    frozen: bool = False
    expires_at: datetime | None = None
    holds: tuple[Hold, ...] = ()
    breakage: int = 0
    redeemed_by: str | None = None
    redeemed_at: datetime | None = None

    @property
    def held(self) -> int:
        return sum(each.amount for each in self.holds)

    @property
    def masked(self) -> str:
        """What may be shown of the code to who has not given it."""
        return f"****-****-{self.ending}"

    @property
    def status(self) -> str:
        """The word clients see."""
        if self.state is not CardState.ACTIVE:
            return self.state.value
        if self.frozen:
            return "frozen"
        if self.available > 0:
            return "active"
        if self.redeemed_by is not None:
            return "redeemed"
        return "active" if self.holds else "spent"

    @property
    def due_at(self) -> datetime | None:
        """When somebody should look at it: once it has expired with something left, and at once where more went back
        than was left.
        """
        if self.available < 0:
            return self.updated_at
        return self.expires_at if self.state is CardState.ACTIVE and self.available else None

    def is_over(self, now: datetime) -> bool:
        """Whether it has expired, noted or not."""
        late = self.expires_at is not None and now >= self.expires_at
        return self.state is CardState.EXPIRED or (self.state is CardState.ACTIVE and late)

    def is_open(self, now: datetime) -> bool:
        """Whether strangers may know that it exists."""
        return self.state is CardState.ACTIVE and not self.frozen and not self.is_over(now)

    def order(self, now: datetime) -> CardChange:
        """The first change: a card that waits to be paid. This one is pending, at version 0, with nothing available."""
        return self.with_event(now, events.ORDERED, payment_id=self.payment_id)

    def activate(self, now: datetime, days: int) -> CardChange | None:
        """Paid for: all of it can be spent, from now on for so many days. A fact, also where it had been given up."""
        if self.expires_at is not None:
            return None
        ends = now + timedelta(days=days)
        paid = replace(self, state=CardState.ACTIVE, available=self.available + self.amount, expires_at=ends)
        return paid.with_event(now, events.ACTIVATED, payment_id=self.payment_id, expires_at=to_iso(ends))

    def cancel(self, reason: str, now: datetime) -> CardChange | None:
        """It will not be paid. A fact."""
        if self.state is not CardState.PENDING:
            return None
        return replace(self, state=CardState.CANCELLED).with_event(now, events.CANCELLED, reason=reason)

    def use(self, amount: int, by: str | None, reference: str | None, now: datetime) -> CardChange:
        """Spend some of it at a sale of the tenant's own. `by` is the user, where one is known. Raises what `spendable`
        does.
        """
        used = self._taken(amount, by, now)
        return used.with_event(now, events.USED, used=amount, reference=reference, user_id=by)

    def redeem(self, by: str, multiplier: int, now: datetime) -> CardChange:
        """Turn all that is available into the user's credit, and votes. What is held stays. Raises what `spendable`
        does.
        """
        moved = self.spendable(by, now)
        redeemed = replace(self, available=0, redeemed_by=by, redeemed_at=now)
        given = votes(moved, self.currency, multiplier)
        return redeemed.with_event(now, events.REDEEMED, user_id=by, redeemed=moved, votes=given)

    def hold(self, hold_id: str, amount: int, payment_id: str, by: str | None, now: datetime) -> CardChange:
        """Set some of it aside for a payment that is not made yet. Raises what `spendable` does."""
        if any(each.id == hold_id for each in self.holds):
            raise ValueError(f"{hold_id} is held already: what was held twice would be resolved once")
        left = self._taken(amount, by, now)
        if len(self.holds) >= MOST_HOLDS:
            raise GiftCardNotUsable("too many open checkouts hold a part of it")
        holding = replace(left, holds=(*self.holds, Hold(hold_id, amount)))
        return holding.with_event(now, events.HELD, payment_id=payment_id, hold_id=hold_id, hold=amount)

    def spendable(self, by: str | None, now: datetime) -> int:
        """What this user, or whoever it is, can spend of it now: more than nothing.

        Raises `GiftCardNotUsable`, `GiftCardExpired`, `GiftCardFrozen`, and `GiftCardSpent` where nothing is left or
        another has redeemed it.
        """
        if self.is_over(now):
            raise GiftCardExpired
        if self.state is not CardState.ACTIVE:
            raise GiftCardNotUsable(f"it is {self.state.value}")
        if self.frozen:
            raise GiftCardFrozen
        if self.available <= 0 or self.redeemed_by not in (None, by):
            raise GiftCardSpent
        return self.available

    def capture(self, hold_id: str, now: datetime) -> CardChange | None:
        """The payment was made: what it held is spent. A fact."""
        hold = self._hold(hold_id)
        if hold is None:
            return None
        return self._without(hold).with_event(now, events.CAPTURED, hold_id=hold.id, captured=hold.amount)

    def release(self, hold_id: str, now: datetime) -> CardChange | None:
        """The payment came to nothing: what it held can be spent again. A fact."""
        hold = self._hold(hold_id)
        if hold is None:
            return None
        freed = self._without(hold).given_back(hold.amount, now)
        return freed.with_event(now, events.RELEASED, hold_id=hold.id, released=hold.amount)

    def restore(self, amount: int, refund_id: str, now: datetime) -> CardChange:
        """What was paid with it is refunded to it. A fact."""
        return self.given_back(amount, now).with_event(now, events.RESTORED, refund_id=refund_id, restored=amount)

    def freeze(self, by: str, reason: str, now: datetime) -> CardChange | None:
        """Nobody can spend it until it is free again; facts still apply. None if it is frozen."""
        if self.frozen:
            return None
        return replace(self, frozen=True).with_event(now, events.FROZEN, by=by, reason=reason)

    def unfreeze(self, by: str, reason: str, now: datetime) -> CardChange | None:
        """It can be spent again. None if it can."""
        if not self.frozen:
            return None
        return replace(self, frozen=False).with_event(now, events.UNFROZEN, by=by, reason=reason)

    def expire(self, now: datetime) -> CardChange | None:
        """Its time is over, and what is available with it; what is held is not. A fact, once it is due."""
        if self.state is not CardState.ACTIVE or not self.is_over(now) or self.available <= 0:
            return None
        expired = replace(self, state=CardState.EXPIRED, available=0, breakage=self.breakage + self.available)
        return expired.with_event(now, events.EXPIRED, expired_amount=self.available)

    def reversed(self, delta: int, now: datetime, *, under_way: bool, gone_in_full: bool) -> CardChange | None:
        """Of the money it was bought with, `delta` more went back to the buyer or their bank; less than zero came here
        again. `under_way`: more is about to go, or disputed. A fact, whatever is left of the card.
        """
        if self.expires_at is None:
            return None  # it was never paid for
        if gone_in_full or under_way:
            state = CardState.CANCELLED if gone_in_full else CardState.REFUNDING
            after = replace(self, state=state, available=self.available - delta)
        elif self.state in _STOPPED:
            after = replace(self, state=CardState.ACTIVE).given_back(-delta, now)
        else:
            after = self.given_back(-delta, now) if delta < 0 else replace(self, available=self.available - delta)
        moved = after.state is not self.state
        if not moved and not delta:
            return None
        # What had expired is not earned, if its price goes back after all.
        unearned = min(self.breakage, max(-after.available, 0))
        after = replace(after, available=after.available + unearned, breakage=self.breakage - unearned)
        type_ = _REVERSED[after.state] if moved else events.ADJUSTED
        return after.with_event(now, type_, reversed=delta, breakage_reversed=unearned or None)

    def given_back(self, amount: int, now: datetime) -> GiftCard:
        """With more available, and time to spend it."""
        richer = replace(self, available=self.available + amount)
        if not self.is_over(now):
            return richer
        return replace(richer, state=CardState.ACTIVE, expires_at=max(self.expires_at or now, now + GRACE))

    def with_event(self, now: datetime, type_: str, **data: Any) -> CardChange:
        """This card as the next version, with the event that says so."""
        changed = replace(self, version=self.version + 1, updated_at=now)
        said = changed.summary() | {name: value for name, value in data.items() if value is not None}
        return CardChange(changed, Event(type_, self.tenant, AGGREGATE, self.id, changed.version, now, said))

    def summary(self) -> dict[str, Any]:
        """What every event of this card says; nothing personal beyond users' ids."""
        return {
            "gift_card_id": self.id,
            "status": self.status,
            "amount": self.amount,
            "available": self.available,
            "held": self.held,
            "currency": self.currency,
        }

    def _taken(self, amount: int, by: str | None, now: datetime) -> GiftCard:
        available = self.spendable(by, now)
        if amount <= 0:
            raise ValueError("what is taken is more than nothing")
        if amount > available:
            raise InsufficientGiftCardBalance(amount, available)
        return replace(self, available=available - amount)

    def _hold(self, hold_id: str) -> Hold | None:
        return next((each for each in self.holds if each.id == hold_id), None)

    def _without(self, hold: Hold) -> GiftCard:
        return replace(self, holds=tuple(each for each in self.holds if each is not hold))
