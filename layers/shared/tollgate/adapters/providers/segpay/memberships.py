"""What Segpay tells of memberships: of the first sale, of later charges, and of their ends."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime

from tollgate.adapters.providers.segpay.references import fits
from tollgate.adapters.providers.segpay.schedule import Schedule, period_of, schedule_of
from tollgate.adapters.providers.segpay.told import INITIAL, INSTANT, LATER, SALE, Told, instant_of
from tollgate.adapters.providers.segpay.transformers import first_sale
from tollgate.inbox.model import Notice
from tollgate.kernel.errors import TollgateError
from tollgate.payments.declines import Decline, DeclineClass
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Report
from tollgate.subscriptions.notices import SubscriptionNotice
from tollgate.subscriptions.reports import Charged, Ended, Ending

CARD_DECLINED = "card_declined"
# No table of its codes is published, and it tries again by itself whatever they say.
LATER_DECLINE = Decline(DeclineClass.SOFT, CARD_DECLINED)
CANCEL, DISABLE, REACTIVATION = "cancel", "disable", "reactivation"
ENDS = frozenset({CANCEL, DISABLE, REACTIVATION})


class LastCharge(ABC):
    """What a postback of an end leaves out."""

    @abstractmethod
    def last_charge(self, purchase: str) -> str | None:
        """The last transaction that was tried for a membership; None where Segpay does not say, or nobody can read what
        it says.
        """


class MembershipPostbacks:
    """Reads them. `look_up` is called with the first end that is of ours."""

    def __init__(self, look_up: Callable[[], LastCharge] | None) -> None:
        self._look_up = look_up
        self._last: LastCharge | None = None

    def sale(self, told: Told, keys: Sequence[str], now: datetime) -> Notice | SubscriptionNotice | None:
        """Raises `ValueError` for what says that it is ours and is nothing that we could believe."""
        if told.approved not in ("yes", "no"):
            return None
        if told.stage == INITIAL:
            return _first(told, keys, now)
        if told.stage not in LATER:
            raise ValueError("nothing says which period it is for")
        if told.approved == "no" and told.stage == INSTANT:
            return None  # its buyer wanted to pay before the trial ends, which goes on
        try:
            return _notice(told, keys, charged(told, now))
        except (ValueError, TollgateError):
            if told.is_of_a_plan:
                raise
            return None

    def end(self, told: Told, keys: Sequence[str], now: datetime) -> SubscriptionNotice:
        """Of a membership that ends with what is paid, goes on after all, or is over: unpaid, if anything is owed."""
        if told.action == DISABLE:
            last = self._last_charge(told) if told.is_of_a_plan else None
            return _notice(told, keys, Ended(told.at(now), last, unpaid=True))
        if told.action == CANCEL:
            return _notice(told, keys, Ending(told.at(now), ends=True))
        again = instant_of(told.reactivated)
        return _notice(told, keys, Ending(min(again, now) if again else told.at(now), ends=False))

    def _last_charge(self, told: Told) -> str | None:
        if self._look_up is None:
            return None
        if self._last is None:
            self._last = self._look_up()
        return self._last.last_charge(told.purchase)


def is_of_a_membership(told: Told) -> bool:
    """Whether a sale is for a period of one, ours or not: what repeats our payment alone was bought once, whichever
    stage Segpay gives it.
    """
    return told.kind == SALE and (told.is_of_a_plan or (told.stage in LATER and not told.is_ours))


def charged(told: Told, now: datetime, usual_days: int = 0) -> Charged:
    """A later period that was charged, or could not be."""
    if not told.id:
        raise ValueError("no transaction")
    at = told.at(now)
    period = period_of(told, at, _ordered(told), usual_days)
    declined = None if told.approved == "yes" else LATER_DECLINE
    return Charged(told.id, told.money_or_none, period, at, declined)


def _first(told: Told, keys: Sequence[str], now: datetime) -> Notice:
    if not told.id or not fits(told, keys):
        raise ValueError("nothing proves whose sale it is, or of what")
    declined = Report(Fact.DECLINED, told.at(now), reason=CARD_DECLINED)
    return Notice(first_sale(told, now) if told.approved == "yes" else declined, told.ref3, told.ref2, None)


def _notice(told: Told, keys: Sequence[str], fact: Charged | Ending | Ended) -> SubscriptionNotice:
    """By the purchase, which its first sale has made known. What comes before that is ours by our proof, and by that
    alone. Keys are changed in the years that a membership lives, so that nothing later needs the proof.
    """
    if not told.purchase:
        raise ValueError("no purchase")
    if told.is_of_a_plan and fits(told, keys):
        return SubscriptionNotice(told.ref3, told.ref4, told.purchase, fact)
    return SubscriptionNotice(None, None, told.purchase, fact, claimed=told.is_of_a_plan)


def _ordered(told: Told) -> Schedule | None:
    return schedule_of(told.ref5) if told.ref5 else None
