"""Another provider is asked, since the one before surely did nothing, or made a page at most that no buyer has seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from tollgate.payments import events
from tollgate.payments.lifecycle import Fact, Meaning

if TYPE_CHECKING:
    from tollgate.payments.model import Change, Payment, Report


@dataclass(frozen=True, slots=True)
class Reroute:
    """Who is asked next, why that one, and what it is expected to keep, in minor units of the payment's currency;
    whether it only sets the money aside.
    """

    provider: str
    route: str
    provider_fee: int
    hold: bool = False


def rerouted(payment: Payment, reroute: Reroute, report: Report, now: datetime) -> Change | Meaning:
    """The payment at the next provider. What the one before tells of it from now on is old news."""
    if payment.session is not None:
        return Meaning.STALE  # a buyer may be on that page
    passed = (*(each for each in payment.passed if each != payment.provider), payment.provider)
    changed = replace(
        payment,
        provider=reroute.provider,
        route=reroute.route,
        provider_fee=reroute.provider_fee,
        hold=reroute.hold,
        passed=passed,
    )
    data = {"left": payment.provider, "reason": report.reason or "unavailable"}
    return changed.with_event(events.TYPE_OF[Fact.REROUTED], now, data, report.trace)
