"""From a sale to the venue's bank on the deployed stack, whatever is repeated or killed on the way."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.e2e.client import Client, a_key
from tests.local.laptop import Laptop, eventually

pytestmark = pytest.mark.e2e
# Four concert tickets without the platform's 820 basis points, and of that what is not held back.
SHARE, PAYABLE = 18_360, 16_524


class Venue:
    """Its owner and its tenant's admin, in front of a running stack."""

    def __init__(self, laptop: Laptop) -> None:
        self.laptop = laptop
        self.id = f"ven_{uuid.uuid4().hex[:8]}"
        self.account = ""

    def signed_in(self, role: str, **claims: Any) -> dict[str, str]:
        body = {"sub": role, "role": role, "tenant_id": "demo", **claims}
        return {"authorization": f"Bearer {self.laptop.post('/local/token', body).json()['token']}"}

    def owner(self) -> dict[str, str]:
        return self.signed_in("venue_owner", venues=[self.id])

    def ask(self, path: str) -> Any:
        answer = self.laptop.get(f"/api/v1/venues/{self.id}{path}", headers=self.owner())
        assert answer.status_code == 200, answer.text
        return answer.json()

    def balance(self) -> tuple[int, int, int]:
        """Pending, held back, payable; minor units."""
        shown = self.ask("/balance")
        return shown["balance"]["pending"], shown["balance"]["reserved"], shown["payoutInfo"]["payable"]

    def balance_becomes(self, pending: int, reserved: int, payable: int) -> None:
        eventually(lambda: self.balance() == (pending, reserved, payable), 30)
        assert self.balance() == (pending, reserved, payable)

    def sell(self, client: Client) -> None:
        """Four tickets, paid."""
        items = [{"code": "concert_ticket", "quantity": 4}]
        checkout = client.checkout(method="card", items=items, venueId=self.id).json()
        client.pay(checkout)
        client.status_becomes(checkout["id"], "confirmed")
        self.balance_becomes(SHARE, 0, 0)

    def settle(self) -> None:
        """The provider pays out, and the reconciler's schedule finds out."""
        self.laptop.post("/local/clock", {"advance": "2d"})
        self.balance_becomes(0, SHARE - PAYABLE, PAYABLE)

    def connect(self, client: Client) -> None:
        """An account at the simulator whose owner went through the onboarding."""
        secret = self.laptop.info()["secrets"]["stripe_secret_key"]
        made = self.laptop.post(
            "/simulators/stripe/v1/accounts",
            data={"type": "express", "capabilities[transfers][requested]": "true"},
            headers={"authorization": f"Bearer {secret}"},
        )
        self.account = made.json()["id"]
        client.control(f"accounts/{self.account}", payouts_enabled=True)
        answer = httpx.put(
            f"{self.laptop.url}/api/v1/venues/{self.id}/account",
            json={"stripeAccount": self.account},
            headers=self.signed_in("admin"),
            trust_env=False,
            timeout=30,
        )
        assert answer.status_code == 200, answer.text

    def pay_out(self, key: str | None = None) -> httpx.Response:
        """All that is payable."""
        headers = {**self.owner(), "idempotency-key": key or a_key()}
        return self.laptop.post(f"/api/v1/venues/{self.id}/payout", {"amount": PAYABLE}, headers=headers)

    def at_stripe(self) -> list[dict[str, Any]]:
        state = self.laptop.get("/simulators/stripe/control/state").json()
        return [{**payout, "now": state["now"]} for payout in state["payouts"] if payout["account"] == self.account]

    def the_bank_is_due(self) -> None:
        """Time passes until the day that Stripe promised."""
        (payout,) = self.at_stripe()
        self.laptop.post("/local/clock", {"advance_seconds": payout["arrival_date"] - payout["now"] + 1})

    def is_paid_once(self) -> None:
        """One payout in the end, at Stripe and here, and all of its money is in the books."""
        eventually(lambda: self.ask("/payouts")["payouts"][0]["status"] == "paid", 30)
        (payout,) = self.ask("/payouts")["payouts"]
        assert (payout["status"], payout["net"]) == ("paid", PAYABLE)
        assert [(each["status"], each["amount"]) for each in self.at_stripe()] == [("paid", PAYABLE)]
        assert self.balance() == (0, SHARE - PAYABLE, 0)
        assert eventually(lambda: self.books()["notYetProjected"]["entries"] == 0, 30)
        books = self.books()
        assert books["balanced"] is True
        assert {block["currency"]: block["byKind"]["payouts_in_transit"] for block in books["currencies"]} == {"USD": 0}

    def books(self) -> Any:
        return self.laptop.get("/admin/ledger/trial-balance", headers=self.signed_in("admin")).json()


def ready(laptop: Laptop) -> Venue:
    """A venue with a sale that is settled, and an account at Stripe."""
    client, venue = Client(laptop), Venue(laptop)
    venue.sell(client)
    venue.settle()
    venue.connect(client)
    return venue


def test_what_is_payable_is_paid_out_once_however_often_and_at_once_it_is_asked_for(stack: Laptop) -> None:
    venue = ready(stack)
    same = a_key()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(venue.pay_out, [same] * 4 + [a_key() for _ in range(4)]))
    assert [answer.status_code for answer in answers].count(200) >= 1
    assert {answer.json()["payoutId"] for answer in answers if answer.status_code == 200} == {
        payout["id"] for payout in venue.ask("/payouts")["payouts"]
    }
    refused = [answer.json()["code"] for answer in answers if answer.status_code != 200]
    assert set(refused) <= {"INSUFFICIENT_FUNDS", "DUPLICATE_IN_PROGRESS"}
    assert "INSUFFICIENT_FUNDS" in refused
    venue.the_bank_is_due()
    venue.is_paid_once()


def test_a_kill_between_the_payout_and_the_banks_webhook_still_ends_in_paid(own_stack: Laptop) -> None:
    own_stack.start()
    venue, key = ready(own_stack), a_key()
    first = venue.pay_out(key)
    assert first.status_code == 200, first.text
    own_stack.kill_everything()
    own_stack.start()
    again = venue.pay_out(key)
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    assert venue.pay_out().json()["code"] == "INSUFFICIENT_FUNDS"
    venue.the_bank_is_due()
    venue.is_paid_once()
