"""Subscriptions at PayPal. It charges the periods and tries again by itself; what its buyer would have to agree to anew
is not offered.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from tollgate.adapters.providers.paypal.agreement_pages import Agreements, NoUse
from tollgate.adapters.providers.paypal.agreements import (
    OVER,
    SUBSCRIPTIONS,
    SUSPENDED,
    failed_of,
    standing_of,
    stands_since,
)
from tollgate.adapters.providers.paypal.errors import UNREADABLE, outcome_of
from tollgate.adapters.providers.paypal.transport import Answer as Said
from tollgate.checkout.ports import Rejected, Unknown, Unreachable
from tollgate.subscriptions.model import Subscription, Terms
from tollgate.subscriptions.providers import Answer, CardPage, Learned, NotOffered, Proration, RecurringProvider
from tollgate.subscriptions.reports import Charged, Ended, Ending
from tollgate.subscriptions.uninvoiced import period_from

_NO_RESUMPTION = NotOffered("no_resumption", "cannot be resumed: a cancellation at PayPal is final; order it anew")
_NO_CHANGE = NotOffered(
    "no_change", "keeps its plan: at PayPal its buyer would have to agree anew; cancel it, and order that"
)
_NO_PAYMENT = NotOffered("no_charge", "cannot be charged now: PayPal tries again by itself")
_NO_CARD = NotOffered("no_card", "takes no other card here: its buyer changes that at PayPal")


class PayPalSubscriptions(RecurringProvider):
    """Each wish says how it shall be. Where no answer came, or PayPal refuses, how it stands is read."""

    def __init__(self, agreements: Agreements) -> None:
        self._agreements = agreements
        self._clock = agreements.clock

    @property
    def charges_when_asked(self) -> bool:
        return False

    def look(self, of: Subscription) -> Answer:
        found = self._agreements.read(_id(of))
        if not isinstance(found, Mapping):
            return found
        taken = self._agreements.taken(_id(of), of.period.start if of.period else of.created_at)
        if not isinstance(taken, list):
            return taken
        try:
            return self._learned(of, found, taken)
        except UNREADABLE:
            return Unknown("an answer that cannot be read")

    def end_with_period(self, of: Subscription, *, ends: bool) -> Answer:
        """PayPal ends it at once, and what is paid stays paid."""
        if not ends:
            return _NO_RESUMPTION
        since = self._wish(of, "cancel", OVER)
        return Learned(Ending(since, ends=True)) if isinstance(since, datetime) else since

    def end_now(self, of: Subscription) -> Answer:
        since = self._wish(of, "cancel", OVER)
        return Learned(Ended(since)) if isinstance(since, datetime) else since

    def pause(self, of: Subscription, *, paused: bool) -> Answer:
        what, status = ("suspend", SUSPENDED) if paused else ("activate", "ACTIVE")
        since = self._wish(of, what, {status})
        return Learned(Ending(since, ends=False, paused=paused)) if isinstance(since, datetime) else since

    def change(self, of: Subscription, terms: Terms, at: datetime, key: str) -> Answer:
        return _NO_CHANGE

    def preview(self, of: Subscription, terms: Terms, at: datetime) -> Proration | Rejected | Unreachable | Unknown:
        return _NO_CHANGE

    def pay(self, of: Subscription, invoice: str, key: str) -> Answer:
        return _NO_PAYMENT

    def card_page(
        self,
        of: Subscription,
        success_url: str,
        cancel_url: str,
        key: str,
    ) -> CardPage | Rejected | Unreachable | Unknown:
        return _NO_CARD

    def adopt_card(self, of: Subscription, setup: str) -> Answer:
        return _NO_CARD

    def _learned(self, of: Subscription, found: Mapping[str, Any], taken: list[Charged]) -> Learned:
        """The list repeats what was taken first, and the subscription its last failure for as long as it lives."""
        begun, paid_until = (of.period.start, of.period.end) if of.period else (of.created_at, of.created_at)
        failed = failed_of(found)
        unheard = [each for each in taken if each.at > begun and each.transaction not in of.invoices]
        paid_until = max([paid_until, *(period_from(of, each.at).end for each in unheard)])
        owing = failed is not None and failed.at > max((each.at for each in taken), default=begun)
        before = (*unheard, failed) if failed and owing else tuple(unheard)
        stands = standing_of(found, stands_since(found, of.told_at or of.created_at))
        if stands.ends and (owing or self._clock.now() >= paid_until):
            return Learned(Ended(stands.at if owing else paid_until, unpaid=owing, at_period_end=True), before)
        return Learned(stands, before)

    def _wish(self, of: Subscription, what: str, wanted: Collection[str]) -> datetime | NoUse:
        """Since when it is as it was wanted."""
        now = self._clock.now().replace(microsecond=0)  # as PayPal tells time
        said = self._agreements.api.call("POST", f"{SUBSCRIPTIONS}/{_id(of)}/{what}", {"reason": of.id})
        if isinstance(said, Unreachable):
            return said
        if isinstance(said, Said) and said.is_success:
            return now
        found = self._agreements.read(_id(of))
        if isinstance(found, Mapping) and found.get("status") in wanted:
            return now
        return outcome_of(said.status, said.body) if isinstance(said, Said) else said


def _id(of: Subscription) -> str:
    return of.reference or ""
