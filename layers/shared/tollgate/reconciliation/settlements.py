"""Payments whose provider should have paid out by now, and reserves whose time is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from tollgate.checkout.ports import unavailable
from tollgate.kernel.clock import Clock
from tollgate.kernel.unit_of_work import UnitOfWork
from tollgate.payments.errors import PaymentChanged
from tollgate.payments.lifecycle import Fact, State
from tollgate.payments.model import Payment, Report
from tollgate.payments.ports import PaymentRepository
from tollgate.payments.recording import Recorder
from tollgate.payments.settlement import ASK_AFTER, RESERVE_BASIS_POINTS, RESERVED_FOR, waits
from tollgate.payouts.ports import SellerRepository
from tollgate.reconciliation.notes import Notes
from tollgate.reconciliation.ports import DuePayment
from tollgate.refunds.ports import NotYet, PaidOut, RefundProvider

# The provider's day of availability begins at midnight, and takes a little.
_A_LITTLE, _LATER = timedelta(minutes=5), timedelta(hours=6)


class Settlements:
    """Regular work, and no finding: it happens to every payment."""

    def __init__(
        self,
        payments: PaymentRepository,
        providers: Mapping[str, RefundProvider],
        sellers: SellerRepository,
        recorder: Recorder,
        unit_of_work: UnitOfWork,
        clock: Clock,
    ) -> None:
        self._payments = payments
        self._providers = providers
        self._sellers = sellers
        self._recorder = recorder
        self._unit_of_work = unit_of_work
        self._clock = clock

    def examine(self, due: DuePayment, notes: Notes) -> None:
        payment, now = self._payments.get(due.key), self._clock.now()
        if payment is None or payment.review is not None:
            return
        payment = self._recorder.current(payment)
        # Where nothing was taken, as for a trial, nothing is paid out.
        taken = payment.captures[0] if payment.captures and payment.captures[0].amount.amount else None
        if payment.state is State.CONFIRMED and taken and now >= taken.at + ASK_AFTER:
            if waits(payment):
                self._look_again(payment, now + _LATER)
            elif notes.asks(payment.provider):
                self._settle(payment, now)
        elif payment.reserve and payment.settled_at is not None and now >= payment.settled_at + RESERVED_FOR:
            self._recorder.record(payment, Report(Fact.RESERVE_RELEASED, now))

    def _settle(self, payment: Payment, now: datetime) -> None:
        outcome = self._providers[payment.provider].settlement(payment)
        match outcome:
            case PaidOut(settlement):
                held_back = replace(settlement, reserve=self._reserve(payment))
                self._recorder.record(payment, Report(Fact.SETTLED, now, settlement=held_back))
            case NotYet(until):
                self._look_again(payment, max(until, now) + _A_LITTLE)
            case _:
                self._look_again(payment, now + _LATER)
                raise unavailable(payment.provider, outcome)

    def _reserve(self, payment: Payment) -> int:
        """By the seller's risk as it is now."""
        seller = self._sellers.get(payment.tenant, payment.seller) if payment.seller else None
        return seller.reserve if seller else RESERVE_BASIS_POINTS

    def _look_again(self, payment: Payment, at: datetime) -> None:
        try:
            self._unit_of_work.commit(self._payments.look_again(payment, at))
        except PaymentChanged:
            return  # it moved on by itself
