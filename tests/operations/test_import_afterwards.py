"""What was imported lives on like what was sold here: it is renewed and refunded, and nothing is booked twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.functions.mailing import verified
from tests.functions.subscribing import DAY, HOUR, SERVICE, Club, a_club
from tests.operations.importing import Fields, Moving, a_purchase, a_subscription
from tests.simulators.subscribers import renew, subscribed
from tests.simulators.world import World, a_world
from tests.support.engine import Engine
from tests.support.requests import new_key
from tollgate.kernel.clock import to_iso


@pytest.fixture
def stripe(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path) as world:
        yield world


@pytest.fixture
def club(engine: Engine, stripe: World, tmp_path: Path) -> Iterator[Club]:
    with a_club(engine, stripe, tmp_path) as made:
        yield made


@pytest.fixture
def moving(club: Club, tmp_path: Path) -> Moving:
    return Moving(club.deployed, tmp_path)


def _iso(seconds: float) -> str:
    return to_iso(datetime.fromtimestamp(seconds, UTC))


def _row(of: Any, **fields: Any) -> Fields:
    """A subscription as an export of the other system has it, which Stripe charges."""
    item = of["items"]["data"][0]
    known = {
        "user_id": "user-1",
        "amount": item["price"]["unit_amount"],
        "currency": "USD",
        "provider_subscription": of.id,
        "provider_customer": of.customer,
        "provider_invoice": of.latest_invoice,
        "period_start": _iso(item["current_period_start"]),
        "period_end": _iso(item["current_period_end"]),
    }
    return a_subscription(**known | fields)


def _bought(**fields: Any) -> Fields:
    """Long before any day on which this runs."""
    return a_purchase(paid_at="2021-03-01T09:00:00Z", **fields)


def _imported(club: Club) -> str:
    """Our id of the only one."""
    records = club.ask("GET", "/internal/payments/subscriptions?consumerTenantId=demo", who=SERVICE).body
    (record,) = records["subscriptions"]
    return str(record["subscriptionId"])


def _at_stripe(club: Club, of: Any) -> Any:
    return club.stripe.client.v1.subscriptions.retrieve(of.id)


def _until_charged(club: Club, of: Any) -> None:
    end = _at_stripe(club, of)["items"]["data"][0]["current_period_end"]
    club.pass_time(end - club.stripe.clock() + HOUR + 60)


def _paid_intent(club: Club, amount: int) -> Any:
    """Money that another system has taken at Stripe."""
    wanted = {
        "amount": amount,
        "currency": "usd",
        "payment_method": "pm_card_visa",
        "confirm": True,
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
    }
    return club.stripe.client.v1.payment_intents.create(params=wanted)


def _books(club: Club) -> dict[str, int]:
    """What the entries come to, by account."""
    found: dict[str, int] = {}
    for item in club.deployed.stored("journal_entry"):
        for account, amount in json.loads(item["postings"]["S"]).items():
            found[account] = found.get(account, 0) + amount
    return found


def test_its_renewal_is_heard_and_is_a_payment_like_any_other(club: Club, moving: Moving) -> None:
    legacy = subscribed(club.stripe)
    club.hear()
    assert set(club.outcomes().values()) <= {"ignored", "parked"}
    row = _row(legacy)
    assert moving.run([row]).counts == (1, 0, 0)
    id_ = _imported(club)
    _until_charged(club, legacy)
    shown = club.show(id_)
    assert club.said(id_) == ["imported", "renewed"]
    assert shown["status"] == "active"
    assert shown["currentPeriodStart"] == row["period_end"]
    (paid,) = club.ask("GET", "/transactions").body["transactions"]
    assert (paid["amount"], paid["status"], paid["subscriptionId"]) == (1000, "confirmed", id_)
    assert sum(_books(club).values()) == 0
    assert moving.run([row]).counts == (0, 1, 0)


def test_a_plan_is_there_from_the_import_on(club: Club, moving: Moving) -> None:
    moving.run([_row(subscribed(club.stripe))])
    path = "/internal/payments/tenants/demo/plan-status"
    status = club.ask("GET", f"{path}?userId=user-1", who=SERVICE).body
    assert status["hasActivePlan"]
    assert [(each["product"], each["hasAccess"]) for each in status["plans"]] == [("gold", True)]
    assert not club.ask("GET", f"{path}?userId=user-2", who=SERVICE).body["hasActivePlan"]
    assert club.order().body["code"] == "SUBSCRIPTION_OPEN"


def test_what_was_paid_in_the_other_system_and_is_heard_late_is_no_payment(club: Club, moving: Moving) -> None:
    legacy = subscribed(club.stripe)
    renewed = renew(club.stripe, legacy)
    club.clock_file.write_text(str(club.stripe.clock.offset))
    now = datetime.fromtimestamp(club.stripe.clock(), UTC)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("operations.__main__._now", lambda _: now)
        assert moving.run([_row(renewed, provider_invoice=None)]).counts == (1, 0, 0)
    id_ = _imported(club)
    club.hear()  # the renewal of the period that was imported
    assert club.said(id_) == ["imported"]
    assert club.ask("GET", "/transactions").body["transactions"] == []
    _until_charged(club, legacy)
    assert club.said(id_) == ["imported", "renewed"]


def test_a_renewal_that_nobody_tells_of_is_asked_for(club: Club, moving: Moving) -> None:
    legacy = subscribed(club.stripe)
    moving.run([_row(legacy)])
    id_ = _imported(club)
    club.deaf = True
    _until_charged(club, legacy)
    club.pass_time(DAY)
    club.reconcile()
    assert club.said(id_) == ["imported", "renewed"]


def test_it_is_cancelled_at_stripe_by_its_user(club: Club, moving: Moving) -> None:
    legacy = subscribed(club.stripe)
    moving.run([_row(legacy)])
    id_ = _imported(club)
    assert club.ask("POST", f"/subscriptions/{id_}/cancel").body["cancelAtPeriodEnd"]
    assert _at_stripe(club, legacy).cancel_at_period_end
    club.hear()
    _until_charged(club, legacy)
    assert club.said(id_) == ["imported", "cancelled", "ended"]
    assert club.order().status == 201  # the seat is free


def test_an_imported_purchase_is_refunded_and_the_books_hold(club: Club, moving: Moving) -> None:
    intent = _paid_intent(club, 5000)
    moving.run([_bought(provider_payment=intent.id)])
    assert _books(club) == {}
    (listed,) = club.ask("GET", "/internal/payments/purchases?consumerTenantId=demo&userId=user-1", who=SERVICE).body[
        "purchases"
    ]
    headers = {**club.deployed.as_user("boss", role="admin"), "idempotency-key": new_key()}
    path = f"/transactions/{listed['paymentId']}/refund"
    answer = club.deployed.call("POST", path, {"amount": 2000}, headers=headers)
    assert (answer.status, answer.body["refund"]["status"]) == (200, "succeeded")
    club.hear()
    shown = club.ask("GET", f"/transactions/{listed['paymentId']}").body["transaction"]
    assert (shown["status"], shown["refundable"], shown["refunded"]) == ("partially_refunded", 3000, 2000)
    assert _books(club) == {"provider_clearing:stripe": 2000, "seller_available:tenant": -2000}
    assert len(club.stripe.client.v1.refunds.list({"limit": 100}).data) == 1


def test_what_is_refunded_at_stripe_finds_the_imported_purchase(club: Club, moving: Moving) -> None:
    intent = _paid_intent(club, 5000)
    moving.run([_bought(provider_payment=intent.id)])
    club.stripe.client.v1.refunds.create(params={"payment_intent": intent.id})
    club.hear()
    (paid,) = club.ask("GET", "/transactions").body["transactions"]
    assert (paid["status"], paid["refundable"]) == ("refunded", 0)
    assert _books(club) == {"provider_clearing:stripe": 5000, "seller_available:tenant": -5000}
    assert moving.run([_bought(provider_payment=intent.id)]).counts == (0, 1, 0)


def test_a_refund_that_was_imported_is_known_when_stripe_tells_of_it(club: Club, moving: Moving) -> None:
    intent = _paid_intent(club, 5000)
    back = club.stripe.client.v1.refunds.create(params={"payment_intent": intent.id, "amount": 1500})
    gone = {"refunded_amount": 1500, "provider_refund": back.id, "refunded_at": _iso(club.stripe.clock() - 1)}
    moving.run([_bought(provider_payment=intent.id, **gone)])
    club.hear()
    (paid,) = club.ask("GET", "/transactions").body["transactions"]
    assert (paid["status"], paid["refundable"]) == ("partially_refunded", 3500)
    assert _books(club) == {}


def test_what_is_disputed_at_stripe_finds_the_imported_purchase(club: Club, moving: Moving) -> None:
    intent = _paid_intent(club, 5000)
    moving.run([_bought(provider_payment=intent.id)])
    club.stripe.control(f"payment_intents/{intent.id}/dispute", reason="fraudulent")
    club.hear()
    (paid,) = club.ask("GET", "/transactions").body["transactions"]
    assert (paid["status"], paid["refundable"]) == ("disputed", 0)
    assert (_books(club)["disputes"], sum(_books(club).values())) == (-5000, 0)


def test_a_renewal_that_fails_is_dunned_and_its_user_is_written_to(club: Club, moving: Moving) -> None:
    post, legacy = verified(club.deployed), subscribed(club.stripe)
    moving.run([_row(legacy)])
    id_ = _imported(club)
    club.stripe.control(f"subscriptions/{legacy.id}/decline", code="insufficient_funds", times=1)
    _until_charged(club, legacy)
    assert club.said(id_) == ["imported", "grace_started"]
    assert post.deliver() == []
    assert [each["To"] for each in post.sent()] == [["zoe.1@mail.example"]]
    assert set(club.dun(id_, days=2)) <= {"waiting", "recovered"}
    assert club.show(id_)["status"] == "active"


def test_nobody_is_written_to(club: Club, moving: Moving) -> None:
    post = verified(club.deployed)
    moving.run([_row(subscribed(club.stripe)), _bought()])
    stored = [json.loads(item["body"]["S"]) for item in club.deployed.stored("event")]
    assert len(stored) == 2
    assert post.published() == []
    assert post.sent() == []
