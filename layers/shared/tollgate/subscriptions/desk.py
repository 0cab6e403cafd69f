"""What can be done with a subscription once it is there: shown, ended, paused, changed, paid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from tollgate.catalog.ports import CatalogRepository
from tollgate.kernel.access import Viewer
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import FieldError, NotFound, ValidationFailed
from tollgate.kernel.ids import derived, is_id
from tollgate.kernel.money import Money
from tollgate.payments.lifecycle import Meaning
from tollgate.subscriptions.errors import BeingCharged, NotPossible, ProviderRefused
from tollgate.subscriptions.model import LIVE, Renewer, State, Subscription, Terms
from tollgate.subscriptions.ordering import terms_of
from tollgate.subscriptions.paying import DebtCollection, trouble
from tollgate.subscriptions.ports import SubscriptionKey, SubscriptionRepository, SubscriptionsPage
from tollgate.subscriptions.providers import (
    Answer,
    CardPage,
    Learned,
    Proration,
    RecurringProvider,
    RecurringProviders,
)
from tollgate.subscriptions.recording import SubscriptionRecorder
from tollgate.subscriptions.reports import Asked, Ended, Fact

SHOWN_EVENTS = 50
# How old the time of a preview may be: whoever could choose it would choose what a change costs.
PREVIEWED = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class ChangePlan:
    """A wish for another plan. `at` is what the preview that the user has seen was reckoned for."""

    viewer: Viewer
    subscription_id: str
    plan: str
    at: datetime | None = None
    trace: str | None = None


class SubscriptionDesk:
    """What is wanted is said to the provider first, where it charges the periods; what it answers is recorded as if it
    had told by itself. Killed in between, it tells by itself.
    """

    def __init__(
        self,
        subscriptions: SubscriptionRepository,
        recorder: SubscriptionRecorder,
        providers: RecurringProviders,
        collection: DebtCollection,
        catalog: CatalogRepository,
        clock: Clock,
    ) -> None:
        self._subscriptions = subscriptions
        self._recorder = recorder
        self._providers = providers
        self._collection = collection
        self._catalog = catalog
        self._clock = clock

    def get(self, viewer: Viewer, subscription_id: str) -> Subscription:
        """`NotFound` for what is not the viewer's."""
        key = SubscriptionKey(viewer.tenant, subscription_id)
        of = self._subscriptions.get(key) if is_id("sub", subscription_id) else None
        if of is None or not viewer.sees(of.owner):
            raise NotFound("subscription")
        return of

    def history(self, viewer: Viewer, subscription_id: str) -> tuple[Subscription, tuple[dict[str, Any], ...]]:
        """With the envelopes of its last events, newest first."""
        of = self.get(viewer, subscription_id)
        return of, self._subscriptions.history(SubscriptionKey(of.tenant, of.id), limit=SHOWN_EVENTS)

    def list(self, viewer: Viewer, *, limit: int, cursor: str | None) -> SubscriptionsPage:
        """The viewer's, newest first; raises `InvalidCursor`."""
        return self._subscriptions.list(viewer, limit=limit, cursor=cursor)

    def end(self, viewer: Viewer, subscription_id: str, *, now: bool, trace: str | None) -> Subscription:
        """With the period that is paid, or at once. Ending twice is fine."""
        of = self._live(viewer, subscription_id, "cannot be cancelled")
        if not now and of.ends_at is not None:
            return of
        if now:
            after = self._said(of, lambda provider: provider.end_now(of), Ended(self._clock.now()), trace)
            if after.state in LIVE:
                raise ProviderRefused(of.provider, "not_ended")
            return after
        ours = Asked(self._clock.now(), ends=True)
        return self._said(of, lambda provider: provider.end_with_period(of, ends=True), ours, trace)

    def keep(self, viewer: Viewer, subscription_id: str, trace: str | None) -> Subscription:
        """One that was to end goes on, and one that is paused is charged again."""
        of = self._live(viewer, subscription_id, "cannot be resumed")
        at = self._clock.now()
        if of.is_paused:
            paused, ours = of, Asked(at, paused=False)
            of = self._said(paused, lambda provider: provider.pause(paused, paused=False), ours, trace)
        if of.ends_at is not None:
            ending, ours = of, Asked(at, ends=False)
            of = self._said(ending, lambda provider: provider.end_with_period(ending, ends=False), ours, trace)
        return of

    def pause(self, viewer: Viewer, subscription_id: str, trace: str | None) -> Subscription:
        """What is paid stays; nothing more is charged until it is resumed."""
        of = self._live(viewer, subscription_id, "cannot be paused")
        if of.state is State.PAST_DUE:
            raise NotPossible(of, "cannot be paused: pay what is owed, or cancel it")
        if of.is_paused:
            return of
        ours = Asked(self._clock.now(), paused=True)
        return self._said(of, lambda provider: provider.pause(of, paused=True), ours, trace)

    def preview(self, wish: ChangePlan) -> Proration:
        """What a change of plan would cost. Raises `ValidationFailed`, `NotPossible`."""
        of, terms = self._change(wish)
        at = (wish.at or self._clock.now()).replace(microsecond=0)
        provider = self._provider(of)
        if provider is None:
            return _from_the_next_period(of, at)
        answer = provider.preview(of, terms, at)
        if not isinstance(answer, Proration):
            raise trouble(of, answer)
        return answer

    def change(self, wish: ChangePlan) -> Subscription:
        """Another plan of the same product. Asking again for the plan that it has changes nothing."""
        of, terms = self._change(wish)
        if terms == of.terms:
            return of
        at = (wish.at or self._clock.now()).replace(microsecond=0)
        key = derived("key", of.tenant, of.id, "change", str(of.version), terms.code, at.isoformat())
        ours = Asked(self._clock.now(), unit=terms.unit, interval=terms.interval, plan=terms.code, name=terms.name)
        return self._said(of, lambda provider: provider.change(of, terms, at, key), ours, wish.trace)

    def card_page(self, viewer: Viewer, subscription_id: str, success_url: str, cancel_url: str) -> CardPage:
        """A page on which its user gives another card; where something is owed, that is charged at once then."""
        of = self._live(viewer, subscription_id, "takes no card")
        provider = self._provider(of)
        if provider is None:
            raise NotPossible(of, f"has no page for another card at {of.provider}: send `sources`")
        key = derived("key", of.tenant, of.id, "card", str(of.version), success_url, cancel_url)
        answer = provider.card_page(of, success_url, cancel_url, key)
        if not isinstance(answer, CardPage):
            raise trouble(of, answer)
        return answer

    def take(self, viewer: Viewer, subscription_id: str, sources: Mapping[str, str], trace: str | None) -> Subscription:
        """Charge another saved method from now on, where we charge; and what is owed at once."""
        of = self._live(viewer, subscription_id, "takes no card")
        if of.renewed_by is Renewer.PROVIDER:
            raise NotPossible(of, f"is charged by {of.provider}: ask for its page, with `successUrl` and `cancelUrl`")
        if of.provider not in sources:
            raise ValidationFailed([FieldError(f"sources.{of.provider}", "a method that is saved there")])
        return self._collection.take(of, sources[of.provider], trace)

    def pay(self, viewer: Viewer, subscription_id: str, key: str, trace: str | None) -> tuple[Subscription, bool]:
        """Charge what is owed now, once for each key; and whether that was done before. Raises `NotPossible`,
        `CardDeclined`.
        """
        of = self.get(viewer, subscription_id)
        if self._collection.paid_under(of, key):
            return of, True
        return self._collection.pay_now(of, key, trace), False

    def _change(self, wish: ChangePlan) -> tuple[Subscription, Terms]:
        of = self._live(wish.viewer, wish.subscription_id, "cannot be changed")
        now = self._clock.now()
        if wish.at is not None and not now - PREVIEWED <= wish.at <= now:
            raise ValidationFailed([FieldError("at", "the time of a preview of the last 15 minutes")])
        if of.state is State.PAST_DUE:
            raise NotPossible(of, "cannot be changed: pay what is owed first")
        item = self._catalog.find(of.tenant, wish.plan)
        if item is None or not item.active:
            raise ValidationFailed([FieldError("pricingItemCode", f"no plan {wish.plan!r} is on sale")])
        terms = replace(terms_of(item), trial_days=of.terms.trial_days)
        if terms.product != of.terms.product:
            raise ValidationFailed([FieldError("pricingItemCode", f"is a plan of {terms.product}: order it by itself")])
        if terms.unit.currency != of.terms.unit.currency:
            raise ValidationFailed([FieldError("pricingItemCode", f"is not sold in {of.terms.unit.currency}")])
        if terms.risk is not of.terms.risk:
            # Who charges it was chosen for that.
            raise ValidationFailed([FieldError("pricingItemCode", f"is of {terms.risk} risk: order it by itself")])
        return of, terms

    def _live(self, viewer: Viewer, subscription_id: str, what: str) -> Subscription:
        of = self.get(viewer, subscription_id)
        if of.state not in LIVE:
            raise NotPossible(of, what)
        return of

    def _provider(self, of: Subscription) -> RecurringProvider | None:
        return self._providers.of(of.provider) if of.renewed_by is Renewer.PROVIDER else None

    def _said(
        self, of: Subscription, ask: Callable[[RecurringProvider], Answer], ours: Asked | Ended, trace: str | None
    ) -> Subscription:
        """What its provider makes of it, or what we do."""
        provider = self._provider(of)
        fact: Fact = ours
        if provider is not None:
            answer = ask(provider)
            if not isinstance(answer, Learned):
                raise trouble(of, answer)
            fact = answer.fact
        elif of.renewed_by is Renewer.PROVIDER:
            raise NotPossible(of, f"is {of.provider}'s to change")
        recorded = self._recorder.record(of, fact, trace=trace)
        if recorded.meaning is Meaning.EARLY and recorded.subscription.charging:
            raise BeingCharged(recorded.subscription)
        if provider is None and recorded.meaning is Meaning.STALE:
            raise NotPossible(recorded.subscription, "is over")
        crossed = provider is not None and recorded.meaning is Meaning.EARLY
        return self._collection.hear(recorded.subscription) if crossed else recorded.subscription


def _from_the_next_period(of: Subscription, at: datetime) -> Proration:
    """Where we charge the periods, a change costs nothing within one."""
    nothing = Money(0, of.terms.unit.currency)
    return Proration(of.period.end if of.period else at, nothing, nothing, ())
