"""Stripe's own adapter for direct charges, over a client that leads into books where the SDK's leads to Stripe. Each of
its requests is a boundary.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, cast

import stripe
from urllib3.exceptions import ConnectTimeoutError

from tests.simulation.charge_books import BROKE, cancel_charge, capture_charge, found, lapse, make_charge
from tests.simulation.provider_books import Asked, Fields
from tests.simulation.stripe_adapters import call
from tests.simulation.stripe_books import StripeBooks
from tests.simulation.tasks import Kind
from tollgate.adapters.providers.stripe.charges import StripeCharges
from tollgate.checkout.charge_ports import ChargeRequest
from tollgate.checkout.ports import Rejected, Unknown, Unreachable
from tollgate.payments.model import Payment

_INTENTS = "/v1/payment_intents"
_OF_PAYMENT = re.compile(r"metadata\['tollgate_payment'\]:'([^']+)'")
# Its constructor has no types.
_NO_ANSWER: Any = stripe.APIConnectionError
_unbidden = ContextVar("unbidden", default=False)


@contextmanager
def unbidden() -> Iterator[None]:
    """Whatever is asked for meanwhile, no client asks for."""
    before = _unbidden.set(True)
    try:
        yield
    finally:
        _unbidden.reset(before)


class SimulatedCharges(StripeCharges):
    """Under whatever name its books have."""

    def __init__(self, books: StripeBooks) -> None:
        client = cast(stripe.StripeClient, _Client(books))
        super().__init__(lambda: client, books.clock)
        self._name, self._books = books.name, books

    @property
    def holds(self) -> bool:  # type: ignore[override]
        return self._books.sets_aside

    def charge_parameters(self, payment: Payment, request: ChargeRequest) -> str:
        return super().charge_parameters(payment, replace(request, sources={"stripe": request.sources[self._name]}))


@dataclass(frozen=True, slots=True)
class Answered:
    """As the SDK gives it."""

    data: Mapping[str, Any]


class _Client:
    def __init__(self, books: StripeBooks) -> None:
        self._books = books

    def raw_request(self, method: str, path: str, *, idempotency_key: str = "", **sent: Any) -> Answered:
        """Raises what the SDK raises."""
        if (method, path) == ("post", _INTENTS):
            return Answered(self._charged(sent, idempotency_key))
        return Answered(told(call(self._books, lambda _: self._done(method, path, sent))))

    def _charged(self, sent: Fields, key: str) -> Fields:
        books, parameters = self._books, json.dumps(sent)
        asked = Asked(sent["metadata"]["tollgate_payment"], books.name, _unbidden.get())
        books.asked.append(asked)

        def make(kind: Kind | None) -> Fields:
            return books.under_key(key, parameters, lambda: make_charge(books, sent), kind)

        answer = call(books, make)
        asked.heard = not isinstance(answer, Unreachable)
        intent = told(answer)
        if intent["last_payment_error"]:
            error = {**intent["last_payment_error"], "payment_intent": intent}
            raise stripe.CardError("declined", None, error["code"], http_status=402, json_body={"error": error})
        return intent

    def _done(self, method: str, path: str, sent: Fields) -> Fields:
        lapse(self._books)
        if path.endswith("/search"):
            payment = _OF_PAYMENT.fullmatch(sent["query"])
            assert payment is not None, sent
            return {"data": found(self._books, payment[1])}
        id_, _, act = path.removeprefix(f"{_INTENTS}/").partition("/")
        if act == "capture":
            return capture_charge(self._books, id_)
        return dict(self._books.intents[id_]) if method == "get" else cancel_charge(self._books, id_)


def told(answer: Fields | Rejected | Unreachable | Unknown) -> Fields:
    """What was answered; raises what the SDK makes of anything else."""
    match answer:
        case Rejected("idempotency_error"):
            raise stripe.IdempotencyError("other parameters", http_status=400)
        case Rejected(code) if code == BROKE["code"]:
            raise stripe.CardError("declined", None, code, http_status=402, json_body={"error": BROKE})
        case Rejected(code):
            param = "payment_method" if code == "resource_missing" else "amount"
            raise stripe.InvalidRequestError("refused", param, code, http_status=400)
        case Unreachable(credentials_refused=True):
            raise stripe.AuthenticationError("not let in", http_status=401)
        case Unreachable():
            raise _NO_ANSWER("no connection", should_retry=False) from ConnectTimeoutError()
        case Unknown(key_spent=True):
            raise stripe.APIError("broken", http_status=500)
        case Unknown():
            raise _NO_ANSWER("no answer", should_retry=False)
    return answer
