"""The mock charges whatever it is told, at once: what it answers follows from what it was asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tollgate.adapters.providers.mock.client import SESSION_LIFE, MockProvider
from tollgate.checkout.charge_ports import (
    ChargeOutcome,
    ChargeProvider,
    ChargeRequest,
    Declined,
    NeverMade,
    OnItsWay,
    ResolveOutcome,
    Taken,
)
from tollgate.checkout.ports import Closed, LookOutcome, Opened, StillOpen, Unreachable
from tollgate.kernel.ids import derived
from tollgate.kernel.money import Money
from tollgate.payments.declines import Decline, DeclineClass
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Capture, Payment, Report, Session

_ACTION_REQUIRED = Decline(DeclineClass.ACTION_REQUIRED, "authentication_required")
# What each token comes to; `ok`, `challenge` and `processing` are no declines, and all others are mistyped.
_DECLINES = {
    "soft": Decline(DeclineClass.SOFT, "insufficient_funds"),
    "hard": Decline(DeclineClass.HARD, "expired_card"),
    "fix_input": Decline(DeclineClass.FIX_INPUT, "incorrect_cvc"),
    "action_required": _ACTION_REQUIRED,
}
_NO_SUCH_TOKEN = Decline(DeclineClass.FIX_INPUT, "no_such_token")


class MockCharges(ChargeProvider):
    """Keeps nothing and charges nobody, and so gives the same answer to the same charge. A challenge is its page."""

    def __init__(self, mock: MockProvider) -> None:
        self._mock = mock

    def charge_parameters(self, payment: Payment, request: ChargeRequest) -> str:
        parameters = {
            "tenant": payment.tenant,
            "payment": payment.id,
            "amount": payment.due.amount,
            "currency": payment.due.currency,
            "source": request.sources["mock"],
            "return_url": None if request.off_session else request.return_url,
        }
        return json.dumps(parameters, separators=(",", ":"))

    def charge(self, parameters: str, key: str) -> ChargeOutcome:
        self._mock.wait()
        if self._mock.fails(key):
            return Unreachable("the mock was told to fail")
        return self._outcome(json.loads(parameters), derived("mock", key))

    def resolve(self, payment: Payment, parameters: str, key: str, age: timedelta) -> ResolveOutcome:
        if self._mock.fails(key):
            return NeverMade()
        outcome = self._outcome(json.loads(parameters), derived("mock", key))
        # Nobody has seen the page, and nobody waits for it.
        return Declined(_ACTION_REQUIRED) if isinstance(outcome, Opened) else outcome

    def look_at_charge(self, session: Session) -> LookOutcome:
        """It keeps nothing, so that a charge is open for as long as it was meant to be."""
        return StillOpen() if self._mock.clock.now() < session.expires_at else self.cancel_charge(session)

    def cancel_charge(self, session: Session) -> Closed:
        return Closed(Report(Fact.EXPIRED, self._mock.clock.now(), about=session.reference))

    def _outcome(self, asked: Mapping[str, Any], reference: str) -> Taken | Opened | OnItsWay | Declined:
        match asked["source"]:
            case "ok":
                return Taken(Capture(reference, Money(asked["amount"], asked["currency"]), self._mock.clock.now()))
            case "processing":
                return OnItsWay(Session(reference, None, self._mock.clock.now() + SESSION_LIFE))
            case "challenge":
                return self._challenge(asked, reference) if asked["return_url"] else Declined(_ACTION_REQUIRED)
        return Declined(_DECLINES.get(asked["source"], _NO_SUCH_TOKEN))

    def _challenge(self, asked: Mapping[str, Any], reference: str) -> Opened:
        """Its checkout page, whose button takes the money under the charge's own reference."""
        back = {"success_url": asked["return_url"], "cancel_url": asked["return_url"], "capture": reference}
        return Opened(self._mock.page_for(reference, json.dumps({**asked, **back}, separators=(",", ":"))))
