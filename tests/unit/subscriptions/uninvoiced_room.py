"""One subscription at a provider that writes no invoices, in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from tests.support.builders import a_draft
from tests.support.memory.inbox import INBOX, WAKE
from tests.support.stores import InMemory
from tests.unit.subscriptions.telling import KEY, PAYMENT, START, SUBSCRIPTION
from tollgate.inbox.model import Outcome, ProviderEvent
from tollgate.inbox.ports import EventReader
from tollgate.inbox.service import InboxService, Listeners
from tollgate.kernel.clock import FixedClock
from tollgate.payments.model import Payment, Session, open_payment
from tollgate.payments.ports import PaymentKey
from tollgate.payments.recording import Recorder
from tollgate.payments.values import Billing
from tollgate.subscriptions.consequences import SubscriptionConsequences
from tollgate.subscriptions.invoiced import InvoicedPayments
from tollgate.subscriptions.model import State, Subscription, Terms
from tollgate.subscriptions.notices import SubscriptionNotices
from tollgate.subscriptions.providers import RecurringProvider, RecurringProviders
from tollgate.subscriptions.recording import SubscriptionRecorder


class UninvoicedRoom:
    """An ordered subscription, whose page is open, and what reads its provider's events."""

    def __init__(
        self, name: str, reader: EventReader, page: Session, terms: Terms, provider: RecurringProvider | None
    ) -> None:
        self.name, self.stored, self.clock = name, InMemory(), FixedClock(START)
        stored, unit_of_work = self.stored, self.stored.unit_of_work
        consequences = SubscriptionConsequences(stored.subscriptions, stored.payments)
        payments = Recorder(stored.payments, stored.parking, consequences, unit_of_work, self.clock)
        invoiced = InvoicedPayments(stored.payments)
        self.recorder = SubscriptionRecorder(stored.subscriptions, invoiced, stored.parking, unit_of_work, self.clock)
        providers = RecurringProviders({name: lambda: provider} if provider else {})
        notices = SubscriptionNotices(stored.subscriptions, self.recorder, providers, unit_of_work)
        self.service = InboxService(
            inbox=stored.inbox,
            payments=stored.payments,
            recorder=payments,
            readers={name: reader},
            unit_of_work=unit_of_work,
            clock=self.clock,
            listeners=Listeners(subscriptions=notices),
        )
        self._woken = self._told = 0
        due = replace(terms.unit, amount=0) if terms.trial_days else terms.unit
        draft = a_draft(amount=due, session=page, billing=Billing(SUBSCRIPTION), provider=name)
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

    def hear(self, at: datetime, type_: str, payload: bytes) -> Outcome | None:
        """One event, and whatever it wakes."""
        self.clock.advance(max(at - self.clock.now(), timedelta(0)))
        self._told += 1
        event = ProviderEvent(self.name, f"{self._told}", type_, payload, self.clock.now())
        assert self.stored.inbox.accept(event)
        self.service.apply(event)
        self._wake()
        return self.stored.inbox.outcome(self.name, event.id)

    def outcomes(self) -> set[str | None]:
        return {each.outcome.value if each.outcome else None for each in self.stored.store.of(INBOX)}

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
