"""Charging a method at once, over HTTP and against the providers' simulators."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.functions.charging import BACK, GOOD, MINUTE, Till, a_till
from tests.functions.refunding import entries, refund
from tests.simulators.square_world import a_square
from tests.simulators.world import a_world, free_port
from tests.support.calls import counted_calls
from tests.support.deployment import PLATFORM_TOKEN
from tests.support.engine import Engine
from tests.support.requests import new_key

PROVIDERS = ("stripe", "square")
OTHER = {"stripe": "square", "square": "stripe"}
# What leaves nobody knowing, the work done or not.
LOST = {
    "dropped": {"kind": "drop"},
    "torn": {"kind": "reset"},
    "503": {"kind": "503"},
    "500, done": {"kind": "500", "work": "first"},
    "500, not done": {"kind": "500", "work": "never"},
}


@pytest.fixture
def till(engine: Engine, tmp_path: Path) -> Iterator[Till]:
    with a_world(tmp_path) as stripe, a_square() as square, a_till(engine, stripe, square, tmp_path) as made:
        yield made


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_charge_takes_the_money_once_however_often_it_is_asked_for(till: Till, provider: str) -> None:
    key = new_key()
    first, second = (till.charge(key, provider=provider) for _ in range(2))
    assert (first.status, first.body["outcome"], first.body["status"]) == (201, "succeeded", "confirmed")
    assert (second.body, second.headers["idempotency-replayed"]) == (first.body, "true")
    assert till.takings() == {provider: 1, OTHER[provider]: 0}
    assert till.stuck.types(first.body["id"]) == ["payments.payment.created", "payments.purchase.confirmed"]
    (posted,) = entries(till.stuck, "payment_confirmed")
    assert (posted[f"provider_clearing:{provider}"], posted["provider_fees"]) == (-9_680, -320)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_its_webhook_is_no_second_sale_and_it_can_be_refunded(till: Till, provider: str) -> None:
    charge = till.charge(provider=provider)
    if provider == "stripe":
        till.stuck.pass_on("payment_intent.succeeded")
        till.stuck.deployed.apply_inbox()
    else:
        till.hear_square("payment.updated COMPLETED")
    assert len(till.stuck.types(charge.body["id"])) == 2
    assert refund(till.stuck, charge.body["id"], amount=4_000).status == 200
    assert till.shown(charge.body["id"])["refundable"] == 6_000


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ({"stripe": "pm_card_visa_chargeDeclinedInsufficientFunds"}, "soft"),
        ({"stripe": "pm_card_visa_chargeDeclinedStolenCard"}, "hard"),
        ({"stripe": "pm_card_chargeDeclinedIncorrectCvc"}, "fix_input"),
        ({"stripe": "pm_card_threeDSecure2Required"}, "action_required"),
        ({"square": "cnon:card-nonce-declined"}, "soft"),
        ({"square": "cnon:card-nonce-rejected-cvv"}, "fix_input"),
        ({"square": "cnon:card-nonce-requires-verification"}, "action_required"),
    ],
)
def test_a_decline_says_what_may_be_done_and_never_that_a_card_is_stolen(
    till: Till, source: dict[str, str], kind: str
) -> None:
    answer = till.charge(sources=source)
    assert (answer.status, answer.body["code"], answer.body["decline"]["class"]) == (402, "PAYMENT_DECLINED", kind)
    told = (
        f"{answer.body} {till.shown(answer.body['paymentId'])} {till.stuck.deployed.events(answer.body['paymentId'])}"
    )
    assert not any(word in told for word in ("stolen", "lost", "fraud"))
    assert till.shown(answer.body["paymentId"])["status"] == "failed"
    assert till.takings() == {"stripe": 0, "square": 0}


def test_a_challenge_is_passed_on_a_page(till: Till) -> None:
    answer = till.charge(sources={"stripe": "pm_card_threeDSecure2Required"}, returnUrl=BACK)
    assert (answer.status, answer.body["outcome"], answer.body["nextAction"]["type"]) == (
        202,
        "requires_action",
        "redirect",
    )
    intent = till.shown(answer.body["id"])["providerReference"]
    till.stuck.stripe.control(f"payment_intents/{intent}/authenticate", outcome="succeeded")
    till.stuck.pass_on("payment_intent.succeeded")
    till.stuck.deployed.apply_inbox()
    assert till.shown(answer.body["id"])["status"] == "confirmed"


def test_a_challenge_that_nobody_passes_ends_unpaid(till: Till) -> None:
    answer = till.charge(sources={"stripe": "pm_card_threeDSecure2Required"}, returnUrl=BACK)
    path = f"/payments/checkout/{answer.body['id']}/cancel"
    cancelled = till.stuck.deployed.call("POST", path, headers=till.stuck.deployed.as_user())
    assert (cancelled.status, cancelled.body["status"]) == (200, "cancelled")


@pytest.mark.parametrize("fault", LOST)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_lost_answer_is_unknown_and_nobody_else_is_asked(till: Till, provider: str, fault: str) -> None:
    till.fault(provider, **LOST[fault])
    key = new_key()
    answer = till.charge(key, provider=None if provider == "stripe" else provider)
    assert (answer.status, answer.body["outcome"], answer.body["provider"]) == (202, "unknown", provider)
    assert till.takings()[OTHER[provider]] == 0
    till.reconciled_later(5 * MINUTE + 1)
    till.reconciled_later(90 * MINUTE)
    shown, taken = till.only(), till.takings()[provider]
    assert shown["status"] == ("confirmed" if taken else "failed")
    assert (taken, till.takings()[OTHER[provider]], till.stuck.repairs()["unfinished_request"]) in (
        (0, 0, "done"),
        (1, 0, "done"),
    )


@pytest.mark.parametrize("provider", PROVIDERS)
def test_whoever_asks_again_learns_the_end_and_takes_nothing_more(till: Till, provider: str) -> None:
    till.fault(provider, "drop")
    key = new_key()
    assert till.charge(key, provider=provider).status == 202
    again = till.charge(key, provider=provider)
    assert (again.status, again.body["outcome"]) == (201, "succeeded")
    assert till.takings()[provider] == 1


def test_a_webhook_tells_the_end_sooner(till: Till) -> None:
    till.fault("stripe", "drop")
    key = new_key()
    answer = till.charge(key)
    till.stuck.pass_on("payment_intent.succeeded")
    till.stuck.deployed.apply_inbox()
    assert till.shown(answer.body["id"])["status"] == "confirmed"
    assert till.charge(key).body["outcome"] == "succeeded"
    assert till.takings() == {"stripe": 1, "square": 0}


def test_where_stripe_cannot_be_reached_square_charges(engine: Engine, tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    with (
        a_world(tmp_path) as stripe,
        a_square() as square,
        a_till(engine, stripe, square, tmp_path, STRIPE_API_BASE=nowhere) as till,
    ):
        answer = till.charge()
        assert (answer.status, answer.body["provider"]) == (201, "square")
        assert till.takings() == {"stripe": 0, "square": 1}
        assert till.shown(answer.body["id"])["route"] == "failover"
        assert till.charge(sources={"stripe": GOOD["stripe"]}).status == 502


def test_it_costs_two_calls_and_their_units(till: Till) -> None:
    till.charge()
    with counted_calls() as calls:
        till.charge()
    assert [target.split(".")[-1] for target in calls.made] == ["TransactWriteItems", "TransactWriteItems"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"sources": {}}, "sources"),
        ({"sources": None}, "sources"),
        ({"sources": {"stripe": "4242424242424242"}}, "sources.stripe"),
        ({"sources": {"stripe": "4242-4242-4242-4242"}}, "sources.stripe"),
        ({"sources": {"stripe": "pm 1"}}, "sources.stripe"),
        ({"sources": {"nobody": "pm_1"}}, "sources"),
        ({"offSession": "yes"}, "offSession"),
        ({"returnUrl": "https://elsewhere.example/"}, "returnUrl"),
        ({"amount": 1}, "amount"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_stored(till: Till, fields: dict[str, Any], field: str) -> None:
    answer = till.charge(**fields)
    assert answer.status in (400, 422), answer.body
    assert field in [each["field"] for each in answer.body["errors"]]
    assert "4242" not in str(answer.body)
    assert not till.stuck.deployed.stored("payment")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"sources": {"square": "cust-1/ccof:customer-card-id-ok"}}, "sources.square"),
        ({"sources": {"square": "cust-1/cnon:card-nonce-ok"}}, "sources.square"),
        ({"sources": {**GOOD, "stripe": "cus_1/pm_1"}}, "sources.stripe"),
        ({"offSession": True}, "offSession"),
    ],
)
@pytest.mark.parametrize("role", ["user", "admin"])
def test_a_person_has_no_saved_method_charged_whoevers_it_is(
    till: Till, role: str, fields: dict[str, Any], field: str
) -> None:
    answer = till.charge(**fields, role=role)
    assert (answer.status, answer.body["code"]) == (403, "SAVED_METHOD_FORBIDDEN")
    assert [each["field"] for each in answer.body["errors"]] == [field]
    assert not till.stuck.deployed.stored("payment")


def test_a_service_has_the_saved_method_of_its_buyer_charged(till: Till) -> None:
    saved = {"square": "cust-1/ccof:customer-card-id-ok"}
    headers = {"x-platform-internal-token": PLATFORM_TOKEN, "x-tenant-id": "demo"}
    answer = till.charge(headers=headers, sources=saved, offSession=True, userId="user-1")
    assert (answer.status, answer.body["outcome"], answer.body["provider"]) == (201, "succeeded", "square")


def test_no_token_is_in_the_table_once_the_answer_is_there(till: Till) -> None:
    till.charge(sources={"stripe": "pm_card_visa"})
    assert "pm_card_visa" not in str(till.stuck.deployed.stored("idempotency"))
    assert all("parameters" not in item for item in till.stuck.deployed.stored("idempotency"))
