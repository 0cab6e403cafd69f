"""A purchase, told step by step: what a product's backend, a buyer, the provider and a subscriber see."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx

from local.demo_gift_cards import GiftCards
from local.demo_money import Books
from local.demo_payout import Payday
from local.demo_voice import PATIENCE_SECONDS, DemoError, say, signed_in, tell, until

_CARD, _DECLINED = "4242424242424242", "4000000000000002"
# Enough that what the venue may have of them, all deducted, is more than the smallest payout.
_TICKETS = 4


class Demo:
    """One run against a stack that is up. Everything goes over HTTP, as any client's requests would."""

    def __init__(self, base: str) -> None:
        self._http = httpx.Client(base_url=base, timeout=PATIENCE_SECONDS, trust_env=False)
        self._base = base
        self._buyer = f"demo-buyer-{uuid.uuid4().hex[:8]}"
        self._venue = f"ven_{self._buyer[-8:]}"
        self._signed_in: dict[str, str] = {}
        self._key = str(uuid.uuid4())

    def run(self) -> int:
        """Tell the story; 0 when it ended as promised."""
        try:
            with self._http:
                return self._run()
        except httpx.HTTPStatusError as error:
            raise DemoError(f"{error}\n{error.response.text}\nNext: python -m local logs") from error
        except httpx.TransportError as error:
            raise DemoError(f"The stack does not answer any more ({error}).\nNext: make demo") from error

    def _run(self) -> int:
        self._signed_in = signed_in(self._http, sub=self._buyer)
        before = self._latest()
        checkout = self._open()
        self._pay(checkout)
        payment = self._confirmed(checkout["id"])
        events = self._told(checkout["id"], before)
        self._repeat(checkout, payment, events)
        self._money(checkout)
        self._show(self._payment(checkout["id"]), events)
        self._end()
        return 0

    def _open(self) -> dict[str, Any]:
        say("1. A product's backend opens a checkout for four concert tickets.")
        checkout = self._checkout().json()
        tell("payment", f"{checkout['id']}, {_money(checkout)}, {checkout['status']}")
        tell("page", checkout["checkoutUrl"])
        return dict(checkout)

    def _checkout(self) -> httpx.Response:
        body = {
            "items": [{"code": "concert_ticket", "quantity": _TICKETS}],
            "venueId": self._venue,
            "successUrl": "http://localhost:3000/thanks?session_id={CHECKOUT_SESSION_ID}",
            "cancelUrl": "http://localhost:3000/cart",
        }
        headers = {**self._signed_in, "idempotency-key": self._key}
        return self._http.post("/payments/checkout", json=body, headers=headers).raise_for_status()

    def _pay(self, checkout: dict[str, Any]) -> None:
        session = checkout["providerCheckoutSessionId"]
        say("2. The buyer tries a card that the bank declines, and then one that works.")
        for card, heard in ((_DECLINED, "payments.payment.declined"), (_CARD, "payments.purchase.confirmed")):
            outcome = self._post(f"/simulators/stripe/control/sessions/{session}/pay", {"card": card})["outcome"]
            tell("card", f"ends in {card[-4:]}: {outcome}")
            until(lambda: self._payment(checkout["id"]), _has(heard), f"told of: {heard}")

    def _confirmed(self, payment: str) -> dict[str, Any]:
        say("3. The provider's webhooks arrive; the payment is confirmed.")
        shown = until(
            lambda: self._payment(payment), lambda it: it["transaction"]["status"] == "confirmed", "confirmed"
        )
        tell("status", f"{shown['transaction']['status']}, captured {shown['transaction']['captured']} minor units")
        return shown

    def _told(self, payment: str, after: int) -> list[dict[str, Any]]:
        say("4. Subscribers of the event bus hear of it.")

        def received() -> list[dict[str, Any]]:
            page = self._http.get("/local/events", params={"after": after, "limit": 500}).json()
            return [event for event in page["events"] if event["detail"]["aggregate"]["id"] == payment]

        def complete(events: list[dict[str, Any]]) -> bool:
            return any(event["detail_type"] == "payment.completed" for event in events)

        events = until(received, complete, "on the bus")
        tell("received", f"{len(events)} messages about {len({event['detail']['id'] for event in events})} facts")
        return events

    def _repeat(self, checkout: dict[str, Any], payment: dict[str, Any], events: list[dict[str, Any]]) -> None:
        say("5. The provider sends the same webhook five more times, and the backend its request three more times.")
        completed = self._completed(checkout)
        self._post(f"/simulators/stripe/control/events/{completed['id']}/resend", {"times": 5})
        until(lambda: self._completed(checkout), _delivered_six_times, "delivered again")
        answers = [self._checkout() for _ in range(3)]
        if any(answer.json() != checkout or "idempotency-replayed" not in answer.headers for answer in answers):
            raise DemoError("The same request was not given the same answer.")
        tell("answers", "three times the same answer, marked Idempotency-Replayed")
        time.sleep(1)  # time for a second confirmation, if there were one
        if self._payment(checkout["id"]) != payment or self._told_again(checkout["id"], events):
            raise DemoError("Something changed that should not have.")
        tell("payment", "unchanged: one payment, one confirmation, no new event")

    def _money(self, checkout: dict[str, Any]) -> None:
        books, payday = Books(self._http), Payday(self._http, self._venue)
        say("6. One ticket is given back: the tenant's admin asks for it twice, and then for more than was paid.")
        books.refund(checkout["id"], checkout["amount"] // _TICKETS)
        say("7. The venue looks at its balance: its part of three tickets, and nothing payable yet.")
        books.projected()
        payday.not_yet_payable()
        say("8. The provider pays out after two days, the reconciler settles, and a tenth is held back.")
        payable = payday.settle()
        say("9. The venue opens an account at Stripe, and the admin connects it.")
        account = payday.connect()
        say("10. Its owner asks for all that is payable, twice under one key, and then for as much under another.")
        payout = payday.pay_out(payable)
        say("11. The money arrives at the venue's bank, and the provider's webhook says so.")
        payday.arrive(account, payout)
        gifts = GiftCards(self._http)
        say("12. Somebody buys a gift card for a friend, and pays it; the friend gets its code by mail.")
        code = gifts.buy()
        say("13. The friend redeems it: the whole card becomes credit, once.")
        gifts.redeem(code)
        say("14. With another gift card and some of that credit the friend buys tickets, and pays the rest by card.")
        gifts.pay_with(gifts.buy())
        say("15. The trial balance: credit is positive, and everything sums to zero.")
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
        say("The payment")
        shown = ("id", "status", "amount", "currency", "captured", "refunded", "refundable", "platformFee", "provider")
        for name in shown:
            tell(name, transaction[name])
        say("Its history")
        for step in payment["history"]:
            tell(f"#{step['sequence']}", f"{step['occurredAt']}  {step['type']}")
        say("What subscribers received")
        for event in events:
            tell(f"#{event['detail']['sequence']}", f"{event['detail_type']:<34} {event['detail']['id']}")

    def _end(self) -> None:
        ahead = self._http.get("/local/clock").raise_for_status().json()["offset_seconds"] / 86_400
        say(f"The domain clock is {ahead:.1f} days ahead, and stays there  (empty everything: python -m local reset)")
        print(f"The stack is still running: {self._base}/local  (stop it with: python -m local down)")

    def _completed(self, checkout: dict[str, Any]) -> dict[str, Any]:
        """The provider's event about the paid page, with its deliveries."""
        state = self._http.get("/simulators/stripe/control/state").raise_for_status().json()
        wanted = ("checkout.session.completed", checkout["providerCheckoutSessionId"])
        return next(dict(event) for event in state["events"] if (event["type"], event["object"]) == wanted)

    def _payment(self, payment: str) -> dict[str, Any]:
        answer = self._http.get(f"/transactions/{payment}", headers=self._signed_in)
        return dict(answer.raise_for_status().json())

    def _latest(self) -> int:
        return int(self._http.get("/local/events", params={"limit": 1}).raise_for_status().json()["last"])

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        return self._http.post(path, json=body).raise_for_status().json()


def _delivered_six_times(event: dict[str, Any]) -> bool:
    return [delivery["status"] for delivery in event["deliveries"]].count("delivered") >= 6


def _has(type_: str) -> Callable[[dict[str, Any]], bool]:
    return lambda shown: any(step["type"] == type_ for step in shown["history"])


def _money(checkout: dict[str, Any]) -> str:
    return f"{checkout['amount']} minor units of {checkout['currency']}"
