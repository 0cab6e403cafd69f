"""A provider's ports over its books, with Stripe's own words and the real translation of them. A call is a boundary:
what befalls it is what a network and somebody else's computer do. Direct charges are in `charge_adapters`, plans in
`plan_adapters`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from tests.simulation.provider_books import Broken, Fields, ProviderBooks, Refused
from tests.simulation.stripe_books import StripeBooks
from tests.simulation.tasks import NEVER_BEGUN, Kind, done, reach
from tollgate.adapters.providers.stripe import transformers
from tollgate.adapters.providers.stripe.payouts import PAYOUT, payout_parameters, report_of_payout
from tollgate.adapters.providers.stripe.refunds import REFUND, refund_parameters, report_of_refund, settlement_of
from tollgate.adapters.providers.stripe.sessions import report_of, sells_a_plan
from tollgate.checkout.ports import (
    Absent,
    CheckoutProvider,
    CheckoutRequest,
    Closed,
    CloseOutcome,
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
from tollgate.kernel.clock import epoch
from tollgate.payments.model import Payment, Report, Session
from tollgate.payments.ports import PaymentKey
from tollgate.payments.refunds import Refund
from tollgate.payouts.model import Payout
from tollgate.payouts.providers import Answered as PayoutAnswered
from tollgate.payouts.providers import (
    FindOutcome,
    Found,
    PayoutOutcome,
    PayoutProvider,
    TakeBackOutcome,
    TakenBack,
    TransferOutcome,
    Transferred,
)
from tollgate.refunds.ports import Answered, FoundRefund, RefundOutcome, RefundProvider, SettlementOutcome
from tollgate.routing.router import Offer

_WINDOW = timedelta(hours=23)


def call(books: ProviderBooks, act: Callable[[Kind | None], Fields]) -> Fields | Rejected | Unreachable | Unknown:
    """One request: what it was answered, or what is known without an answer. `act` is told what befalls it."""
    kind = reach() or books.befalls()
    if kind in NEVER_BEGUN:
        return Unreachable("no connection", credentials_refused=kind is Kind.LOCKED_OUT)
    if kind is Kind.REQUEST_LOST:
        return Unknown("timeout")
    answer: Fields | Rejected | Unknown
    try:
        answer = act(kind)
    except Refused as refused:
        answer = Rejected(str(refused))
    except Broken:
        answer = Unknown("500", key_spent=True)
    done(kind)
    if kind in (Kind.BROKEN, Kind.BROKEN_LATE):
        return Unknown("500", key_spent=True)
    return Unknown("timeout") if kind is Kind.ANSWER_LOST else answer


class SimulatedCheckouts(CheckoutProvider):
    """As `StripeProvider`."""

    def __init__(self, books: StripeBooks) -> None:
        self._books = books

    @property
    def offer(self) -> Offer:
        return Offer(self._books.name, frozenset({"card"}), recurring=True)

    @property
    def recovery(self) -> Recovery:
        return Replay(_WINDOW)

    def parameters(self, payment: Payment, request: CheckoutRequest) -> str:
        return transformers.session_parameters(payment, request)

    def open(self, parameters: str, key: str) -> OpenOutcome:
        def make(kind: Kind | None) -> Fields:
            return self._books.under_key(
                key, parameters, lambda: self._books.make_session(json.loads(parameters)), kind
            )

        answer = call(self._books, make)
        return Opened(transformers.session_of(answer)) if isinstance(answer, dict) else answer

    def look(self, session: Session) -> LookOutcome:
        answer = call(self._books, lambda _: self._expanded(session))
        if not isinstance(answer, dict):
            return answer
        return StillOpen() if answer["status"] == "open" else self._closed(answer)

    def close(self, session: Session) -> CloseOutcome:
        def end(_: Kind | None) -> Fields:
            try:
                return self._books.expire(session.reference)
            except Refused:
                return self._expanded(session)

        answer = call(self._books, end)
        return self._closed(answer) if isinstance(answer, dict) else answer

    def list_sessions(self, since: datetime, until: datetime) -> Iterator[SeenSession]:
        first, last, made = epoch(since), epoch(until), self._books.sessions.values()
        answer = call(
            self._books,
            lambda _: {"data": [self._listed(each) for each in made if first <= each["created"] < last]},
        )
        if not isinstance(answer, dict):
            raise unavailable(self._books.name, answer)
        yield from (transformers.seen_session(each, self._report_of(each)) for each in answer["data"])

    def owner_of(self, reference: str) -> PaymentKey | None:
        answer = call(self._books, lambda _: dict(self._books.intents.get(reference, {})))
        if not isinstance(answer, dict):
            raise unavailable(self._books.name, answer)
        # An invoice's intent carries none at Stripe, which is asked for the invoice.
        echo = answer.get("metadata") or {}
        known = transformers.TENANT in echo
        return PaymentKey(echo[transformers.TENANT], echo[transformers.PAYMENT]) if known else None

    def _listed(self, session: Fields) -> Fields:
        """What pays a plan is asked for beside."""
        return self._books.expanded(session) if sells_a_plan(session) else session

    def _report_of(self, session: Fields) -> Report | None:
        ended = transformers.has_ended(session)
        return report_of(session, self._books.clock.now()) if ended else None

    def _expanded(self, session: Session) -> Fields:
        return self._books.expanded(self._books.sessions[session.reference])

    def _closed(self, session: Fields) -> Closed:
        return Closed(report_of(session, self._books.clock.now()))


class SimulatedRefunds(RefundProvider):
    """As `StripeRefunds`. `slow` has the next refund take its time."""

    def __init__(self, books: StripeBooks) -> None:
        self._books = books
        self.slow = False

    @property
    def refund_window(self) -> timedelta:
        return _WINDOW

    def refund_parameters(self, payment: Payment, refund: Refund) -> str:
        return refund_parameters(payment, refund)

    def refund(self, parameters: str, key: str) -> RefundOutcome:
        status = "pending" if self.slow else "succeeded"
        self.slow = False

        def make(kind: Kind | None) -> Fields:
            return self._books.under_key(
                key, parameters, lambda: self._books.make_refund(json.loads(parameters), status), kind
            )

        answer = call(self._books, make)
        return Answered(report_of_refund(answer)) if isinstance(answer, dict) else answer

    def find_refund(self, payment: Payment, refund: Refund) -> FoundRefund:
        answer = call(self._books, lambda _: {"data": self._books.refunds_of({"id": refund.capture})})
        if not isinstance(answer, dict):
            return answer
        ours = [e for e in answer["data"] if e["metadata"].get(REFUND) == refund.id or e["id"] == refund.reference]
        return Answered(report_of_refund(ours[0])) if ours else Absent()

    def settlement(self, payment: Payment) -> SettlementOutcome:
        answer = call(
            self._books, lambda _: self._books.balance_transaction(self._books.intents[payment.captures[0].reference])
        )
        return settlement_of(answer) if isinstance(answer, dict) else answer


class SimulatedPayouts(PayoutProvider):
    """As `StripePayouts`."""

    def __init__(self, books: StripeBooks) -> None:
        self._books = books

    @property
    def window(self) -> timedelta:
        return _WINDOW

    def parameters(self, payout: Payout) -> str:
        return payout_parameters(payout)

    def transfer(self, parameters: str, key: str) -> TransferOutcome:
        answer = self._post(json.loads(parameters)["transfer"], key, self._books.make_transfer)
        return Transferred(answer["id"]) if isinstance(answer, dict) else answer

    def pay_out(self, parameters: str, key: str) -> PayoutOutcome:
        answer = self._post(json.loads(parameters)["payout"], key, self._books.make_payout)
        return PayoutAnswered(report_of_payout(answer)) if isinstance(answer, dict) else answer

    def find(self, payout: Payout) -> FindOutcome:
        answer = call(
            self._books,
            lambda _: {
                "transfer": _ours(self._books.transfers.values(), payout),
                "payout": _ours(self._books.payouts.values(), payout),
            },
        )
        if not isinstance(answer, dict):
            return answer
        transfer, sent = answer["transfer"], answer["payout"]
        return Found(transfer["id"] if transfer else None, report_of_payout(sent) if sent else None)

    def take_back(self, payout: Payout, key: str) -> TakeBackOutcome:
        transfer = str(payout.transfer)
        seen = call(self._books, lambda _: dict(self._books.transfers[transfer]))
        if not isinstance(seen, dict):
            return seen
        answer = seen if seen["reversed"] else self._post({}, key, lambda _: self._books.reverse_transfer(transfer))
        return TakenBack() if isinstance(answer, dict) else answer

    def _post(
        self, sent: Fields, key: str, make: Callable[[Fields], Fields]
    ) -> Fields | Rejected | Unreachable | Unknown:
        return call(self._books, lambda kind: self._books.under_key(key, json.dumps(sent), lambda: make(sent), kind))


def _ours(listed: Any, payout: Payout) -> Fields | None:
    return next((dict(each) for each in listed if each["metadata"].get(PAYOUT) == payout.id), None)
