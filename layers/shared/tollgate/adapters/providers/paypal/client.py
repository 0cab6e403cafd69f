"""Orders at PayPal. The buyer approves them on its page, and nothing is taken before we capture."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tollgate.adapters.providers.paypal import transformers
from tollgate.adapters.providers.paypal.agreement_pages import Agreements
from tollgate.adapters.providers.paypal.agreements import SUBSCRIPTIONS, is_agreement, page_of, plan_parameters
from tollgate.adapters.providers.paypal.amounts import CURRENCIES
from tollgate.adapters.providers.paypal.api import PayPalApi
from tollgate.adapters.providers.paypal.echo import echoed, plan_echoed
from tollgate.adapters.providers.paypal.errors import DECLINES, DUPLICATES, UNREADABLE, is_gone, issue_of, outcome_of
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
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Payment, Report, Session
from tollgate.payments.ports import PaymentKey
from tollgate.routing.router import Offer

ORDERS = "/v2/checkout/orders"
CAPTURES = "/v2/payments/captures"


class PayPalProvider(CheckoutProvider):
    """`order_life` is how long an order can be approved: three hours, unless PayPal agreed to more. `recurring` tells
    whether plans are sold, which PayPal charges by itself.
    """

    def __init__(
        self, api: PayPalApi, clock: Clock, *, enabled: bool, order_life: timedelta, recurring: bool = False
    ) -> None:
        self.api = api
        self._agreements = Agreements(api, clock)
        self._recurring = recurring
        self._clock = clock
        self._enabled = enabled
        self._order_life = order_life

    @property
    def offer(self) -> Offer:
        methods = frozenset({"paypal"})
        return Offer("paypal", methods, CURRENCIES, enabled=self._enabled, recurring=self._recurring)

    @property
    def recovery(self) -> Recovery:
        # PayPal keeps the request ids of orders for six hours; an hour is left for clocks that disagree.
        return Replay(timedelta(hours=5))

    def parameters(self, payment: Payment, request: CheckoutRequest) -> str:
        if request.recurring is not None and payment.billing is not None:
            return plan_parameters(payment, payment.billing.subscription, request.recurring, request)
        return transformers.order_parameters(payment, request)

    def open(self, parameters: str, key: str) -> OpenOutcome:
        wanted = json.loads(parameters)
        of_plan, now = "plan_id" in wanted, self._clock.now()
        answer = self.api.call("POST", SUBSCRIPTIONS if of_plan else ORDERS, wanted, key)
        if not isinstance(answer, Answer):
            return answer
        if not answer.is_success:
            return outcome_of(answer.status, answer.body)
        try:
            page = page_of(answer.body, now) if of_plan else transformers.session_of(answer.body, self._order_life, now)
            return Opened(page)
        except UNREADABLE:
            return Unknown("an answer that cannot be read")

    def look(self, session: Session) -> LookOutcome:
        if is_agreement(session.reference):
            return self._agreements.look(session)
        found = self._order(session)
        if isinstance(found, Closed | Rejected | Unreachable | Unknown):
            return found
        return Approved() if found == "APPROVED" else StillOpen()

    def list_sessions(self, since: datetime, until: datetime) -> Iterator[SeenSession]:
        """PayPal lists no orders."""
        return iter(())

    def close(self, session: Session) -> CloseOutcome:
        """PayPal ends no order at our wish: one that we do not capture is never paid, and expires. Nor does it end what
        is not approved yet: a subscription that is approved later has begun late.
        """
        if is_agreement(session.reference):
            open_or_not = self._agreements.look(session)
            expired = Report(Fact.EXPIRED, self._clock.now(), about=session.reference)
            return Closed(expired) if isinstance(open_or_not, StillOpen) else open_or_not
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
        plan = plan_echoed(answer.body.get("custom_id"))
        if is_gone(answer.status) or plan is not None:
            return self._agreements.owner_of(capture)
        if answer.is_success:
            return echoed(answer.body.get("custom_id"))[0]
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
