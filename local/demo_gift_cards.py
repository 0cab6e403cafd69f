"""The chapter of gift cards: one is bought for a friend, who redeems it; another pays a part of a purchase."""

from __future__ import annotations

import re
import uuid
from typing import Any

import httpx

from local.demo_voice import DemoError, answered_alike, refusal, signed_in, tell, until

_CARD = "4242424242424242"
_AMOUNT = 5_000
_CODE = re.compile(r"\b(?:[A-Z2-9]{4}-){2,3}[A-Z2-9]{4}\b")
_PAGES = {"successUrl": "http://localhost:3000/thanks", "cancelUrl": "http://localhost:3000/cart"}


class GiftCards:
    """What a giver, a friend and a shop do, over HTTP."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        name = uuid.uuid4().hex[:8]
        self._giver = signed_in(http, sub=f"demo-giver-{name}")
        self._friend = signed_in(http, sub=f"demo-friend-{name}")
        self._address = f"friend-{name}@example.com"
        self._known: set[str] = set()

    def buy(self) -> str:
        """Buy a card and pay its page; the code, as the friend reads it in the mail."""
        body = {"amount": _AMOUNT, "recipientEmail": self._address, "giftMessage": "Happy birthday!", **_PAGES}
        asked = self._post("/gift-cards/purchase", body, self._giver)
        checkout = asked.raise_for_status().json()
        self._pay(checkout)
        code = until(self._mailed, bool, "mailed")
        tell("mail", f"to {self._address}, with a code that ends in {code[-4:]}")
        self._known.add(code)
        card = self._read(f"/gift-cards/{code}", self._friend)["giftCard"]
        tell("gift card", f"{card['balance']} minor units of {card['currency']}, until {card['expiresAt'][:10]}")
        return code

    def redeem(self, code: str) -> None:
        """The same request twice gives once; another finds nothing left."""
        key = str(uuid.uuid4())
        asked_twice = [self._post("/gift-cards/redeem", {"code": code}, self._friend, key) for _ in range(2)]
        given = answered_alike(asked_twice, "a redemption")
        tell("redeemed", f"{given['credited']} minor units of credit, {given['votes']} votes; asked twice, given once")
        tell("once more", refusal(self._post("/gift-cards/redeem", {"code": code}, self._friend), 409))

    def pay_with(self, code: str) -> str:
        """A purchase that is paid with the gift card, then with credit, then with a bank card; its payment's id."""
        body = {
            "items": [{"code": "concert_ticket", "quantity": 5}],
            "tenders": [{"type": "gift_card", "code": code}, {"type": "credit"}],
            **_PAGES,
        }
        checkout = self._post("/payments/checkout", body, self._friend).raise_for_status().json()
        parts = ", ".join(f"{each['amount']} with {each['type'].replace('_', ' ')}" for each in checkout["tenders"])
        tell("price", f"{checkout['amount']} minor units: {parts}, {checkout['due']} by card")
        held = self._read(f"/gift-cards/{code}/balance", self._friend)
        tell("gift card", f"{held['balance']} left, {held['held']} held until the card part is paid")
        self._pay(checkout)
        payment = self._read(f"/transactions/{checkout['id']}", self._friend)["transaction"]
        if any(each["status"] != "captured" for each in payment["tenders"]):
            raise DemoError("The payment was confirmed, and not everything was taken that pays for it.")
        tell("payment", f"{payment['status']}: the provider took {payment['captured']}, the rest was taken with it")
        return str(checkout["id"])

    def _pay(self, checkout: dict[str, Any]) -> None:
        session = checkout["providerCheckoutSessionId"]
        paid = self._http.post(f"/simulators/stripe/control/sessions/{session}/pay", json={"card": _CARD})
        paid.raise_for_status()
        owner = self._friend if checkout["tenders"] else self._giver
        until(
            lambda: self._read(f"/payments/checkout/{checkout['id']}", owner),
            lambda shown: shown["status"] == "confirmed",
            "confirmed",
        )

    def _mailed(self) -> str:
        """The code of a new mail to the friend; nothing while there is none."""
        answer = self._http.get("/local/outbox", params={"format": "json"}).raise_for_status().json()
        mails = [mail["text"] for mail in answer["mails"] if self._address in mail["to"]]
        codes = {found.group() for found in map(_CODE.search, mails) if found}
        return next(iter(codes - self._known), "")

    def _read(self, path: str, who: dict[str, str]) -> dict[str, Any]:
        return dict(self._http.get(path, headers=who).raise_for_status().json())

    def _post(self, path: str, body: dict[str, Any], who: dict[str, str], key: str | None = None) -> httpx.Response:
        headers = {**who, "idempotency-key": key or str(uuid.uuid4())}
        return self._http.post(path, json=body, headers=headers)
