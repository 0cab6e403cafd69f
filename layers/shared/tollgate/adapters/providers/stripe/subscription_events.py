"""What Stripe's events say of subscriptions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tollgate.adapters.providers.stripe import invoices
from tollgate.adapters.providers.stripe.invoices import FIRST, Fields, Refusal
from tollgate.adapters.providers.stripe.subscription_shapes import ended_of, told_of
from tollgate.adapters.providers.stripe.transformers import PAYMENT, SUBSCRIPTION, TENANT
from tollgate.inbox.model import Notice
from tollgate.kernel.ids import is_id
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Report
from tollgate.subscriptions.notices import SubscriptionNotice
from tollgate.subscriptions.reports import CardGiven, Forgiven
from tollgate.subscriptions.reports import Fact as SubscriptionFact


class InvoiceLookup(ABC):
    """What Stripe leaves out of an invoice's event. Raises `ProviderUnavailable` where it does not tell."""

    @abstractmethod
    def intent_of(self, invoice: str) -> str | None:
        """The payment intent that paid it."""

    @abstractmethod
    def refusal_of(self, invoice: str) -> Refusal:
        """Why it could not be charged last."""


class SubscriptionEvents:
    """Reads the events of invoices and subscriptions; what is not told of a subscription is None."""

    def __init__(self, lookup: Callable[[], InvoiceLookup] | None) -> None:
        self._look_up = lookup
        self._readers: Mapping[str, Callable[[Fields, datetime], Notice | SubscriptionNotice | None]] = {
            "invoice.paid": self._paid,
            "invoice.payment_failed": self._failed,
            "invoice.voided": _forgiven,
            "invoice.marked_uncollectible": _forgiven,
            "customer.subscription.created": _told,
            "customer.subscription.updated": _told,
            "customer.subscription.paused": _told,
            "customer.subscription.resumed": _told,
            "customer.subscription.deleted": _deleted,
            "setup_intent.succeeded": _given,
        }

    def reads(self, type_: str) -> bool:
        """Whether it is a type of these."""
        return type_ in self._readers

    def read(self, type_: str, subject: Fields, at: datetime) -> Notice | SubscriptionNotice | None:
        """Raises what a malformed subject leads to."""
        return self._readers[type_](subject, at)

    def _paid(self, invoice: Fields, at: datetime) -> Notice | SubscriptionNotice | None:
        reference = invoices.subscription_of(invoice)
        if reference is None:
            return None
        echo = invoices.echo_of(invoice)
        if not echo.get(SUBSCRIPTION) and invoice["billing_reason"] == FIRST:
            return None  # somebody else's on the same account
        intent = self._intent_of(invoice)
        if invoice["billing_reason"] == FIRST and is_id("pay", str(echo.get(PAYMENT, ""))):
            capture, billing = invoices.first_capture(invoice, intent, at)
            report = Report(Fact.CAPTURED, at, capture=capture, billing=billing)
            return Notice(report, _text(echo.get(TENANT)), _text(echo[PAYMENT]), intent)
        return _notice(echo, reference, invoices.paid_of(invoice, intent, at))

    def _failed(self, invoice: Fields, at: datetime) -> Notice | SubscriptionNotice | None:
        reference = invoices.subscription_of(invoice)
        if reference is None:
            return None
        echo = invoices.echo_of(invoice)
        if invoice["billing_reason"] == FIRST:
            return None  # its page is still open, and its own intent tells
        refusal = self._lookup().refusal_of(invoice["id"])
        return _notice(echo, reference, invoices.failed_of(invoice, refusal, at))

    def _lookup(self) -> InvoiceLookup:
        if self._look_up is None:
            raise LookupError("the invoice says too little, and nobody can be asked")
        return self._look_up()

    def _intent_of(self, invoice: Fields) -> str | None:
        """Of nothing there is none."""
        if not invoice["amount_paid"]:
            return None
        return invoices.intent_of(invoice) or self._lookup().intent_of(invoice["id"])


def _forgiven(invoice: Fields, at: datetime) -> SubscriptionNotice | None:
    """That of a page which nobody has paid ends with its page."""
    reference = invoices.subscription_of(invoice)
    if reference is None or invoice["billing_reason"] == FIRST:
        return None
    return _notice(invoices.echo_of(invoice), reference, Forgiven(str(invoice["id"]), at))


def _given(setup: Fields, at: datetime) -> SubscriptionNotice | None:
    """Another card, on a page that was made for a subscription of ours."""
    echo = setup.get("metadata") or {}
    return _notice(echo, None, CardGiven(str(setup["id"]), at)) if echo.get(SUBSCRIPTION) else None


def _told(subscription: Fields, at: datetime) -> SubscriptionNotice:
    return _notice(subscription.get("metadata") or {}, subscription["id"], told_of(subscription, at))


def _deleted(subscription: Fields, at: datetime) -> SubscriptionNotice:
    return _notice(subscription.get("metadata") or {}, subscription["id"], ended_of(subscription, at))


def _notice(echo: Fields, reference: str | None, fact: SubscriptionFact) -> SubscriptionNotice:
    return SubscriptionNotice(_text(echo.get(TENANT)), _text(echo.get(SUBSCRIPTION)), reference, fact)


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError("not a text")
    return value
