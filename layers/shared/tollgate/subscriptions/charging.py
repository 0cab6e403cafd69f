"""Charging a period ourselves, with a method that its user has left: a charge like any other, of which a subscription
has one at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count

from tollgate.checkout.charge_ports import ChargeRequest
from tollgate.checkout.opening import CheckoutOpening
from tollgate.checkout.ports import ProviderUnavailable, Rejected, Unknown, Unreachable
from tollgate.checkout.presentation import present_charge
from tollgate.checkout.wishes import CreateCheckout
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import ConcurrentChange, ValidationFailed
from tollgate.kernel.idempotency import DuplicateInProgress, LeaseLost
from tollgate.kernel.ids import derived
from tollgate.kernel.money import Money
from tollgate.payments.declines import Decline, DeclineClass
from tollgate.payments.lifecycle import NEVER_MADE, State
from tollgate.payments.model import LineItem
from tollgate.payments.ports import PaymentKey, PaymentRepository
from tollgate.payments.values import Billing, Period
from tollgate.subscriptions.activation import next_period
from tollgate.subscriptions.consequences import fact_of
from tollgate.subscriptions.errors import SubscriptionChanged
from tollgate.subscriptions.model import Charging, Debt, Subscription, charge_id, charge_scope
from tollgate.subscriptions.owing import payment_of, try_key
from tollgate.subscriptions.ports import SubscriptionRepository
from tollgate.subscriptions.providers import Answer, Learned
from tollgate.subscriptions.reports import Failed

_NO_METHOD, _INVALID = "no_method", "invalid_"
_OVER = frozenset({State.CONFIRMED, State.SETTLED, State.FAILED, State.CANCELLED})


@dataclass(frozen=True, slots=True)
class _Bill:
    """What is charged."""

    invoice: str
    amount: Money
    period: Period


class OwnCharges:
    """Beginning a charge notes it on the subscription, in one transaction and on condition that it is as it was read:
    nothing is charged of what has been cancelled, and nothing twice. What comes of it is recorded with the payment.
    """

    def __init__(
        self,
        opening: CheckoutOpening,
        payments: PaymentRepository,
        subscriptions: SubscriptionRepository,
        clock: Clock,
    ) -> None:
        self._opening = opening
        self._payments = payments
        self._subscriptions = subscriptions
        self._clock = clock

    def check(self, of: Subscription, source: str) -> None:
        """Raises `ValidationFailed` for a method that its provider would not charge again. That nothing is charged
        there just now is another matter.
        """
        period = next_period(of, self._clock.now())
        try:
            self._opening.check(self._wish(of, source, _Bill("check", of.terms.unit, period), "check"))
        except ValidationFailed as refused:
            if any(each.field.startswith("sources") for each in refused.errors):
                raise

    def renew(self, of: Subscription) -> Answer:
        """Charge the period that follows what is paid. Raises `LookupError` for one that has not begun."""
        # By its revision: what is tried again after a charge that was never made has another key.
        return self._charge(of, self._next(of), f"renewal {of.revision}")

    def refused(self, of: Subscription, code: str) -> Failed:
        """That the next period cannot be charged, as a try that has failed; without a charge it is a payment only once
        that is recorded. Another method is needed where that is why.
        """
        bill, useless = self._next(of), code in (_NO_METHOD, f"{_INVALID}sources.{of.provider}")
        decline = Decline(DeclineClass.HARD if useless else DeclineClass.SOFT, code)
        attempt = payment_of(of, bill.invoice)
        return Failed(bill.invoice, bill.amount, bill.period, self._clock.now(), attempt, decline)

    def _next(self, of: Subscription) -> _Bill:
        period = next_period(of, self._clock.now())
        end = of.period.end if of.period else period.start
        return _Bill(derived("inv", of.tenant, of.id, end.isoformat()), of.terms.unit, period)

    def pay(self, of: Subscription, debt: Debt, occasion: str) -> Answer:
        """Try to charge what is owed."""
        return self._charge(of, _Bill(debt.invoice, debt.amount, debt.period), self.key_of(of, debt, occasion))

    def key_of(self, of: Subscription, debt: Debt, occasion: str) -> str:
        """What a try on this occasion is made under: the same however often it is run, until it was never made. As
        nobody was charged then, and a payment that has ended stays so, the occasion has another.
        """
        if of.charging is not None:
            return of.charging.key
        first = key = try_key(debt, occasion)
        for number in count(2):
            payment = self._payments.get(PaymentKey(of.tenant, charge_id(of, key)))
            if payment is None or payment.reason != NEVER_MADE:
                break
            key = f"{first} {number}"
        return key

    def resume(self, of: Subscription) -> Answer:
        """What came of the charge that is on its way, which is sent again where it may not have arrived."""
        return self.pay(of, of.debt, "") if of.debt else self.renew(of)

    def _charge(self, of: Subscription, bill: _Bill, key: str) -> Answer:
        """One that is on its way is finished first, and what comes of it stands for this one."""
        if of.source is None:
            return Rejected(_NO_METHOD)
        key = of.charging.key if of.charging else key
        try:
            self._opening.create(self._wish(of, of.source, bill, key), present_charge)
        except ValidationFailed as refused:
            return Rejected(f"{_INVALID}{refused.errors[0].field}" if refused.errors else "not_chargeable")
        except ProviderUnavailable as unavailable:
            return Unreachable(str(unavailable))
        except (ConcurrentChange, DuplicateInProgress, LeaseLost, SubscriptionChanged):
            return Unknown("somebody else is at it", told=True)
        return self._outcome(of, key)

    def _outcome(self, of: Subscription, key: str) -> Answer:
        payment = self._payments.get(PaymentKey(of.tenant, charge_id(of, key)))
        if payment is None or payment.billing is None or payment.state not in _OVER:
            # Without a word of its provider there is no session.
            return Unknown("it is on its way", told=payment is None or payment.session is not None)
        if payment.reason == NEVER_MADE:
            return Unreachable("the charge was never made")
        return Learned(fact_of(payment, payment.billing, self._clock.now()))

    def _wish(self, of: Subscription, source: str, bill: _Bill, key: str) -> CreateCheckout:
        _, caller, operation, _ = charge_scope(of, key)
        begun = replace(of, charging=Charging(key, self._clock.now())).noted()
        return CreateCheckout(
            tenant=of.tenant,
            owner=of.owner,
            operation=operation,
            key=key,
            body={"key": key},
            basket=(),
            method=of.method,
            request=ChargeRequest({of.provider: source}, off_session=True, customer_email=of.email, kept=True),
            provider=of.provider,
            consumer=of.consumer,
            client_reference=of.client_reference,
            caller=caller,
            lines=(LineItem(of.terms.code, of.terms.name, 1, bill.amount),),
            billing=Billing(of.id, bill.invoice, bill.period, source=source),
            risk=of.terms.risk,
            beside=() if of.charging else tuple(self._subscriptions.update(begun)),
        )
