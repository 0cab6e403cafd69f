"""One subscription on Stripe, and what Stripe tells of it, in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.builders import a_draft, a_session, usd
from tests.support.memory.inbox import INBOX, WAKE
from tests.support.stores import InMemory
from tollgate.adapters.providers.stripe.invoices import Refusal
from tollgate.adapters.providers.stripe.subscription_events import InvoiceLookup
from tollgate.adapters.providers.stripe.webhooks import StripeEvents
from tollgate.catalog.model import Interval
from tollgate.inbox.model import Outcome, ProviderEvent
from tollgate.inbox.service import InboxService, Listeners
from tollgate.kernel.clock import FixedClock, epoch
from tollgate.kernel.ids import derived
from tollgate.payments.declines import Decline, DeclineClass
from tollgate.payments.model import Payment, open_payment
from tollgate.payments.ports import PaymentKey
from tollgate.payments.recording import Recorder
from tollgate.payments.values import Billing
from tollgate.subscriptions.consequences import SubscriptionConsequences
from tollgate.subscriptions.invoiced import InvoicedPayments
from tollgate.subscriptions.model import State, Subscription, Terms
from tollgate.subscriptions.notices import SubscriptionNotices
from tollgate.subscriptions.ports import SubscriptionKey
from tollgate.subscriptions.providers import RecurringProviders
from tollgate.subscriptions.recording import SubscriptionRecorder

START = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)
SECOND, THIRD = datetime(2026, 2, 28, 9, 0, tzinfo=UTC), datetime(2026, 3, 31, 9, 0, tzinfo=UTC)
GOLD = Terms("gold_month", "Gold", "gold", usd(3999), Interval.MONTH)
SUBSCRIPTION, PAYMENT = derived("sub", "1"), derived("pay", "1")
KEY = SubscriptionKey("demo", SUBSCRIPTION)
ECHO = {"tollgate_tenant": "demo", "tollgate_payment": PAYMENT, "tollgate_subscription": SUBSCRIPTION}
SOFT = Decline(DeclineClass.SOFT, "insufficient_funds")


class ToldLater(InvoiceLookup):
    """What Stripe says when it is asked about an invoice."""

    def __init__(self) -> None:
        self.intents: dict[str, str] = {}
        self.refusals: dict[str, Refusal] = {}
        self.asked: list[str] = []

    def intent_of(self, invoice: str) -> str | None:
        self.asked.append(invoice)
        return self.intents.get(invoice)

    def refusal_of(self, invoice: str) -> Refusal:
        self.asked.append(invoice)
        return self.refusals.get(invoice, Refusal("ch_1", SOFT))


class Room:
    """An ordered subscription, whose page is open."""

    def __init__(self, terms: Terms = GOLD) -> None:
        self.stored, self.clock, self.lookup = InMemory(), FixedClock(START), ToldLater()
        stored, unit_of_work = self.stored, self.stored.unit_of_work
        self.parking, self.inbox = stored.parking, stored.inbox
        recorder = Recorder(
            stored.payments,
            stored.parking,
            SubscriptionConsequences(stored.subscriptions, stored.payments),
            unit_of_work,
            self.clock,
        )
        self.recorder = SubscriptionRecorder(
            stored.subscriptions, InvoicedPayments(stored.payments), stored.parking, unit_of_work, self.clock
        )
        self.providers = RecurringProviders({})
        notices = SubscriptionNotices(stored.subscriptions, self.recorder, self.providers, unit_of_work)
        self.service = InboxService(
            inbox=stored.inbox,
            payments=stored.payments,
            recorder=recorder,
            readers={"stripe": StripeEvents(lambda: self.lookup)},
            unit_of_work=unit_of_work,
            clock=self.clock,
            listeners=Listeners(subscriptions=notices),
        )
        self._woken = 0
        due = replace(terms.unit, amount=0) if terms.trial_days else terms.unit
        draft = a_draft(amount=due, session=a_session(), billing=Billing(SUBSCRIPTION))
        draft = replace(draft, id=PAYMENT, created_at=START, updated_at=START)
        ordered = Subscription(
            id=SUBSCRIPTION,
            tenant="demo",
            owner="user-1",
            terms=terms,
            state=State.PENDING,
            version=0,
            created_at=START,
            updated_at=START,
            payment=PAYMENT,
        )
        change = ordered.order(START, None)
        unit_of_work.commit(*stored.payments.create(open_payment(draft)), *stored.subscriptions.create(change))

    def tell(self, id_: str, type_: str, at: datetime, subject: Mapping[str, Any]) -> Outcome | None:
        """One event of Stripe's, and whatever it wakes."""
        told = {"id": id_, "object": "event", "created": epoch(at), "type": type_, "data": {"object": subject}}
        self.clock.advance(max(at - self.clock.now(), timedelta(0)))
        event = ProviderEvent("stripe", id_, type_, json.dumps(told).encode(), self.clock.now())
        if not self.inbox.accept(event):
            return None
        self.service.apply(event)
        self._wake()
        return self.inbox.outcome("stripe", id_)

    def outcomes(self) -> dict[str, str | None]:
        kept = self.stored.store.of(INBOX)
        return {each.event.id: each.outcome.value if each.outcome else None for each in kept}

    def subscription(self) -> Subscription:
        found = self.stored.subscriptions.get(KEY)
        assert found is not None
        return found

    def payment(self, id_: str = PAYMENT) -> Payment:
        found = self.stored.payments.get(PaymentKey("demo", id_))
        assert found is not None
        return found

    def said(self) -> list[str]:
        """The types of its events, the first first."""
        history = self.stored.subscriptions.history(KEY, limit=100)
        return [each["type"].removeprefix("payments.subscription.") for each in reversed(history)]

    def _wake(self) -> None:
        woken = self.stored.store.of(WAKE)
        while self._woken < len(woken):
            self._woken += 1
            self.service.apply(woken[self._woken - 1])
            woken = self.stored.store.of(WAKE)


def an_invoice(number: int, start: datetime, end: datetime, **fields: Any) -> dict[str, Any]:
    """A paid invoice as the pinned version shows it; `number` tells one from another."""
    reason = "subscription_create" if number == 1 else "subscription_cycle"
    defaults: dict[str, Any] = {
        "id": f"in_{number}",
        "object": "invoice",
        "status": "paid",
        "billing_reason": reason,
        "customer": "cus_1",
        "currency": "usd",
        "amount_due": 3999,
        "amount_paid": 3999,
        "attempt_count": 1,
        "period_start": epoch(start),
        "period_end": epoch(start),
        "parent": {"type": "subscription_details", "subscription_details": {"subscription": "sub_1", "metadata": ECHO}},
        "payments": {
            "data": [
                {"status": "paid", "payment": {"type": "payment_intent", "payment_intent": f"pi_{number}"}},
            ]
        },
        "lines": {"data": [{"period": {"start": epoch(start), "end": epoch(end)}}]},
    }
    return defaults | fields


def a_subscription(**fields: Any) -> dict[str, Any]:
    """As the pinned version shows it."""
    defaults: dict[str, Any] = {
        "id": "sub_1",
        "object": "subscription",
        "status": "active",
        "customer": "cus_1",
        "metadata": ECHO,
        "cancel_at_period_end": False,
        "cancel_at": None,
        "ended_at": None,
        "pause_collection": None,
        "trial_end": None,
        "latest_invoice": "in_1",
        "cancellation_details": {"reason": None},
        "items": {
            "data": [
                {
                    "id": "si_1",
                    "quantity": 1,
                    "current_period_start": epoch(START),
                    "current_period_end": epoch(SECOND),
                    "price": {
                        "unit_amount": 3999,
                        "currency": "usd",
                        "product": "prod_1",
                        "recurring": {"interval": "month", "interval_count": 1},
                    },
                }
            ]
        },
    }
    return defaults | fields
