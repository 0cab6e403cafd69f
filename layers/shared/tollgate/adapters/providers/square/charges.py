"""Charges at Square: a token or a saved card, taken at once, over the same connections as its checkouts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from tollgate.adapters.providers.square.api import SquareApi
from tollgate.adapters.providers.square.charge_transformers import (
    Fields,
    charge_parameters,
    is_of,
    outcome_of_payment,
    report_of_charge,
    surest,
)
from tollgate.adapters.providers.square.declines import decline_of_errors
from tollgate.adapters.providers.square.errors import NoAnswer, answered, in_doubt
from tollgate.adapters.providers.square.payments import APPROVED, FAILED, held, is_hold
from tollgate.checkout.charge_ports import (
    ChargeOutcome,
    ChargeProvider,
    ChargeRequest,
    Declined,
    EndOutcome,
    Held,
    LookedOutcome,
    NeverMade,
    OnItsWay,
    ResolveOutcome,
    Taken,
    TakeOutcome,
)
from tollgate.checkout.ports import Closed, Rejected, StillOpen, Unknown, Unreachable
from tollgate.kernel.clock import Clock, to_iso
from tollgate.payments.model import Payment, Session

_PAYMENTS = "/v2/payments"
# No request is on its way for longer, and by then a payment is on Square's list, which takes some seconds.
ARRIVES_WITHIN = timedelta(minutes=2)
# By how much our clock may be ahead of Square's.
_SKEW = timedelta(minutes=5)
_NO_SUCH = "NOT_FOUND"


class SquareCharges(ChargeProvider):
    """The buyer has proved who they are before there is a token, or not at all: no charge here waits for a page."""

    holds = True

    def __init__(self, api: SquareApi, clock: Clock, locations: Mapping[str, str]) -> None:
        self._api = api
        self._clock = clock
        self._locations = locations

    def charge_parameters(self, payment: Payment, request: ChargeRequest) -> str:
        return charge_parameters(payment, request, self._locations)

    def charge(self, parameters: str, key: str) -> ChargeOutcome:
        body = {"idempotency_key": key, **json.loads(parameters)}
        return in_doubt(answered(lambda: self._charged(body)))

    def _charged(self, body: Fields) -> Taken | Held | OnItsWay | Declined:
        """A decline comes as a refusal, or as a payment that has failed."""
        try:
            answer = self._api.call("POST", _PAYMENTS, body)
        except NoAnswer as missing:
            decline = None if isinstance(missing.outcome, Unknown) else decline_of_errors(missing.errors)
            if decline is None:
                raise
            return Declined(decline)
        return outcome_of_payment(answer["payment"], self._clock.now())

    def resolve(self, payment: Payment, parameters: str, key: str, age: timedelta) -> ResolveOutcome:
        found = answered(lambda: self._resolved(payment, json.loads(parameters), key, age))
        # That a question was refused says nothing of the charge.
        return Unknown(found.code, told=True) if isinstance(found, Rejected) else found

    def _resolved(
        self, payment: Payment, sent: Fields, key: str, age: timedelta
    ) -> Taken | Held | OnItsWay | Declined | NeverMade | Unknown:
        """Only what can no longer arrive is called off: it would be taken all the same if it came afterwards. Square
        remembers keys for a time that it does not tell, so that its list is read as well; and first, where that finds
        what was wanted, and calling off would let go of it.
        """
        late = age >= ARRIVES_WITHIN
        called_off = late and not payment.hold and self._called_off(key)
        made = [each for each in self._listed(payment, sent, age) if is_of(payment, each)]
        decisive = surest(made)
        # One that failed may be followed by another, while a request under the same key can still arrive.
        if decisive is not None and (late or decisive["status"] != FAILED):
            return outcome_of_payment(decisive, self._clock.now())
        if not late:
            return Unknown("it may still arrive", told=True)
        never = called_off or made or (payment.hold and self._called_off(key))
        return NeverMade() if never else Unknown("it is neither called off nor found", told=True)

    def _called_off(self, key: str) -> bool:
        """Whether Square says that nothing is taken under this key. It refuses where something was, and is said to
        answer well where it knows of no such payment.
        """
        try:
            self._api.call("POST", f"{_PAYMENTS}/cancel", {"idempotency_key": key})
        except NoAnswer as missing:
            if not isinstance(missing.outcome, Rejected):
                raise
            return missing.outcome.code == _NO_SUCH
        return True

    def _listed(self, payment: Payment, sent: Fields, age: timedelta) -> Iterator[Fields]:
        """All payments of that amount at that location since ours was made, until the last that was sent had arrived;
        while that may be still to come, the list's end is now.
        """
        now = self._clock.now()
        end = now - age + ARRIVES_WITHIN + _SKEW
        wanted: dict[str, Any] = {
            "begin_time": to_iso(payment.created_at - _SKEW),
            "location_id": sent["location_id"],
            "total": sent["amount_money"]["amount"],
        }
        if end < now:
            wanted["end_time"] = to_iso(end)
        cursor: str | None = None
        while True:
            page = self._api.call("GET", f"{_PAYMENTS}?{urlencode(wanted | ({'cursor': cursor} if cursor else {}))}")
            yield from page.get("payments") or []
            cursor = page.get("cursor") or None
            if cursor is None:
                return

    def look_at_charge(self, session: Session) -> LookedOutcome:
        return answered(lambda: self._looked(session))

    def _looked(self, session: Session) -> Closed | Held | StillOpen:
        payment, now = self._payment(session), self._clock.now()
        if payment["status"] == APPROVED and is_hold(payment):
            return Held(held(payment, now))
        report = report_of_charge(payment, now)
        return Closed(report) if report else StillOpen()

    def cancel_charge(self, session: Session) -> EndOutcome:
        return answered(lambda: self._cancelled(session))

    def _cancelled(self, session: Session) -> Closed | Unknown:
        """What may not be cancelled has come to its end already, or is with a bank for days: its state tells."""
        try:
            payment = self._api.call("POST", f"{_PAYMENTS}/{session.reference}/cancel", {})["payment"]
        except NoAnswer as missing:
            if not isinstance(missing.outcome, Rejected):
                raise
            payment = self._payment(session)
        report = report_of_charge(payment, self._clock.now())
        return Closed(report) if report else Unknown("the payment can still be completed", told=True)

    def capture_charge(self, session: Session) -> TakeOutcome:
        return in_doubt(answered(lambda: self._captured(session)))

    def _captured(self, session: Session) -> Closed | Declined | Unknown:
        """What may not be completed was so or was let go before, or the bank would not pay: its state tells."""
        decline = None
        try:
            payment = self._api.call("POST", f"{_PAYMENTS}/{session.reference}/complete", {})["payment"]
        except NoAnswer as missing:
            if isinstance(missing.outcome, Unknown | Unreachable):
                raise
            decline = decline_of_errors(missing.errors)
            payment = self._payment(session)
        report = report_of_charge(payment, self._clock.now())
        if report is not None:
            return Closed(report)
        return Declined(decline) if decline else Unknown("the payment was not completed", told=True)

    def _payment(self, session: Session) -> Fields:
        payment: Fields = self._api.call("GET", f"{_PAYMENTS}/{session.reference}")["payment"]
        return payment
