"""How subscriptions stand, for the letters about them."""

from __future__ import annotations

from collections.abc import Collection

from tollgate.mails.ports import Standings
from tollgate.mails.standing import Owed, Phase, Standing
from tollgate.payments.declines import DeclineClass
from tollgate.subscriptions.dunning import next_of_retries
from tollgate.subscriptions.model import LIVE, Debt, Renewer, State, Subscription
from tollgate.subscriptions.ports import SubscriptionKey, SubscriptionRepository


class SubscriptionStandings(Standings):
    """Read from the subscription as it stands. `charged_again` are the providers that dunning asks for another try of
    what they charge by themselves, `charging_alone` those that ask nobody: they try again by a plan of their own, and
    take back no cancellation.
    """

    def __init__(
        self,
        subscriptions: SubscriptionRepository,
        charged_again: Collection[str],
        charging_alone: Collection[str] = (),
    ) -> None:
        self._subscriptions = subscriptions
        self._charged_again = charged_again
        self._charging_alone = charging_alone

    def of(self, tenant: str, subscription_id: str) -> Standing | None:
        of = self._subscriptions.get(SubscriptionKey(tenant, subscription_id))
        if of is None or of.email is None or of.period is None:
            return None
        over = of.state not in LIVE
        return Standing(
            email=of.email,
            plan=of.terms.name,
            price=of.terms.unit,
            interval=of.terms.interval.value,
            phase=_phase(of),
            renews=not over and of.ends_at is None and not of.is_paused,
            until=of.trial_end if of.state is State.TRIALING and of.trial_end else of.period.end,
            ends_at=of.ended_at if over else of.ends_at,
            owed=self._owed(of, of.debt) if of.debt else None,
            paid=of.invoices,
            resumes=not self._is_alone(of),
        )

    def _owed(self, of: Subscription, debt: Debt) -> Owed:
        retried = of.renewed_by is Renewer.PLATFORM or of.provider in self._charged_again
        soft = debt.decline.class_ is DeclineClass.SOFT
        again = next_of_retries(debt, after=debt.dunned_until) if soft and retried else None
        return Owed(debt.invoice, debt.amount, debt.grace_until, again, tried_elsewhere=self._is_alone(of))

    def _is_alone(self, of: Subscription) -> bool:
        return of.renewed_by is Renewer.PROVIDER and of.provider in self._charging_alone


def _phase(of: Subscription) -> Phase:
    if of.state is State.TRIALING:
        return Phase.TRIAL
    if of.state in LIVE:
        return Phase.GOING
    return Phase.GIVEN_UP if of.reason == "unpaid" else Phase.CANCELLED
