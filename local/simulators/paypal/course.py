"""The course of subscriptions: charged when that is due, tried again, and suspended where it is in vain."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from local.simulators.paypal import sales
from local.simulators.paypal.agreements import MOST_RETRIES, RETRY_DAYS, Agreement, begin, end, money, tell, written
from local.simulators.paypal.books import Body, Books, Refused

INSTRUMENTS = ("pays", "declines", "waits")
_IDLE_SECONDS = 0.1


class Course:
    """Lets happen what is due, in its order."""

    def __init__(self, books: Books) -> None:
        self._books = books

    async def run(self) -> None:
        """For as long as the simulator lives, so that things happen though nobody asks."""
        while True:
            with self._books.lock:
                self.catch_up()
            await asyncio.sleep(_IDLE_SECONDS)

    def catch_up(self) -> None:
        """All that is due by now."""
        now = self._books.instant()
        while due := [(each.next_at, each.id) for each in self._books.agreements.values() if _is_due(each, now)]:
            at, first = min(due, key=lambda pair: (pair[0] or now, pair[1]))
            self._charge(self._books.agreements[first], at or now)

    def approve(self, of: Agreement, instrument: str) -> Body:
        """Its buyer agrees on the page, with what pays, is declined at once, or takes its time."""
        if instrument == "declines":
            raise Refused(422, "INSTRUMENT_DECLINED")
        begin(self._books, of)
        if not of.plan.trial_days:
            sales.make(self._books, of, self._books.instant(), waits=instrument == "waits")
        return {"id": of.id, "status": of.status}

    def _charge(self, of: Agreement, at: datetime) -> None:
        if not of.refusals:
            sales.make(self._books, of, at)
            of.goes_on(at)
            return
        of.refusals -= 1
        self._refused(of, at)

    def _refused(self, of: Agreement, at: datetime) -> None:
        """Tried again every five days, twice; after that it is owed with the next period."""
        of.tried += 1
        of.next_at = at + timedelta(days=RETRY_DAYS)
        if of.tried > MOST_RETRIES:
            of.failures, of.outstanding = of.failures + 1, of.outstanding + of.plan.price
            of.goes_on(at)
        failed = {"amount": money(of.plan, of.plan.price), "time": written(at), "reason_code": "PAYMENT_DENIED"}
        of.last["last_failed_payment"] = failed
        tell(self._books, of, "PAYMENT.FAILED")
        if of.plan.threshold and of.failures >= of.plan.threshold:
            end(self._books, of, at, "SUSPENDED")


def _is_due(of: Agreement, now: datetime) -> bool:
    return of.next_at is not None and of.next_at <= now
