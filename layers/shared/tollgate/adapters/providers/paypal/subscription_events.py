"""What PayPal's webhooks tell of subscriptions, and of the sales that it makes for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tollgate.adapters.providers.paypal.agreement_pages import AgreementLookup
from tollgate.adapters.providers.paypal.agreements import (
    PAGE_LIFE,
    begins_at,
    begun,
    failed_of,
    has_trial,
    standing_of,
    stands_since,
    trial_begun,
)
from tollgate.adapters.providers.paypal.echo import PlanEcho, plan_echoed
from tollgate.adapters.providers.paypal.sales import report_of_sale_refund, report_of_sale_reversal, sale_of
from tollgate.adapters.providers.paypal.transformers import instant, reference
from tollgate.inbox.model import Notice, opening_of
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Report
from tollgate.subscriptions.notices import SubscriptionNotice
from tollgate.subscriptions.reports import Charged, Ending

type Fields = Mapping[str, Any]


class AgreementEvents:
    """Reads them. `look_up` is called with the first event that says too little."""

    def __init__(self, look_up: Callable[[], AgreementLookup] | None) -> None:
        self._look_up = look_up
        self._readers: Mapping[str, Callable[[Fields, datetime], Notice | SubscriptionNotice | None]] = {
            "BILLING.SUBSCRIPTION.ACTIVATED": _activated,
            "BILLING.SUBSCRIPTION.RE-ACTIVATED": _stands,
            "BILLING.SUBSCRIPTION.SUSPENDED": _stands,
            "BILLING.SUBSCRIPTION.CANCELLED": _stands,
            "BILLING.SUBSCRIPTION.EXPIRED": _stands,
            "BILLING.SUBSCRIPTION.PAYMENT.FAILED": self._failed,
            "PAYMENT.SALE.COMPLETED": self._sold,
            "PAYMENT.SALE.REFUNDED": _refunded,
            "PAYMENT.SALE.REVERSED": _reversed,
        }

    def reads(self, type_: str) -> bool:
        """Whether it is a type of these."""
        return type_ in self._readers

    def read(self, type_: str, resource: Fields, at: datetime) -> Notice | SubscriptionNotice | None:
        """Raises what a malformed resource leads to, and `ProviderUnavailable`."""
        return self._readers[type_](resource, at)

    def _sold(self, sale: Fields, _: datetime) -> Notice | SubscriptionNotice | None:
        """A sale names its subscription, and says neither whose that is nor for which period."""
        charged = sale_of(sale) if sale.get("billing_agreement_id") else None
        agreement = self._agreement_of(sale["billing_agreement_id"]) if charged else None
        whose = plan_echoed(agreement.get("custom_id")) if agreement else None
        if charged is None or agreement is None or whose is None:
            return None  # what others sell on the same account
        if begins_at(agreement, charged.at):
            return _beginning(begun(agreement, whose, charged), whose)
        return _notice(whose, agreement, charged)

    def _failed(self, agreement: Fields, _: datetime) -> SubscriptionNotice | None:
        """What failed is asked for where the event leaves it out. What nobody knows of any more is paid."""
        failed = failed_of(agreement)
        if failed is None:
            found = self._agreement_of(agreement["id"])
            failed = failed_of(found) if found else None
        return _notice(plan_echoed(agreement.get("custom_id")), agreement, failed) if failed else None

    def _agreement_of(self, id_: str) -> Fields | None:
        if self._look_up is None:
            raise LookupError("an event says too little, and nobody can be asked")
        return self._look_up().agreement_of(id_)


def _activated(agreement: Fields, at: datetime) -> Notice | SubscriptionNotice | None:
    """Approved, which begins a trial; all else its first sale begins. Later it goes on after a pause."""
    whose, since = plan_echoed(agreement.get("custom_id")), stands_since(agreement, at)
    if whose and has_trial(agreement) and since <= instant(agreement["create_time"]) + PAGE_LIFE:
        return _beginning(trial_begun(agreement, whose, since), whose)
    return _stands(agreement, at)


def _stands(agreement: Fields, at: datetime) -> SubscriptionNotice:
    fact = standing_of(agreement, stands_since(agreement, at))
    return _notice(plan_echoed(agreement.get("custom_id")), agreement, fact)


def _refunded(refund: Fields, at: datetime) -> Notice:
    report = report_of_sale_refund(refund)
    return Notice(Report(Fact.REFUND, at, refund=report), None, None, report.capture)


def _reversed(resource: Fields, at: datetime) -> Notice:
    lost = report_of_sale_reversal(resource)
    report = Report(Fact.DISPUTE, at, dispute=lost)
    return Notice(report, None, None, lost.capture, opening_of(report))


def _beginning(report: Report, whose: PlanEcho) -> Notice:
    return Notice(report, whose.first.tenant, whose.first.id, None)


def _notice(whose: PlanEcho | None, agreement: Fields, fact: Charged | Ending) -> SubscriptionNotice:
    """By our echo, and where there is none by PayPal's id: what is not known by either is somebody else's."""
    id_ = reference(agreement["id"])
    return SubscriptionNotice(whose.first.tenant if whose else None, whose.subscription if whose else None, id_, fact)
