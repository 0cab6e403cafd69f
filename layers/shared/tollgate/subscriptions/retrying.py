"""A new try for a payment, made by an admin: of what a subscription owes it is charged at once, of all else a new page
is made.
"""

from __future__ import annotations

import json

from tollgate.checkout.presentation import present_retry
from tollgate.checkout.retrying import CheckoutRetry, RetryPayment
from tollgate.checkout.service import CheckoutDesk
from tollgate.kernel.idempotency import Response
from tollgate.payments.errors import NotRetryable
from tollgate.payments.model import Payment
from tollgate.subscriptions.model import Debt, Subscription
from tollgate.subscriptions.paying import DebtCollection
from tollgate.subscriptions.ports import SubscriptionKey, SubscriptionRepository


class PaymentRetry:
    """It spends none of the tries that are planned."""

    def __init__(
        self,
        desk: CheckoutDesk,
        pages: CheckoutRetry,
        subscriptions: SubscriptionRepository,
        collection: DebtCollection,
    ) -> None:
        self._desk = desk
        self._pages = pages
        self._subscriptions = subscriptions
        self._collection = collection

    def retry(self, wish: RetryPayment) -> Response:
        """200 with the payment where it was charged, else as for any payment. Raises `NotFound`, `NotRetryable`, and
        what the two ways raise.
        """
        payment = self._desk.get(wish.viewer, wish.payment_id)
        if payment.billing is None:
            return self._pages.retry(wish)
        of = self._subscriptions.get(SubscriptionKey(payment.tenant, payment.billing.subscription))
        before = self._collection.paid_under(of, wish.key) if of else None
        if before:
            return self._shown(wish, before).replay()
        of, debt = self._owing(payment, of)
        paid_by = self._collection.payment_asked_for(of, debt, wish.key)
        self._collection.pay_now(of, wish.key, wish.trace)
        return self._shown(wish, paid_by)

    def _shown(self, wish: RetryPayment, paid_by: str) -> Response:
        shown = present_retry(self._desk.get(wish.viewer, paid_by))
        return Response(200, json.dumps(shown, separators=(",", ":")))

    def _owing(self, payment: Payment, of: Subscription | None) -> tuple[Subscription, Debt]:
        if of is None or of.payment == payment.id:
            raise NotRetryable(payment, "it is the first of a subscription; order that anew")
        if of.debt is None or of.debt.payment != payment.id:
            raise NotRetryable(payment, f"it is {payment.status}, and nothing is owed for it")
        return of, of.debt
