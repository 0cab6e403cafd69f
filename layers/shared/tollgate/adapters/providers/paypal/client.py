"""Orders at PayPal. The buyer approves them on its page, and nothing is taken before we capture."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tollgate.adapters.providers.paypal import transformers
from tollgate.adapters.providers.paypal.amounts import CURRENCIES
from tollgate.adapters.providers.paypal.api import PayPalApi
from tollgate.adapters.providers.paypal.echo import echoed
from tollgate.adapters.providers.paypal.errors import DECLINES, DUPLICATES, is_gone, issue_of, outcome_of
from tollgate.adapters.providers.paypal.transport import Answer
from tollgate.checkout.ports import (
    Approved,
    CaptureOutcome,
    CheckoutProvider,
    CheckoutRequest,
    Closed,
    CloseOutcome,
    Declined,
    LookOutcome,
    Opened,
    OpenOutcome,
    Recovery,
    Rejected,
    Replay,
    SeenSession,
    StillOpen,
    Unknown,
    Unreachable,
    unavailable,
)
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import TollgateError
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Payment, Report, Session
from tollgate.payments.ports import PaymentKey
from tollgate.routing.router import Offer

ORDERS = "/v2/checkout/orders"
CAPTURES = "/v2/payments/captures"
UNREADABLE = (AttributeError, KeyError, TypeError, ValueError, TollgateError)


class PayPalProvider(CheckoutProvider):
    """`order_life` is how long an order can be approved: three hours, unless PayPal agreed to more."""

    def __init__(self, api: PayPalApi, clock: Clock, *, enabled: bool, order_life: timedelta) -> None:
        self.api = api
        self._clock = clock
        self._enabled = enabled
        self._order_life = order_life

    @property
    def offer(self) -> Offer:
        return Offer("paypal", frozenset({"paypal"}), CURRENCIES, enabled=self._enabled)

    @property
    def recovery(self) -> Recovery:
        # PayPal keeps the request ids of orders for six hours; an hour is left for clocks that disagree.
        return Replay(timedelta(hours=5))

    def parameters(self, payment: Payment, request: CheckoutRequest) -> str:
        return transformers.order_parameters(payment, request)

    def open(self, parameters: str, key: str) -> OpenOutcome:
        answer = self.api.call("POST", ORDERS, json.loads(parameters), key)
        if not isinstance(answer, Answer):
            return answer
        if not answer.is_success:
            return outcome_of(answer.status, answer.body)
        try:
            return Opened(transformers.session_of(answer.body, self._order_life, self._clock.now()))
        except UNREADABLE:
            return Unknown("an answer that cannot be read")

    def look(self, session: Session) -> LookOutcome:
        found = self._order(session)
        if isinstance(found, Closed | Rejected | Unreachable | Unknown):
            return found
        return Approved() if found == "APPROVED" else StillOpen()

    def list_sessions(self, since: datetime, until: datetime) -> Iterator[SeenSession]:
        """PayPal lists no orders."""
        return iter(())

    def close(self, session: Session) -> CloseOutcome:
        """PayPal ends no order at our wish: one that we do not capture is never paid, and expires."""
        found = self._order(session)
        if isinstance(found, Closed | Unreachable | Unknown):
            return found
        if found == "APPROVED":
            return Approved()
        return Closed(Report(Fact.EXPIRED, self._clock.now(), about=session.reference, yields=True))

    def capture(self, session: Session, key: str) -> CaptureOutcome:
        answer = self.api.call("POST", f"{ORDERS}/{session.reference}/capture", key=key)
        if not isinstance(answer, Answer):
            return answer
        if answer.is_success:
            report = self._report(answer.body)
            return Closed(report) if isinstance(report, Report) else Unknown("an answer that tells of no capture")
        issue = issue_of(answer.body, answer.status)
        if issue in DUPLICATES:
            return self._captured_before(session, issue)
        if issue in DECLINES:
            return Declined(issue.lower())
        if is_gone(answer.status):
            return self._gone(session, yields=False)
        return outcome_of(answer.status, answer.body)

    def owner_of(self, capture: str) -> PaymentKey | None:
        """The payment that a capture is of; None for somebody else's. Raises `ProviderUnavailable`."""
        answer = self.api.call("GET", f"{CAPTURES}/{transformers.reference(capture)}")
        if not isinstance(answer, Answer):
            raise unavailable("paypal", answer)
        if answer.is_success:
            return echoed(answer.body.get("custom_id"))[0]
        if is_gone(answer.status):
            return None
        raise unavailable("paypal", outcome_of(answer.status, answer.body))

    def _order(self, session: Session) -> Closed | Rejected | Unreachable | Unknown | str:
        """How an order ended, or its status while nothing was taken."""
        answer = self.api.call("GET", f"{ORDERS}/{session.reference}")
        if not isinstance(answer, Answer):
            return answer
        if is_gone(answer.status):
            return self._gone(session, yields=True)
        if not answer.is_success:
            return outcome_of(answer.status, answer.body)
        report = self._report(answer.body)
        return Closed(report) if isinstance(report, Report) else report

    def _report(self, order: Any) -> Report | Unknown | str:
        try:
            report = transformers.report_of_order(order, self._clock.now())
            return report or str(order["status"])
        except UNREADABLE:
            return Unknown("an answer that cannot be read")

    def _gone(self, session: Session, *, yields: bool) -> Closed | Rejected:
        """An expired order is forgotten, and of one that was captured that says nothing. One that is unheard of before
        it expires is another account's, perhaps.
        """
        if self._clock.now() < session.expires_at:
            return Rejected("RESOURCE_NOT_FOUND")
        return Closed(Report(Fact.EXPIRED, self._clock.now(), about=session.reference, yields=yields))

    def _captured_before(self, session: Session, issue: str) -> CaptureOutcome:
        found = self.look(session)
        return Rejected(issue) if isinstance(found, Approved | StillOpen) else found
