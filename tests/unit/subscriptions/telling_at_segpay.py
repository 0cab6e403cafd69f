"""One subscription at Segpay, and what its postbacks tell of it, in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from tests.support.builders import a_draft, a_session, usd
from tests.support.fakes import MemorySecrets
from tests.support.memory.inbox import INBOX, WAKE
from tests.support.stores import InMemory
from tests.unit.subscriptions.telling import GOLD, KEY, PAYMENT, START, SUBSCRIPTION
from tollgate.adapters.providers.segpay.memberships import LastCharge
from tollgate.adapters.providers.segpay.references import plan_proof
from tollgate.adapters.providers.segpay.schedule import Schedule
from tollgate.adapters.providers.segpay.webhooks import SegpayEvents
from tollgate.inbox.model import Outcome, ProviderEvent
from tollgate.inbox.service import InboxService, Listeners
from tollgate.kernel.clock import FixedClock
from tollgate.payments.model import Payment, open_payment
from tollgate.payments.ports import PaymentKey
from tollgate.payments.recording import Recorder
from tollgate.payments.values import Billing
from tollgate.subscriptions.consequences import SubscriptionConsequences
from tollgate.subscriptions.invoiced import InvoicedPayments
from tollgate.subscriptions.model import State, Subscription, Terms
from tollgate.subscriptions.notices import SubscriptionNotices
from tollgate.subscriptions.providers import RecurringProvider, RecurringProviders
from tollgate.subscriptions.recording import SubscriptionRecorder

REF_KEY, PURCHASE, MONTH = "a-key-of-our-references", "5001", timedelta(days=30)
SECOND, THIRD = START + MONTH, START + 2 * MONTH
SCHEDULE = Schedule(usd(3_999), usd(3_999), 30, 30)
ECHO = {
    "ref1": plan_proof(REF_KEY, "demo", PAYMENT, SUBSCRIPTION, SCHEDULE.text),
    "ref2": PAYMENT,
    "ref3": "demo",
    "ref4": SUBSCRIPTION,
    "ref5": SCHEDULE.text,
}

type Fields = Mapping[str, str]


class Reports(LastCharge):
    """What Segpay's reports say was charged last, if they say anything."""

    def __init__(self) -> None:
        self.last: str | None = None

    def last_charge(self, purchase: str) -> str | None:
        return self.last if purchase == PURCHASE else None


class SegpayRoom:
    """An ordered subscription, whose page is open."""

    def __init__(self, terms: Terms = GOLD, provider: RecurringProvider | None = None) -> None:
        self.stored, self.clock, self.reports = InMemory(), FixedClock(START), Reports()
        stored, unit_of_work = self.stored, self.stored.unit_of_work
        consequences = SubscriptionConsequences(stored.subscriptions, stored.payments)
        payments = Recorder(stored.payments, stored.parking, consequences, unit_of_work, self.clock)
        invoiced = InvoicedPayments(stored.payments)
        self.recorder = SubscriptionRecorder(stored.subscriptions, invoiced, stored.parking, unit_of_work, self.clock)
        providers = RecurringProviders({"segpay": lambda: provider} if provider else {})
        notices = SubscriptionNotices(stored.subscriptions, self.recorder, providers, unit_of_work)
        secrets = MemorySecrets({"segpay/webhook": {"ref_keys": [REF_KEY]}})
        self.service = InboxService(
            inbox=stored.inbox,
            payments=stored.payments,
            recorder=payments,
            readers={"segpay": SegpayEvents(secrets, lambda: self.reports)},
            unit_of_work=unit_of_work,
            clock=self.clock,
            listeners=Listeners(subscriptions=notices),
        )
        self._woken = self._told = 0
        due = replace(terms.unit, amount=0) if terms.trial_days else terms.unit
        draft = a_draft(amount=due, session=a_session(PAYMENT), billing=Billing(SUBSCRIPTION), provider="segpay")
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

    def tell(self, at: datetime, fields: Fields) -> Outcome | None:
        """One postback, and whatever it wakes."""
        self.clock.advance(max(at - self.clock.now(), timedelta(0)))
        self._told += 1
        payload = json.dumps({**fields}).encode()
        event = ProviderEvent("segpay", f"{self._told}", fields["action"], payload, self.clock.now())
        assert self.stored.inbox.accept(event)
        self.service.apply(event)
        self._wake()
        return self.stored.inbox.outcome("segpay", event.id)

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


def a_sale(transaction: str, at: datetime, stage: str = "Rebill", **fields: str) -> dict[str, str]:
    """A period that was charged, as its postback says it."""
    told = {
        "action": "Auth",
        "stage": stage,
        "approved": "Yes",
        "trantype": "Sale",
        "tranid": transaction,
        "purchaseid": PURCHASE,
        "price": "39.99",
        "currencycode": "USD",
        "transtime": written(at),
        "ival": "39.99",
        "iint": "30",
        "rval": "39.99",
        "rint": "30",
    }
    return {**told, **ECHO, **fields}


def a_decline(transaction: str, at: datetime, **fields: str) -> dict[str, str]:
    """One that could not be charged."""
    return a_sale(transaction, at, **{"approved": "No", **fields})


def of_member(action: str, at: datetime, **fields: str) -> dict[str, str]:
    """What happens to the membership."""
    return {"action": action, "purchaseid": PURCHASE, "transtime": written(at), **ECHO, **fields}


def written(at: datetime) -> str:
    """As Segpay writes a time."""
    return at.strftime("%m/%d/%Y %I:%M:%S %p")
