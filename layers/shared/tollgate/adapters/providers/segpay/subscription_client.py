"""Memberships at Segpay, over the same services as its checkouts. Segpay charges the periods, tries again by a plan of
its own, and takes few wishes: an end, and another price.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from tollgate.adapters.providers.segpay.amounts import to_segpay
from tollgate.adapters.providers.segpay.errors import NOT_UNDERSTOOD, CallFailed, NoUse
from tollgate.adapters.providers.segpay.memberships import LastCharge, charged
from tollgate.adapters.providers.segpay.replies import Said, reply_of
from tollgate.adapters.providers.segpay.srs import Srs
from tollgate.adapters.providers.segpay.told import INITIAL, INSTANT, SALE, Told
from tollgate.checkout.ports import Rejected, Unknown, Unreachable
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import TollgateError
from tollgate.kernel.money import Money
from tollgate.subscriptions.model import Subscription, Terms
from tollgate.subscriptions.owing import TRIES_REMEMBERED
from tollgate.subscriptions.providers import (
    Answer,
    CardPage,
    Learned,
    Line,
    NotOffered,
    Proration,
    RecurringProvider,
)
from tollgate.subscriptions.reports import Charged, Ended, Ending
from tollgate.subscriptions.reports import Told as Stands

_NO_RESUMPTION = NotOffered("no_resumption", "cannot be resumed: Segpay takes a cancellation back at its portal alone")
_NO_PAUSE = NotOffered("no_pause", "cannot be paused: Segpay knows no pause")
_NO_PAYMENT = NotOffered("no_charge", "cannot be charged now: Segpay tries again by itself")
_NO_CARD = NotOffered("no_card", "takes no other card: Segpay has no page for that; order it anew once it has ended")
_NO_INTERVAL = NotOffered("no_interval", "keeps its interval at Segpay: cancel it, and order the other plan")
_UNREADABLE = Rejected("unreadable_reports")
_A_DAY = timedelta(days=1)


class SegpaySubscriptions(RecurringProvider, LastCharge):
    """Nothing here is repeated by itself. Each wish says how it shall be, so that asking again does no harm."""

    def __init__(self, srs: Srs, clock: Clock) -> None:
        self._srs = srs
        self._clock = clock

    @property
    def charges_when_asked(self) -> bool:
        return False

    def look(self, of: Subscription) -> Answer:
        """From reports whose columns nobody has told us: what they do not say is for a person to find out, and is no
        reason to ask again.
        """
        asked = self._now()
        try:
            told = self._srs.purchase(_purchase(of))
            if not told:
                return Rejected("not_listed")
            return Learned(self._standing(of, asked), self._unheard(of, told, asked))
        except CallFailed as failed:
            return _UNREADABLE if failed.outcome is NOT_UNDERSTOOD else failed.outcome

    def end_with_period(self, of: Subscription, *, ends: bool) -> Answer:
        if not ends:
            return _NO_RESUMPTION

        asked = self._now()
        said = self._wish("CancelMembership", of, CancelReason=of.id)
        # Cancelled before, over, or nobody knows: Segpay says how it stands.
        asks = said is Said.NOT_ACTIVE or isinstance(said, Unknown)
        if said is Said.DONE or (asks and self._is_cancelled(of)):
            return Learned(Ending(asked, ends=True))
        return Rejected("not_active") if isinstance(said, Said) else said

    def end_now(self, of: Subscription) -> Answer:
        asked = self._now()
        said = self._wish("ExpireMembership", of, CancelReason=of.id)
        # What is not active is not charged any more, which is what was wanted.
        if isinstance(said, Said):
            return Learned(Ended(asked))
        # It had not been cancelled: if it is now, this wish has done it.
        done = isinstance(said, Unknown) and of.ends_at is None and self._is_cancelled(of)
        return Learned(Ended(asked)) if done else said

    def pause(self, of: Subscription, *, paused: bool) -> Answer:
        return _NO_PAUSE

    def change(self, of: Subscription, terms: Terms, at: datetime, key: str) -> Answer:
        if terms.interval is not of.terms.interval:
            return _NO_INTERVAL

        asked, price = self._now(), to_segpay(terms.unit)
        said = self._wish("ModifyRebillAmount", of, RecurringAmount=price, Comments=f"{of.id} {terms.code}")
        if said is Said.DONE:
            return Learned(_changed(of, terms, asked))
        return Rejected("not_active") if isinstance(said, Said) else said

    def preview(self, of: Subscription, terms: Terms, at: datetime) -> Proration | Rejected | Unreachable | Unknown:
        """What is paid stays as it is; the next period costs the other price."""
        if terms.interval is not of.terms.interval:
            return _NO_INTERVAL
        nothing = Money(0, of.terms.unit.currency)
        begins = of.period.end.date().isoformat() if of.period else "the next period"
        return Proration(at, nothing, nothing, (Line(f"{terms.name}, from {begins} on: {terms.unit}", nothing),))

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

    def last_charge(self, purchase: str) -> str | None:
        try:
            tried = [each for each in self._srs.purchase(purchase) if _is_try(each) and each.instant and each.id]
        except CallFailed:
            return None
        return max(tried, key=_when).id if tried else None

    def _standing(self, of: Subscription, asked: datetime) -> Ending | Ended:
        """A membership that was cancelled stays in that list when it is over; one that nobody had cancelled was given
        up. That it goes on is believed where it is listed as active, or was never said to end.
        """
        over = of.period is not None and asked >= of.period.end
        if _purchase(of) in self._cancelled(of):
            return _ended(of, asked) if over else Ending(asked, ends=True)
        if of.ends_at is None:
            # No news, and so of no time: a list may be behind what a postback is about to tell.
            return Ending(of.told_at or of.created_at, ends=False)
        if _purchase(of) in self._srs.members("AssetsActiveSubscriptionsByURL", *_days(of, asked)):
            return Ending(asked, ends=False)
        return _ended(of, asked) if over else Ending(asked, ends=True)

    def _is_cancelled(self, of: Subscription) -> bool:
        """Whether it surely is."""
        try:
            return _purchase(of) in self._cancelled(of)
        except CallFailed:
            return False

    def _cancelled(self, of: Subscription) -> frozenset[str]:
        return self._srs.members("AssetsCancelledSubscriptionsByURL", *_days(of, self._now()))

    def _unheard(self, of: Subscription, told: list[Told], now: datetime) -> tuple[Charged, ...]:
        """Charges after the last that was heard of, the first first; without those that cannot be read. Of what was
        tried in vain as much as is remembered of it.
        """
        since = of.period.start if of.period else of.created_at
        usual = self._srs.account().period_days[of.terms.interval]
        later = [each for each in told if _is_try(each) and each.stage != INITIAL and each.instant]
        read = [_read(each, now, usual) for each in sorted(later, key=_when) if _when(each) > since]
        tries = [each for each in read if each is not None]
        in_vain = [each for each in tries if each.decline][-TRIES_REMEMBERED:]
        return tuple(each for each in tries if not each.decline or each in in_vain)

    def _wish(self, method: str, of: Subscription, **asked: str) -> Said | NoUse:
        """What comes of it. Silence is no reason to say it twice."""
        try:
            return reply_of(self._srs.act(method, {"PurchaseID": _purchase(of), **asked}))
        except CallFailed as failed:
            return failed.outcome

    def _now(self) -> datetime:
        """In Segpay's whole seconds, so that a postback of this second is asked about."""
        return self._clock.now().replace(microsecond=0)


def _purchase(of: Subscription) -> str:
    return of.reference or ""


def _is_try(told: Told) -> bool:
    """Whether a period was charged, or could not be. Who fails to pay before a trial ends has tried nothing of that."""
    failed_early = told.stage == INSTANT and told.approved == "no"
    return told.kind == SALE and told.approved in ("yes", "no") and not failed_early


def _when(told: Told) -> datetime:
    if told.instant is None:
        raise LookupError("a transaction without a time was not left out")
    return told.instant


def _read(told: Told, now: datetime, usual_days: int) -> Charged | None:
    try:
        return charged(told, now, usual_days)
    except (ValueError, TollgateError):
        return None


def _days(of: Subscription, now: datetime) -> tuple[datetime, datetime]:
    return of.created_at - _A_DAY, now + _A_DAY


def _ended(of: Subscription, asked: datetime) -> Ended:
    """With what was paid for, if somebody had cancelled it; else nobody knows when."""
    given_up = of.ends_at is None
    return Ended(of.ends_at or asked, unpaid=given_up, at_period_end=not given_up)


def _changed(of: Subscription, terms: Terms, at: datetime) -> Stands:
    return Stands(
        at=at,
        ends_at=of.ends_at,
        paused=of.is_paused,
        unit=terms.unit,
        interval=terms.interval,
        plan=terms.code,
        name=terms.name,
        trial_end=of.trial_end,
    )
