"""The rest of the story: money that goes back, and the books."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx

from local.errors import LocalError

_PATIENCE_SECONDS = 30.0
_SALE_AND_REFUND = 2

type Tell = Callable[[str, object], None]


class BooksError(LocalError):
    """Something did not come out as it should have; the message says what was expected."""


class Books:
    """What the tenant's admin does and sees, over HTTP."""

    def __init__(self, http: httpx.Client, tell: Tell) -> None:
        self._http = http
        self._tell = tell
        role = {"sub": "demo-admin", "tenant_id": "demo", "role": "admin"}
        token = http.post("/local/token", json=role).raise_for_status().json()["token"]
        self._admin = {"authorization": f"Bearer {token}"}

    def refund(self, payment: str, amount: int) -> None:
        """Part of it goes back; the same request again is the same refund."""
        headers = {**self._admin, "idempotency-key": str(uuid.uuid4())}
        address = f"/transactions/{payment}/refund"
        answers = [self._http.post(address, json={"amount": amount}, headers=headers) for _ in range(2)]
        first, second = (answer.raise_for_status().json() for answer in answers)
        if first != second or "idempotency-replayed" not in answers[1].headers:
            raise BooksError("The same request for a refund was not given the same answer.")
        given = first["refund"]
        self._tell("refund", f"{given['amount']} minor units, {given['status']}; asked for twice, made once")
        too_much = self._http.post(
            address, json={"amount": 10**9}, headers={**self._admin, "idempotency-key": str(uuid.uuid4())}
        )
        self._tell("more than was paid", f"{too_much.status_code}: {too_much.json()['error']}")

    def trial_balance(self, venue: str) -> None:
        """The venue's accounts and the sum of each kind, once the projector has what was just posted."""
        pending = f"seller_pending:{venue}"
        found = self._wait(lambda books: _postings(books, pending) >= _SALE_AND_REFUND)
        self._tell(pending, f"{_balance(found, pending)} minor units: the venue's part of what was kept")
        for currency in found["currencies"]:
            for kind, amount in currency["byKind"].items():
                self._tell(kind, f"{amount:>12} {currency['currency']}")
            self._tell("all together", f"{currency['total']:>12} {currency['currency']}")
        if not found["balanced"]:
            raise BooksError("The books do not balance.")

    def _wait(self, done: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not done(found := self._books()):
            if time.monotonic() > deadline:
                waited = f"The ledger was not projected within {_PATIENCE_SECONDS:.0f} s."
                raise BooksError(f"{waited}\nNext: python -m local logs")
            time.sleep(0.2)
        return found

    def _books(self) -> dict[str, Any]:
        answer = self._http.get("/admin/ledger/trial-balance", headers=self._admin)
        return dict(answer.raise_for_status().json())


def _account(books: dict[str, Any], name: str) -> dict[str, Any]:
    accounts = [each for currency in books["currencies"] for each in currency["accounts"]]
    return next((each for each in accounts if each["account"] == name), {})


def _postings(books: dict[str, Any], account: str) -> int:
    return int(_account(books, account).get("postings", 0))


def _balance(books: dict[str, Any], account: str) -> int:
    return int(_account(books, account)["balance"])
