"""What PayPal says of a subscription while it is sold: the page, who approved it, and the sale that begins it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from tollgate.adapters.providers.paypal.agreements import (
    OVER,
    SUBSCRIPTIONS,
    WAITING,
    begins_at,
    begun,
    failed_of,
    has_trial,
    stands_since,
    taken_of,
    trial_begun,
)
from tollgate.adapters.providers.paypal.api import PayPalApi
from tollgate.adapters.providers.paypal.echo import plan_echoed
from tollgate.adapters.providers.paypal.errors import UNREADABLE, is_gone, outcome_of
from tollgate.adapters.providers.paypal.transformers import instant, reference
from tollgate.adapters.providers.paypal.transport import Answer
from tollgate.checkout.ports import Closed, Rejected, StillOpen, Unknown, Unreachable, unavailable
from tollgate.kernel.clock import Clock, to_iso
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Report, Session
from tollgate.payments.ports import PaymentKey
from tollgate.subscriptions.reports import Charged

SALES = "/v1/payments/sale"
_GONE = Rejected("RESOURCE_NOT_FOUND")

type Fields = Mapping[str, Any]
type NoUse = Rejected | Unreachable | Unknown


class AgreementLookup(ABC):
    """What PayPal leaves out of a sale's event."""

    @abstractmethod
    def agreement_of(self, id_: str) -> Fields | None:
        """The subscription that it is of; None where there is none. Raises `ProviderUnavailable`."""


class Agreements(AgreementLookup):
    """Reads subscriptions, and what was taken for them."""

    def __init__(self, api: PayPalApi, clock: Clock) -> None:
        self.api = api
        self.clock = clock

    def read(self, id_: str) -> Fields | NoUse:
        """With its last failure; `Rejected` where PayPal knows none."""
        return self._get(f"{SUBSCRIPTIONS}/{id_}?fields=last_failed_payment")

    def agreement_of(self, id_: str) -> Fields | None:
        found = self.read(reference(id_))
        if isinstance(found, Mapping):
            return found
        if found is _GONE:
            return None
        raise unavailable("paypal", found)

    def taken(self, id_: str, since: datetime) -> list[Charged] | NoUse:
        """What was taken since then, the first first."""
        span = urlencode({"start_time": to_iso(since), "end_time": to_iso(self.clock.now())})
        listed = self._get(f"{SUBSCRIPTIONS}/{id_}/transactions?{span}")
        if not isinstance(listed, Mapping):
            return listed
        try:
            taken = [taken_of(each) for each in listed.get("transactions") or []]
        except UNREADABLE:
            return Unknown("an answer that cannot be read")
        return sorted((each for each in taken if each), key=lambda each: each.at)

    def look(self, session: Session) -> Closed | StillOpen | NoUse:
        """What became of a page."""
        now = self.clock.now()
        found = self.read(session.reference)
        if found is _GONE and now >= session.expires_at:
            return Closed(Report(Fact.EXPIRED, now, about=session.reference))
        if not isinstance(found, Mapping):
            return found
        try:
            waits = found["status"] in WAITING
            if waits and now < session.expires_at:
                return StillOpen()
            fate = Report(Fact.EXPIRED, now, about=session.reference) if waits else self._beginning(found, session)
        except UNREADABLE:
            return Unknown("an answer that cannot be read")
        return Closed(fate) if isinstance(fate, Report) else fate

    def owner_of(self, sale: str) -> PaymentKey | None:
        """The payment that a sale begins a subscription with; None for somebody else's. Raises `ProviderUnavailable`,
        also for one of a later period: it is known once that is, and then it leads there by itself.
        """
        found = self._get(f"{SALES}/{reference(sale)}")
        if not isinstance(found, Mapping):
            if found is _GONE:
                return None
            raise unavailable("paypal", found)
        agreement = self.agreement_of(found["billing_agreement_id"]) if "billing_agreement_id" in found else None
        whose = plan_echoed(agreement.get("custom_id")) if agreement else None
        if agreement is None or whose is None:
            return None
        if not begins_at(agreement, instant(found["create_time"])):
            raise unavailable("paypal", Unknown("a period that was not heard of yet", told=True))
        return whose.first

    def _beginning(self, agreement: Fields, session: Session) -> Report | NoUse:
        """How it began. While nothing was taken it is on its way, until that has failed."""
        whose, id_ = plan_echoed(agreement.get("custom_id")), reference(agreement["id"])
        made = instant(agreement["create_time"])
        if whose is None:
            return Rejected("not_ours")
        if has_trial(agreement):
            return trial_begun(agreement, whose, stands_since(agreement, made))
        taken = self.taken(id_, made)
        if not isinstance(taken, list):
            return taken
        first = [each for each in taken if begins_at(agreement, each.at)]
        if first:
            return begun(agreement, whose, first[0])
        now, failed = self.clock.now(), failed_of(agreement) is not None
        vain = agreement["status"] in OVER or (failed and now >= session.expires_at)
        return Report(Fact.EXPIRED if vain else Fact.PROCESSING, now, about=id_)

    def _get(self, path: str) -> Fields | NoUse:
        answer = self.api.call("GET", path)
        if not isinstance(answer, Answer):
            return answer
        if answer.is_success:
            return answer.body
        return _GONE if is_gone(answer.status) else outcome_of(answer.status, answer.body)
