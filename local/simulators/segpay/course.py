"""The course of memberships: charged, tried again, cancelled and ended, each told by a postback."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from local.simulators.segpay import telling
from local.simulators.segpay.books import Books, Refused, Transaction
from local.simulators.segpay.deliveries import Deliveries
from local.simulators.segpay.memberships import Membership

_NOT_ACTIVE = "Subscription not active, cancel failed"
_IDLE_SECONDS = 0.2


class Course:
    """Lets happen what is due, in its order, and does what consumer support is asked for."""

    def __init__(self, books: Books, deliveries: Deliveries) -> None:
        self._books = books
        self._deliveries = deliveries

    async def run(self) -> None:
        """For as long as the simulator lives, so that things happen though nobody asks."""
        while True:
            self.catch_up()
            await asyncio.sleep(_IDLE_SECONDS)

    def catch_up(self) -> None:
        """All that is due by now."""
        now = self.now()
        while due := [(each.due, each) for each in self._books.memberships.values() if each.due and each.due <= now]:
            at, first = min(due, key=lambda pair: pair[0])
            self._happens(first, at)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._books.settings.now(), UTC)

    def tell_of(self, sale: Transaction) -> None:
        """What somebody paid on a page, or tried to; a membership that it begins is let in."""
        self._deliveries.send(telling.postback(sale))
        begun = self._books.memberships.get(str(sale.purchase))
        if begun is not None and sale.approved:
            self._tell(begun, "Enable", sale.at)

    def convert(self, of: Membership, *, approved: bool) -> None:
        """Its buyer pays for the first whole period before the trial is over, or tries to."""
        at = self.now()
        self._deliveries.send(telling.postback(self._books.charged(of, "InstantConversion", at, approved=approved)))
        if approved:
            of.charged(at)

    def cancel(self, purchase: str) -> str:
        of = self._active(purchase)
        if of is None:
            return _NOT_ACTIVE
        of.cancelled_at = self.now()
        self._tell(of, "Cancel", of.cancelled_at)
        return "Successful"

    def expire(self, purchase: str) -> str:
        """At once, also where it was to end later."""
        of = self._of(purchase)
        if of.over_at is not None:
            return _NOT_ACTIVE
        self._end(of, self.now())
        return "Successful"

    def modify(self, purchase: str, amount: str) -> str:
        of = self._active(purchase)
        if of is None:
            return _NOT_ACTIVE
        try:
            later = Decimal(amount)
        except InvalidOperation:
            return "Missing Parameter"
        of.terms = telling.with_price(of.terms, later)
        return "Successful"

    def reactivate(self, purchase: str) -> None:
        """At the portal: it goes on where it ended, and is charged at once where that is past."""
        of, at = self._of(purchase), self.now()
        of.cancelled_at = of.over_at = None
        of.next_bill = max(of.paid_until, at)
        self._tell(of, "Reactivation", at)

    def _happens(self, of: Membership, at: datetime) -> None:
        if of.cancelled_at is not None:
            self._end(of, at)
            return
        approved, stage = of.refusals == 0, "Rebill" if of.charges else "Conversion"
        self._deliveries.send(telling.postback(self._books.charged(of, stage, at, approved=approved)))
        if approved:
            of.charged(at)
        elif of.refused(at):
            self._end(of, at)

    def _end(self, of: Membership, at: datetime) -> None:
        of.over_at, of.cancelled_at = at, of.cancelled_at or at
        self._tell(of, "Disable", at)

    def _tell(self, of: Membership, action: str, at: datetime) -> None:
        self._deliveries.send(telling.member_postback(of, action, at))

    def _active(self, purchase: str) -> Membership | None:
        of = self._of(purchase)
        return of if of.is_active else None

    def _of(self, purchase: str) -> Membership:
        found = self._books.memberships.get(purchase)
        if found is None:
            raise Refused("PurchaseID/MerchantID Mismatch")
        return found
