"""A purchase, told step by step: what a product's backend, a buyer, the provider and a subscriber see."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx

from local.demo_money import Books
from local.errors import LocalError

_PATIENCE_SECONDS = 30.0
_CARD, _DECLINED = "4242424242424242", "4000000000000002"


class DemoError(LocalError):
    """Something did not happen as it should have; the message says what was expected."""


class Demo:
    """One run against a stack that is up. Everything goes over HTTP, as any client's requests would."""

    def __init__(self, base: str) -> None:
        self._http = httpx.Client(base_url=base, timeout=_PATIENCE_SECONDS, trust_env=False)
        self._base = base
        self._buyer = f"demo-buyer-{uuid.uuid4().hex[:8]}"
        self._venue = f"ven_{self._buyer[-8:]}"
        self._token = ""
        self._key = str(uuid.uuid4())

    def run(self) -> int:
        """Tell the story; 0 when it ended as promised."""
        with self._http:
            return self._run()

    def _run(self) -> int:
        self._token = self._post("/local/token", {"sub": self._buyer, "tenant_id": "demo"})["token"]
        before = self._latest()
        checkout = self._open()
        self._pay(checkout)
        payment = self._confirmed(checkout["id"])
        events = self._told(checkout["id"], before)
        self._repeat(checkout, payment, events)
        self._books(checkout)
        self._show(self._payment(checkout["id"]), events)
        return 0

    def _open(self) -> dict[str, Any]:
        _say("1. A product's backend opens a checkout for two concert tickets.")
        checkout = self._checkout().json()
        _tell("payment", f"{checkout['id']}, {_money(checkout)}, {checkout['status']}")
        _tell("page", checkout["checkoutUrl"])
        return dict(checkout)

    def _checkout(self) -> httpx.Response:
        body = {
            "items": [{"code": "concert_ticket", "quantity": 2}],
            "venueId": self._venue,
            "successUrl": "http://localhost:3000/thanks?session_id={CHECKOUT_SESSION_ID}",
            "cancelUrl": "http://localhost:3000/cart",
        }
        headers = {**self._signed_in(), "idempotency-key": self._key}
        return self._http.post("/payments/checkout", json=body, headers=headers).raise_for_status()

    def _pay(self, checkout: dict[str, Any]) -> None:
        session = checkout["providerCheckoutSessionId"]
        _say("2. The buyer tries a card that the bank declines, and then one that works.")
        for card, heard in ((_DECLINED, "payments.payment.declined"), (_CARD, "payments.purchase.confirmed")):
            outcome = self._post(f"/simulators/stripe/control/sessions/{session}/pay", {"card": card})["outcome"]
            _tell("card", f"ends in {card[-4:]}: {outcome}")
            self._wait(lambda: self._payment(checkout["id"]), _has(heard), f"told of: {heard}")

    def _confirmed(self, payment: str) -> dict[str, Any]:
        _say("3. The provider's webhooks arrive; the payment is confirmed.")
        shown = self._wait(
            lambda: self._payment(payment), lambda it: it["transaction"]["status"] == "confirmed", "confirmed"
        )
        _tell("status", f"{shown['transaction']['status']}, captured {shown['transaction']['captured']} minor units")
        return shown

    def _told(self, payment: str, after: int) -> list[dict[str, Any]]:
        _say("4. Subscribers of the event bus hear of it.")

        def received() -> list[dict[str, Any]]:
            page = self._http.get("/local/events", params={"after": after, "limit": 500}).json()
            return [event for event in page["events"] if event["detail"]["aggregate"]["id"] == payment]

        def complete(events: list[dict[str, Any]]) -> bool:
            return any(event["detail_type"] == "payment.completed" for event in events)

        events = self._wait(received, complete, "on the bus")
        _tell("received", f"{len(events)} messages about {len({event['detail']['id'] for event in events})} facts")
        return events

    def _repeat(self, checkout: dict[str, Any], payment: dict[str, Any], events: list[dict[str, Any]]) -> None:
        _say("5. The provider sends the same webhook five more times, and the backend its request three more times.")
        completed = self._completed(checkout)
        self._post(f"/simulators/stripe/control/events/{completed['id']}/resend", {"times": 5})
        self._wait(lambda: self._completed(checkout), _delivered_six_times, "delivered again")
        answers = [self._checkout() for _ in range(3)]
        if any(answer.json() != checkout or "idempotency-replayed" not in answer.headers for answer in answers):
            raise DemoError("The same request was not given the same answer.")
        _tell("answers", "three times the same answer, marked Idempotency-Replayed")
        time.sleep(1)  # time for a second confirmation, if there were one
        if self._payment(checkout["id"]) != payment or self._told_again(checkout["id"], events):
            raise DemoError("Something changed that should not have.")
        _tell("payment", "unchanged: one payment, one confirmation, no new event")

    def _books(self, checkout: dict[str, Any]) -> None:
        books = Books(self._http, _tell)
        _say("6. One ticket is given back: the tenant's admin asks for it twice, and then for more than was paid.")
        books.refund(checkout["id"], checkout["amount"] // 2)
        _say("7. The trial balance: credit is positive, and everything sums to zero.")
        books.trial_balance(self._venue)

    def _told_again(self, payment: str, events: list[dict[str, Any]]) -> bool:
        page = self._http.get("/local/events", params={"after": events[-1]["n"], "limit": 500}).json()
        known = {event["detail"]["id"] for event in events}
        return any(
            event["detail"]["aggregate"]["id"] == payment and event["detail"]["id"] not in known
            for event in page["events"]
        )

    def _show(self, payment: dict[str, Any], events: list[dict[str, Any]]) -> None:
        transaction = payment["transaction"]
        _say("The payment")
        shown = ("id", "status", "amount", "currency", "captured", "refunded", "refundable", "platformFee", "provider")
        for name in shown:
            _tell(name, transaction[name])
        _say("Its history")
        for step in payment["history"]:
            _tell(f"#{step['sequence']}", f"{step['occurredAt']}  {step['type']}")
        _say("What subscribers received")
        for event in events:
            _tell(f"#{event['detail']['sequence']}", f"{event['detail_type']:<34} {event['detail']['id']}")
        print(f"\nThe stack is still running: {self._base}/local  (stop it with: python -m local down)")

    def _completed(self, checkout: dict[str, Any]) -> dict[str, Any]:
        """The provider's event about the paid page, with its deliveries."""
        state = self._http.get("/simulators/stripe/control/state").raise_for_status().json()
        wanted = ("checkout.session.completed", checkout["providerCheckoutSessionId"])
        return next(dict(event) for event in state["events"] if (event["type"], event["object"]) == wanted)

    def _payment(self, payment: str) -> dict[str, Any]:
        answer = self._http.get(f"/transactions/{payment}", headers=self._signed_in())
        return dict(answer.raise_for_status().json())

    def _latest(self) -> int:
        return int(self._http.get("/local/events", params={"limit": 1}).raise_for_status().json()["last"])

    def _signed_in(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._token}"}

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        return self._http.post(path, json=body).raise_for_status().json()

    def _wait[T](self, look: Callable[[], T], done: Callable[[T], bool], what: str) -> T:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not done(found := look()):
            if time.monotonic() > deadline:
                raise DemoError(f"It was not {what} within {_PATIENCE_SECONDS:.0f} s.\nNext: python -m local logs")
            time.sleep(0.1)
        return found


def _delivered_six_times(event: dict[str, Any]) -> bool:
    return [delivery["status"] for delivery in event["deliveries"]].count("delivered") >= 6


def _has(type_: str) -> Callable[[dict[str, Any]], bool]:
    return lambda shown: any(step["type"] == type_ for step in shown["history"])


def _say(line: str) -> None:
    print(f"\n{line}", flush=True)


def _tell(name: str, value: object) -> None:
    print(f"   {name:<18} {value}", flush=True)


def _money(checkout: dict[str, Any]) -> str:
    return f"{checkout['amount']} minor units of {checkout['currency']}"
