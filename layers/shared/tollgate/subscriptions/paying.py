"""Charging what is owed, with the card of the moment: by plan, or because somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from tollgate.checkout.charge_ports import Declined
from tollgate.checkout.ports import ProviderUnavailable, Rejected, Unknown, Unreachable, unavailable
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import TollgateError
from tollgate.kernel.idempotency import AlreadyBegun, IdempotencyRecord, IdempotencyRepository, Response, record_id
from tollgate.kernel.ids import derived
from tollgate.subscriptions.errors import CardDeclined, NotPossible, ProviderRefused
from tollgate.subscriptions.model import Debt, Renewer, State, Subscription, charge_id
from tollgate.subscriptions.providers import Answer, Learned, NotOffered, RecurringProvider, RecurringProviders
from tollgate.subscriptions.recording import SubscriptionRecorder
from tollgate.subscriptions.reports import CardGiven, Ended, Failed, Retried

if TYPE_CHECKING:
    from tollgate.subscriptions.charging import OwnCharges

# Visa takes fifteen tries of one payment with one card in thirty days, other networks more; beyond that each costs a
# fine.
MOST_ATTEMPTS = 15
OPERATION = "subscription.pay"


class DebtCollection:
    """Every try has a key of its own at the provider, which follows from what it is: run twice, it is one try. `own` is
    made with its first charge.
    """

    def __init__(
        self,
        recorder: SubscriptionRecorder,
        providers: RecurringProviders,
        answered: IdempotencyRepository,
        clock: Clock,
        own: Callable[[], OwnCharges] | None = None,
    ) -> None:
        self._recorder = recorder
        self._providers = providers
        self._answered = answered
        self._clock = clock
        self._own = own

    def can_retry(self, of: Subscription) -> bool:
        """Whether its provider lets us try again."""
        if of.renewed_by is Renewer.PLATFORM:
            return True
        provider = self._providers.of(of.provider)
        return provider is not None and provider.charges_when_asked

    def retry(self, of: Subscription, debt: Debt, planned: datetime) -> Subscription:
        """The try that was planned for this time. Raises `ProviderUnavailable`."""
        answer = self._pay(of, debt, f"planned {planned.isoformat()}")
        match answer:
            case Learned(fact=Failed() as failed):
                return self._recorder.record(of, Retried(planned, failed)).subscription
            case Learned(fact=fact):
                return self._recorder.record(of, fact).subscription
            case Rejected() | Declined():
                of = self.hear(of)
                if of.debt is None or of.debt.invoice != debt.invoice:
                    return of
                # It cannot be charged any more at its provider: what is planned goes on, down to the end.
                still = Failed(debt.invoice, debt.amount, debt.period, self._clock.now(), debt.tries[-1], debt.decline)
                return self._recorder.record(of, Retried(planned, still)).subscription
        raise unavailable(of.provider, answer)

    def paid_under(self, of: Subscription, key: str) -> str | None:
        """The payment by which such a try has paid what was owed then: what is owed since is for another key."""
        found = self._answered.get(record_id(*_scope(of, key)))
        return found.subject_id if found and not found.expired(self._clock.now()) else None

    def pay_now(self, of: Subscription, key: str, trace: str | None = None) -> Subscription:
        """A try that somebody asks for, under their key. Raises `NotPossible`, `CardDeclined`, `ProviderRefused`,
        `ProviderUnavailable`.
        """
        debt = of.debt
        if of.state is not State.PAST_DUE or debt is None:
            raise NotPossible(of, "owes nothing")
        if debt.attempts - debt.spent >= MOST_ATTEMPTS:
            raise NotPossible(of, "was tried too often with this card; another is needed")
        answer = self._pay(of, debt, f"asked {key}")
        if not isinstance(answer, Learned):
            raise trouble(of, answer)
        if isinstance(answer.fact, Failed):
            self._recorder.record(of, answer.fact, trace=trace)
            raise CardDeclined(answer.fact.decline)
        # A decline is repeated by the try's own key; that it paid, nobody can tell any more once nothing is owed.
        done = self._answered.begin(self._paid(of, self.payment_asked_for(of, debt, key), key))
        try:
            return self._recorder.record(of, answer.fact, lambda _: (done,), trace).subscription
        except AlreadyBegun:
            return self._recorder.record(of, answer.fact, trace=trace).subscription

    def _paid(self, of: Subscription, payment: str, key: str) -> IdempotencyRecord:
        now, id_ = self._clock.now(), record_id(*_scope(of, key))
        record = IdempotencyRecord(id_, of.tenant, OPERATION, "", payment, of.provider, "", id_, now, now)
        return record.finished(Response(200, "{}"), now)

    def payment_asked_for(self, of: Subscription, debt: Debt, key: str) -> str:
        """Which payment such a try is."""
        if of.renewed_by is Renewer.PROVIDER or self._own is None:
            return debt.payment
        return charge_id(of, self._own().key_of(of, debt, f"asked {key}"))

    def adopt(self, of: Subscription, setup: str, trace: str | None = None) -> Subscription:
        """Charge another card from now on, and what is owed at once. Raises `ProviderUnavailable`; a card that is
        declined, too, stays.
        """
        provider = self._provider(of)
        answer = provider.adopt_card(of, setup) if provider else Rejected("no_provider")
        if isinstance(answer, Unreachable | Unknown):
            raise unavailable(of.provider, answer)
        if isinstance(answer, Learned):
            of = self._recorder.record(of, answer.fact, trace=trace).subscription
        return self._pay_with(of, setup, trace) if isinstance(answer, Learned) else of

    def take(self, of: Subscription, source: str, trace: str | None = None) -> Subscription:
        """Where we charge: another method from now on, and what is owed at once. As `adopt`; raises `ValidationFailed`
        for one that its provider would not charge again.
        """
        if self._own:
            self._own().check(of, source)
        setup = derived("set", of.tenant, of.id, source)
        of = self._recorder.record(of, CardGiven(setup, self._clock.now(), source), trace=trace).subscription
        # What is on its way is of the card before.
        of = self.hear(of) if of.charging else of
        # By its revision: a card that is given again, after others, is another try.
        return self._pay_with(of, f"{setup} {of.revision}", trace)

    def _pay_with(self, of: Subscription, setup: str, trace: str | None) -> Subscription:
        if of.debt is None:
            return of
        paid = self._pay(of, of.debt, f"card {setup}")
        if isinstance(paid, Unreachable | Unknown):
            raise unavailable(of.provider, paid)
        return self._recorder.record(of, paid.fact, trace=trace).subscription if isinstance(paid, Learned) else of

    def hear(self, of: Subscription) -> Subscription:
        """With what its provider knows of it and has not told yet. Raises `ProviderUnavailable`."""
        answer = self._look(of)
        if isinstance(answer, Unreachable | Unknown):
            raise unavailable(of.provider, answer)
        for fact in (*answer.before, answer.fact) if isinstance(answer, Learned) else ():
            of = self._recorder.record(of, fact).subscription
        return of

    def close(self, of: Subscription) -> Subscription:
        """Make sure that nothing more is charged for what is over; it is `closing` still where its provider refuses.
        Raises `ProviderUnavailable`.
        """
        provider = self._provider(of)
        answer: Answer = provider.end_now(of) if provider else Rejected("no_provider")
        match answer:
            case Learned(fact=Ended() as ended):
                return self._recorder.record(of, ended).subscription
            case Learned():
                raise ProviderUnavailable(of.provider, "has not ended what is over", silent=False)
            case Unreachable() | Unknown():
                raise unavailable(of.provider, answer)
        return of

    def _look(self, of: Subscription) -> Answer:
        if of.renewed_by is Renewer.PROVIDER:
            return self._providers.look(of)
        return self._own().resume(of) if self._own and of.charging else Rejected("nothing_on_its_way")

    def _provider(self, of: Subscription) -> RecurringProvider | None:
        return self._providers.of(of.provider) if of.renewed_by is Renewer.PROVIDER else None

    def _pay(self, of: Subscription, debt: Debt, occasion: str) -> Answer:
        if of.renewed_by is Renewer.PLATFORM:
            return self._own().pay(of, debt, occasion) if self._own else Rejected("not_charged_here")
        provider = self._provider(of)
        if provider is None:
            return Rejected("no_provider")
        keys = [derived("key", of.tenant, of.id, debt.invoice, occasion, number) for number in ("1", "2")]
        answer = provider.pay(of, debt.invoice, keys[0])
        # An invoice that is paid is not paid again: what would only be repeated under the first key may be asked anew.
        spent = isinstance(answer, Unknown) and answer.key_spent
        return provider.pay(of, debt.invoice, keys[1]) if spent else answer


def _scope(of: Subscription, key: str) -> tuple[str, str, str, str]:
    return (of.tenant, f"subscription:{of.id}", OPERATION, key)


def trouble(of: Subscription, answer: Declined | Rejected | Unreachable | Unknown) -> TollgateError:
    """What to tell whoever has asked for it."""
    match answer:
        case Declined(decline):
            return CardDeclined(decline)
        case NotOffered(what=what):
            return NotPossible(of, what)
        case Rejected(code):
            return ProviderRefused(of.provider, code)
    return unavailable(of.provider, answer)
