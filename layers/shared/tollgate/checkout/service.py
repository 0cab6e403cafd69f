"""Showing and cancelling a checkout."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tollgate.checkout.charge_ports import Held
from tollgate.checkout.pages import with_page
from tollgate.checkout.ports import Approved, Closed, Rejected, Unknown, Unreachable, unavailable
from tollgate.checkout.ways import Ways
from tollgate.kernel.access import Viewer
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import NotFound
from tollgate.kernel.ids import is_id
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.approvals import is_authorized
from tollgate.payments.deposits import DepositKind
from tollgate.payments.errors import InvalidTransition
from tollgate.payments.lifecycle import Fact, Meaning, State
from tollgate.payments.model import Payment, Report
from tollgate.payments.ports import PaymentKey, PaymentRepository
from tollgate.payments.recording import Alongside, Recorded, Recorder
from tollgate.payments.review import is_known

_REFERENCE = re.compile(r"[A-Za-z0-9_.:-]{1,255}")


class CheckoutDesk:
    """What can be done with a checkout once it is open."""

    def __init__(
        self,
        *,
        payments: PaymentRepository,
        recorder: Recorder,
        ways: Ways,
        clock: Clock,
    ) -> None:
        self._payments = payments
        self._ways = ways
        self._clock = clock
        self._recorder = recorder

    def get(self, viewer: Viewer, payment_id: str) -> Payment:
        """The payment behind a checkout; `NotFound` for what is not the viewer's."""
        payment = self._payments.get(PaymentKey(viewer.tenant, payment_id)) if is_id("pay", payment_id) else None
        if payment is None or not viewer.sees(payment.owner):
            raise NotFound("checkout")
        return payment

    def show(self, viewer: Viewer, payment_id: str) -> Payment:
        """The same with the address of its page, while it can be paid."""
        return with_page(self._payments, self.get(viewer, payment_id))

    def history(self, viewer: Viewer, payment_id: str) -> tuple[Payment, tuple[dict[str, Any], ...]]:
        """The payment with the envelopes of all its events, oldest first."""
        payment = self.get(viewer, payment_id)
        return payment, self._payments.history(PaymentKey(payment.tenant, payment.id))

    def find(self, reference: str) -> Payment | None:
        """The payment behind a provider's session, whichever provider it is. Whoever shows it checks the tenant."""
        if not _REFERENCE.fullmatch(reference):
            return None
        for provider in self._ways.pages.providers:
            key = self._payments.find(provider, reference)
            if key is not None:
                found = self._payments.get(key)
                return with_page(self._payments, found) if found else None
        return None

    def cancel(self, viewer: Viewer, payment_id: str, *, let_go: bool | None = None) -> Payment:
        """Make sure that it cannot be paid, at the provider first, who lets go of what is set aside. Without `let_go`
        nothing is: the provider is asked before. So it is with shares of groups, if nobody says otherwise: the others
        count on them. Cancelling twice is fine.

        Raises `InvalidTransition` when it was paid or ended otherwise, or without `let_go` was set aside, and
        `ProviderUnavailable` when the provider cannot tell.
        """
        try:
            return self._cancelled(self.get(viewer, payment_id), let_go=let_go)
        except _OpenedMeanwhile:
            # A payment has one page in its life, so that it does not open again.
            return self._cancelled(self.get(viewer, payment_id), let_go=let_go)

    def _cancelled(self, payment: Payment, *, let_go: bool | None) -> Payment:
        if payment.state is State.CANCELLED:
            return payment
        if let_go is None:
            let_go = payment.deposit is None or payment.deposit.kind is not DepositKind.GROUP
        # A charge whose outcome nobody knows cannot be called off: it is asked for, and then refunded if need be.
        unsure = (payment.direct and payment.session is None) or payment.is_invoiced
        if not let_go and not unsure:
            payment = self._heard(payment)
        is_held = is_authorized(payment)
        is_open = let_go if is_held else payment.state is State.PENDING
        if not is_open or payment.review is not None or unsure:
            raise InvalidTransition(payment, Fact.CANCELLED)
        cancelled = self._recorder.record(payment, self._ending(payment), _without_a_page(payment)).payment
        if cancelled.state is not State.CANCELLED:
            raise InvalidTransition(cancelled, Fact.CANCELLED)
        return cancelled

    def _heard(self, payment: Payment) -> Payment:
        """With what the buyer has let the provider set aside, whose event may be on its way. Raises
        `ProviderUnavailable`: to close it unseen could let go of that.
        """
        if payment.session is None or not payment.hold or payment.state is not State.PENDING or payment.approved:
            return payment
        seen = self._ways.of(payment).look(payment, payment.session)
        match seen:
            case Held(told):
                approved = Report(Fact.APPROVED, self._clock.now(), session=told, about=told.reference)
                return self._recorder.record(payment, approved).payment
            case Unknown() | Unreachable() | Rejected():
                raise unavailable(payment.provider, seen)
        return payment

    def _ending(self, payment: Payment) -> Report:
        requested = Report(Fact.CANCELLED, self._clock.now(), reason="requested", yields=True)
        if payment.session is None:
            return requested
        outcome = self._ways.of(payment).close(payment, payment.session)
        match outcome:
            case Closed(report):
                # What it was paid with has gone back already, and it cannot be paid once more.
                over = report.fact is Fact.EXPIRED or is_known(payment, report.capture)
                return replace(requested, yields=report.yields) if over else report
            case Approved():
                return requested
            case _:
                raise unavailable(payment.provider, outcome)


class _OpenedMeanwhile(Exception):
    """A page that was not there is there now, and can be paid."""


def _without_a_page(read: Payment) -> Alongside:
    """Nothing is cancelled whose page nobody has closed."""

    def refuse(recorded: Recorded) -> Sequence[Write]:
        if recorded.meaning is Meaning.MOVE and recorded.payment.session is not None and read.session is None:
            raise _OpenedMeanwhile
        return ()

    return refuse
