"""The payments that a provider's invoices become: one for each that is paid, or that could not be charged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tollgate.fees.providers import expected
from tollgate.kernel.money import Money
from tollgate.kernel.unit_of_work import Write
from tollgate.payments.lifecycle import Fact as PaymentFact
from tollgate.payments.lifecycle import Meaning
from tollgate.payments.lifecycle import State as PaymentState
from tollgate.payments.model import Change, LineItem, Payment, Report, open_payment
from tollgate.payments.ports import PaymentKey, PaymentRepository
from tollgate.payments.values import RECURRING, Billing, Period
from tollgate.subscriptions.model import OVER, Renewer, Subscription
from tollgate.subscriptions.owing import ended_by, is_before, payment_of
from tollgate.subscriptions.reports import Charged, Ended, Fact, Failed, Forgiven, GivenUp, Paid, Retried
from tollgate.subscriptions.uninvoiced import meaning_of


class InvoicedPayments:
    """What a fact about a subscription does to its payments, in the same transaction. They stand in every list, in the
    ledger and in the statistics as all others do.
    """

    def __init__(self, payments: PaymentRepository) -> None:
        self._payments = payments

    def writes(self, before: Subscription, fact: Fact, now: datetime, trace: str | None) -> Sequence[Write]:
        """Raises `PaymentExists` or `PaymentChanged` where somebody else was at it."""
        match fact:
            case Paid(payment=str()) | Failed(payment=str()) | Retried(failed=Failed(payment=str())):
                return ()  # what we charged is a payment already
            case Paid():
                return (*self._taken(before, fact, now, trace), *self._overtaken(before, fact, now, trace))
            case Failed() | Retried(failed=Failed()):
                failed = fact.failed if isinstance(fact, Retried) else fact
                code, class_ = failed.decline.code, failed.decline.class_
                declined = Report(PaymentFact.DECLINED, failed.at, reason=code, decline=class_, trace=trace)
                return self._stored(before, failed, declined, now)
            case Charged():
                meant = meaning_of(before, fact, now)
                return () if isinstance(meant, Meaning) else self.writes(before, meant, now, trace)
            case GivenUp() | Ended() | Forgiven():
                return self._given_up(before, fact, now, trace)
        return ()

    def _taken(self, before: Subscription, fact: Paid, now: datetime, trace: str | None) -> Sequence[Write]:
        if fact.capture is None:
            return ()
        billing = _billing(before, fact.invoice, fact.period)
        captured = Report(PaymentFact.CAPTURED, fact.at, capture=fact.capture, billing=billing, trace=trace)
        return (*self._stored(before, fact, captured, now), *self._pointer(before, fact))

    def once_more(self, of: Subscription, fact: Paid, now: datetime, trace: str | None) -> Sequence[Write]:
        """Other money than that which has paid an invoice, or for one that was forgiven: its payment holds it. One that
        was told without its charge goes by its own name, and may be that very money.
        """
        payment = self._payments.get(PaymentKey(of.tenant, payment_of(of, fact.invoice))) if fact.capture else None
        if payment is None or fact.capture is None:
            return ()
        if fact.invoice in (fact.capture.reference, *(each.reference for each in payment.captures)):
            return ()
        captured = Report(PaymentFact.CAPTURED, fact.at, capture=fact.capture, trace=trace)
        held = [write for change in _applied(payment, captured, now) for write in self._payments.update(change)]
        return (*held, *self._pointer(of, fact)) if held else ()

    def _stored(self, before: Subscription, fact: Paid | Failed, report: Report, now: datetime) -> Sequence[Write]:
        # What was owed is known; so it may be of one that is over, whose debt is forgotten.
        owed = before.state in OVER or (before.debt is not None and before.debt.invoice == fact.invoice)
        # And of one that a later period has overtaken.
        owed = owed or (before.period is not None and is_before(fact.period, before.period))
        payment = self._payments.get(PaymentKey(before.tenant, payment_of(before, fact.invoice))) if owed else None
        if payment is None:
            opened = open_payment(_draft(before, fact.invoice, fact.amount, fact.period, now), report.trace)
            return self._payments.create_through([opened, *_applied(opened.payment, report, now)])
        return [write for change in _applied(payment, report, now) for write in self._payments.update(change)]

    def _pointer(self, before: Subscription, paid: Paid) -> Sequence[Write]:
        """Refunds and disputes name the charge, and nothing of ours."""
        if paid.capture is None:
            return ()
        payment = _draft(before, paid.invoice, paid.amount, paid.period, paid.at)
        return (self._payments.point(payment, paid.capture.reference),)

    def _given_up(
        self, before: Subscription, fact: GivenUp | Ended | Forgiven, now: datetime, trace: str | None
    ) -> Sequence[Write]:
        forgiven = isinstance(fact, Forgiven)
        if before.debt is None or (isinstance(fact, Forgiven) and fact.invoice != before.debt.invoice):
            return ()
        reason = "forgiven" if forgiven else "unpaid"
        return self._over(before, Report(PaymentFact.FAILED, fact.at, reason=reason, trace=trace), now)

    def _overtaken(self, before: Subscription, paid: Paid, now: datetime, trace: str | None) -> Sequence[Write]:
        """Nobody tries that any more. Money that comes for it is held: that time is paid otherwise."""
        if ended_by(before, paid) != "overtaken":
            return ()
        return self._over(before, Report(PaymentFact.FAILED, paid.at, reason="overtaken", trace=trace), now)

    def _over(self, before: Subscription, report: Report, now: datetime) -> Sequence[Write]:
        owed = before.debt.payment if before.debt else None
        payment = self._payments.get(PaymentKey(before.tenant, owed)) if owed else None
        if payment is None or payment.state is not PaymentState.PENDING:
            return ()
        return [write for change in _applied(payment, report, now) for write in self._payments.update(change)]


def _draft(of: Subscription, invoice: str, amount: Money, period: Period, now: datetime) -> Payment:
    """Money for a subscription that is over is held, as late money is. What we charge ourselves is no invoice that its
    provider may yet be paid for: the try that could not even be made has failed, and others are payments of their own.
    """
    ours = of.renewed_by is Renewer.PLATFORM
    return Payment(
        id=payment_of(of, invoice),
        tenant=of.tenant,
        owner=of.owner,
        amount=amount,
        items=(LineItem(of.terms.code, of.terms.name, 1, amount),),
        method=of.method,
        provider=of.provider,
        state=PaymentState.CANCELLED if of.state in OVER else PaymentState.PENDING,
        version=0,
        created_at=now,
        updated_at=now,
        fingerprint="",
        consumer=of.consumer,
        client_reference=of.client_reference,
        provider_fee=expected(of.provider, amount, of.terms.risk),
        route=None if ours else RECURRING,
        direct=ours,
        billing=_billing(of, invoice, period),
        email=of.email,
    )


def _billing(of: Subscription, invoice: str, period: Period) -> Billing:
    return Billing(of.id, invoice, period, of.reference, of.customer)


def _applied(payment: Payment, report: Report, now: datetime) -> list[Change]:
    """Nothing where the payment has ended otherwise meanwhile."""
    change = payment.apply(report, now)
    return [change] if isinstance(change, Change) else []
