"""Direct charges at Stripe, over the same client as its checkouts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import stripe

from tollgate.adapters.providers.stripe.charge_errors import refusal_of, told_by
from tollgate.adapters.providers.stripe.charge_transformers import (
    CANCELED,
    DECLINED,
    SUCCEEDED,
    Fields,
    capture_of,
    charge_parameters,
    decline_of_charge,
    held,
    is_held,
    is_open,
    on_its_way,
    page_of,
    report_of_charge,
)
from tollgate.adapters.providers.stripe.declines import decline_of
from tollgate.adapters.providers.stripe.errors import outcome_of
from tollgate.adapters.providers.stripe.transformers import PAYMENT
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
from tollgate.checkout.ports import (
    Closed,
    Opened,
    Rejected,
    StillOpen,
    Unknown,
    Unreachable,
)
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import TollgateError
from tollgate.payments.model import Payment, Session

type Ended = Taken | Held | OnItsWay | Declined | Unknown

_INTENTS = "/v1/payment_intents"
# Whatever a field that is missing, or of another kind than it should be, leads to.
_MALFORMED = (AttributeError, KeyError, TypeError, ValueError, OverflowError, TollgateError)
# Stripe's search finds what was made within a minute as a rule, and within an hour when it is out of order. The rest is
# for clocks, and for a request that was long on its way.
_FOUND_WITHIN = timedelta(minutes=75)
# Of several that bear our id, the one that took money decides, and the one that may yet.
_FIRST = (Taken, Held, OnItsWay, Unknown, Declined)


class StripeCharges(ChargeProvider):
    """`client` gives the SDK's client, or None where there are no credentials."""

    holds = True

    def __init__(self, client: Callable[[], stripe.StripeClient | None], clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def charge_parameters(self, payment: Payment, request: ChargeRequest) -> str:
        return charge_parameters(payment, request)

    def charge(self, parameters: str, key: str) -> ChargeOutcome:
        wanted = json.loads(parameters)
        sent = self._answered(lambda client: _sent(client, wanted, key))
        if not isinstance(sent, Mapping):
            return sent
        judged = self._answered(lambda client: _judged(client, sent, confirmable="return_url" in wanted))
        # Something was begun: nobody else may be asked, whatever became of the question after it.
        if isinstance(judged, Rejected | Unreachable):
            return Unknown("begun, and not ended", told=isinstance(judged, Rejected))
        return judged

    def resolve(self, payment: Payment, parameters: str, key: str, age: timedelta) -> ResolveOutcome:
        found = self._answered(lambda client: _resolved(client, payment, age))
        # That our question was refused says nothing of the charge.
        return Unknown(found.code, told=True) if isinstance(found, Rejected) else found

    def look_at_charge(self, session: Session) -> LookedOutcome:
        return self._answered(lambda client: self._looked(_retrieved(client, session.reference)))

    def _looked(self, intent: Fields) -> Closed | Held | StillOpen:
        if is_held(intent):
            return Held(held(intent))
        report = report_of_charge(intent, self._clock.now())
        return Closed(report) if report else StillOpen()

    def cancel_charge(self, session: Session) -> EndOutcome:
        return self._answered(lambda client: self._closed(_cancelled(client, session.reference)))

    def _closed(self, intent: Fields) -> Closed | Unknown:
        report = report_of_charge(intent, self._clock.now())
        ended = report is not None and intent["status"] != DECLINED
        return Closed(report) if report and ended else Unknown("the charge was not cancelled", told=True)

    def capture_charge(self, session: Session) -> TakeOutcome:
        return self._answered(lambda client: self._captured(client, session.reference))

    def _captured(self, client: stripe.StripeClient, reference: str) -> Closed | Declined | Unknown:
        """What Stripe refuses to take was taken or let go before, or the bank would not: the intent tells."""
        decline = None
        try:
            intent = _call(client, "post", f"{_INTENTS}/{reference}/capture")
        except (stripe.CardError, stripe.InvalidRequestError) as refused:
            if isinstance(refused, stripe.CardError):
                decline = decline_of(told_by(refused))
            intent = _retrieved(client, reference)
        report = report_of_charge(intent, self._clock.now())
        if report is not None:
            return Closed(report)
        return Declined(decline) if decline else Unknown("the charge was not captured", told=True)

    def _answered[T](self, ask: Callable[[stripe.StripeClient], T]) -> T | Rejected | Unreachable | Unknown:
        """What was asked for, or what is known without it."""
        try:
            client = self._client()
            if client is None:
                return Unreachable("no credentials", credentials_refused=True)
            return ask(client)
        except stripe.StripeError as error:
            return outcome_of(error)
        except _MALFORMED as error:
            return Unknown(f"an answer that cannot be read: {type(error).__name__}")


def _sent(
    client: stripe.StripeClient, wanted: Mapping[str, Any], key: str
) -> Fields | Declined | Rejected | Unreachable | Unknown:
    """The intent that came of it, also where Stripe hands it over with its refusal."""
    try:
        return _call(client, "post", _INTENTS, idempotency_key=key, **wanted)
    except stripe.StripeError as error:
        return refusal_of(error)


def _judged(client: stripe.StripeClient, intent: Fields, *, confirmable: bool) -> Opened | Ended:
    page = page_of(intent) if confirmable and is_open(intent) else None
    return Opened(page) if page else _ended(client, intent)


def _ended(client: stripe.StripeClient, intent: Fields) -> Ended:
    """What an intent comes to for which nobody waits any more: one that is open is cancelled first."""
    if is_open(intent):
        intent = _cancelled(client, intent["id"])
    if intent["status"] == SUCCEEDED:
        return Taken(capture_of(intent))
    if is_held(intent):
        return Held(held(intent))
    if is_open(intent):
        return Unknown("the charge can still be completed", told=True)
    if intent["status"] in (DECLINED, CANCELED):
        return Declined(decline_of_charge(intent))
    return OnItsWay(on_its_way(intent))


def _resolved(client: stripe.StripeClient, payment: Payment, age: timedelta) -> Ended | NeverMade:
    found = _call(client, "get", f"{_INTENTS}/search", query=f"metadata['{PAYMENT}']:'{payment.id}'", limit=100)
    ours = [each["id"] for each in found["data"] if (each.get("metadata") or {}).get(PAYMENT) == payment.id]
    if not ours:
        late = age >= _FOUND_WITHIN
        return NeverMade() if late else Unknown("not found, which says nothing yet", told=True)
    # What is found may be found in an earlier state.
    ends = [_ended(client, _retrieved(client, each)) for each in ours]
    return min(ends, key=lambda each: _FIRST.index(type(each)))


def _cancelled(client: stripe.StripeClient, reference: str) -> Fields:
    """The intent once it was asked to be; as it stands where that was refused."""
    try:
        return _call(client, "post", f"{_INTENTS}/{reference}/cancel", cancellation_reason="abandoned")
    except stripe.InvalidRequestError:
        return _retrieved(client, reference)


def _retrieved(client: stripe.StripeClient, reference: str) -> Fields:
    return _call(client, "get", f"{_INTENTS}/{reference}")


def _call(client: stripe.StripeClient, method: str, path: str, **parameters: Any) -> Fields:
    """Raw: turning the answer into the SDK's objects takes longer than the call itself."""
    answer: Any = client.raw_request(method, path, **parameters)
    if not isinstance(answer.data, dict):
        raise TypeError("not an object")
    return answer.data
