"""Payouts: from a connected account's balance to its bank, by the clock, and sometimes back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import pytest
import stripe

from local.simulators.stripe.payout_course import schedule
from tests.simulators.world import World

DAY = 86_400


def an_account(world: World, amount: int = 1000) -> str:
    """A connected account with this much available."""
    return str(world.transferred(amount).destination)


def pay_out(world: World, account: str, amount: int = 1000, **params: Any) -> Any:
    options = {"stripe_account": account, **params.pop("options", {})}
    return world.client.v1.payouts.create(params={"amount": amount, "currency": "usd", **params}, options=options)


def seen(world: World, account: str, payout: str) -> Any:
    return world.client.v1.payouts.retrieve(payout, options={"stripe_account": account})


def test_a_payout_takes_the_money_at_once_and_is_reported_as_the_accounts(world: World) -> None:
    account = an_account(world)
    metadata = {"payout_id": "pyt_1"}
    payout = pay_out(world, account, 400, metadata=metadata, statement_descriptor="TOLLGATE")
    assert (payout.status, payout.method, payout.type, payout.automatic) == (
        "pending",
        "standard",
        "bank_account",
        False,
    )
    assert (payout.metadata.to_dict(), payout.statement_descriptor) == (metadata, "TOLLGATE")
    assert payout.destination == world.client.v1.accounts.retrieve(account).external_accounts.data[0].id
    assert world.balance(account) == (600, 0)
    created = world.receiver.wait_for("payout.created")
    assert (created.account, created.data.object.id, created.data.object.status) == (account, payout.id, "pending")
    assert created.data.object.metadata.to_dict() == metadata
    transaction = world.client.v1.balance_transactions.retrieve(
        payout.balance_transaction, options={"stripe_account": account}
    )
    assert (transaction.type, transaction.net, transaction.source) == ("payout", -400, payout.id)


def test_a_standard_payout_arrives_by_the_clock(world: World) -> None:
    account = an_account(world)
    payout = pay_out(world, account)
    sent, arrives = schedule(payout.created, "standard")
    assert payout.arrival_date == arrives
    world.clock.offset += sent - world.clock() + 1
    assert seen(world, account, payout.id).status == "in_transit"
    assert world.receiver.wait_for("payout.updated").data.object.status == "in_transit"
    world.clock.offset += arrives - world.clock() + 1
    paid = world.receiver.wait_for("payout.paid")
    assert (paid.account, paid.data.object.status, paid.data.object.failure_code) == (account, "paid", None)
    assert world.balance(account) == (0, 0)


def test_a_leap_over_both_steps_takes_both(world: World) -> None:
    account = an_account(world)
    payout = pay_out(world, account)
    world.clock.offset += 7 * DAY
    assert seen(world, account, payout.id).status == "paid"
    world.receiver.wait_for("payout.updated", "payout.paid")


@pytest.mark.parametrize(
    ("created", "sent", "arrives"),
    [
        ("2026-11-02T10:00", "2026-11-03", "2026-11-04"),
        ("2026-11-05T23:59", "2026-11-06", "2026-11-09"),
        ("2026-11-06T10:00", "2026-11-09", "2026-11-10"),
        ("2026-11-07T10:00", "2026-11-09", "2026-11-10"),
        ("2026-11-08T00:00", "2026-11-09", "2026-11-10"),
    ],
)
def test_banks_take_and_book_money_on_business_days(created: str, sent: str, arrives: str) -> None:
    def moment(text: str) -> int:
        return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())

    assert schedule(moment(created), "standard") == (moment(sent), moment(arrives))
    assert schedule(moment(created), "instant")[1] == moment(created) + 1800


def test_an_instant_payout_arrives_in_half_an_hour(world: World) -> None:
    account = an_account(world)
    payout = pay_out(world, account, method="instant")
    assert (payout.method, payout.arrival_date - payout.created) == ("instant", 1800)
    world.clock.offset += 120
    assert seen(world, account, payout.id).status == "in_transit"
    world.clock.offset += 1800
    assert world.receiver.wait_for("payout.paid").data.object.id == payout.id


def test_an_instant_payout_may_send_what_has_not_settled_and_a_standard_one_may_not(world: World) -> None:
    charge = world.client.v1.payment_intents.retrieve(world.paid(amount=10_000).payment_intent).latest_charge
    transfer = world.transferred(1000)
    account = transfer.destination
    wanted = {"amount": 5000, "currency": "usd", "destination": account, "source_transaction": charge}
    world.client.v1.transfers.create(params=wanted)
    balance = world.client.v1.balance.retrieve(options={"stripe_account": account})
    assert [each[0].amount for each in (balance.available, balance.pending, balance.instant_available)] == [
        1000,
        5000,
        6000,
    ]
    assert [each.amount for each in balance.instant_available[0].net_available] == [6000]
    assert world.refused(partial(pay_out, world, account, 1001)).code == "balance_insufficient"
    assert world.refused(partial(pay_out, world, account, 6001, method="instant")).code == "balance_insufficient"
    assert pay_out(world, account, 6000, method="instant").amount == 6000
    assert world.refused(partial(pay_out, world, account, 1, method="instant")).code == "balance_insufficient"
    assert world.refused(partial(pay_out, world, account, 1)).code == "balance_insufficient"
    world.clock.offset += 3 * DAY
    assert world.balance(account) == (0, 0)


def test_a_payout_is_cancelled_only_before_it_is_sent(world: World) -> None:
    account = an_account(world)
    cancel = partial(world.client.v1.payouts.cancel, options={"stripe_account": account})
    payout = pay_out(world, account, 600)
    canceled = cancel(payout.id)
    assert (canceled.status, world.balance(account)) == ("canceled", (1000, 0))
    told = world.receiver.wait_for("payout.canceled")
    assert (told.account, told.data.object.id) == (account, payout.id)
    assert world.refused(partial(cancel, payout.id)).http_status == 400
    sent = pay_out(world, account, method="instant")
    world.clock.offset += 120
    assert world.refused(partial(cancel, sent.id)).http_status == 400


@pytest.mark.parametrize("first_paid", [False, True])
def test_a_payout_fails_also_after_it_was_paid_and_the_money_is_back(world: World, *, first_paid: bool) -> None:
    account = an_account(world)
    payout = pay_out(world, account, metadata={"payout_id": "pyt_1"})
    if first_paid:
        world.control(f"payouts/{payout.id}/settle", outcome="paid")
        assert world.receiver.wait_for("payout.paid").data.object.status == "paid"
    world.control(f"payouts/{payout.id}/settle", outcome="failed", failure_code="no_account")
    failed = world.receiver.wait_for("payout.failed")
    told = failed.data.object
    assert (failed.account, told.status, told.failure_code) == (account, "failed", "no_account")
    assert (bool(told.failure_message), told.metadata.to_dict()) == (True, {"payout_id": "pyt_1"})
    assert world.balance(account) == (1000, 0)
    returned = world.client.v1.balance_transactions.retrieve(
        told.failure_balance_transaction, options={"stripe_account": account}
    )
    assert (returned.type, returned.net) == ("payout_failure", 1000)
    world.clock.offset += 7 * DAY
    assert seen(world, account, payout.id).status == "failed"


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [({"outcome": "lost"}, 422, "outcome"), ({"outcome": "failed", "failure_code": "whim"}, 422, "failure_code"),
     ({"outcome": "paid"}, 409, "id")],
)  # fmt: skip
def test_a_settlement_that_makes_no_sense_is_refused(
    shared_world: World, fields: dict[str, str], status: int, field: str
) -> None:
    payout = pay_out(shared_world, an_account(shared_world))
    shared_world.control(f"payouts/{payout.id}/settle", outcome="failed")
    url = f"{shared_world.base}/control/payouts/{payout.id}/settle"
    answer = httpx.post(url, json=fields, trust_env=False)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, field)


def test_payouts_are_listed_for_their_account_only(shared_world: World) -> None:
    account, other = an_account(shared_world), an_account(shared_world)
    first, second = pay_out(shared_world, account, 100), pay_out(shared_world, account, 200)
    shared_world.control(f"payouts/{first.id}/settle", outcome="paid")
    listed = partial(shared_world.client.v1.payouts.list, options={"stripe_account": account})
    assert [each.id for each in listed().data] == [second.id, first.id]
    assert [each.id for each in listed(params={"status": "paid"}).data] == [first.id]
    assert listed(params={"arrival_date": {"lt": 5}}).data == []
    assert shared_world.client.v1.payouts.list(options={"stripe_account": other}).data == []
    assert shared_world.client.v1.payouts.list().data == []
    assert shared_world.refused(partial(seen, shared_world, other, first.id)).code == "resource_missing"
    state = shared_world.state()
    assert [(each["id"], each["account"]) for each in state["payouts"]] == [(second.id, account), (first.id, account)]


def test_without_the_header_the_platform_pays_itself_out(world: World) -> None:
    world.earned()
    payout = world.client.v1.payouts.create(params={"amount": 9680, "currency": "usd"})
    assert (payout.destination, world.balance()) == ("ba_platform", (0, 0))
    assert "account" not in world.receiver.wait_for("payout.created")


@pytest.mark.parametrize(
    ("params", "param"),
    [({"amount": 0}, "amount"), ({"method": "pigeon"}, "method"), ({"destination": "ba_unknown"}, "destination"),
     ({"statement_descriptor": "<b>"}, "statement_descriptor"), ({"colour": "red"}, "colour")],
)  # fmt: skip
def test_a_bad_payout_is_refused_and_the_parameter_named(shared_world: World, params: Any, param: str) -> None:
    account = an_account(shared_world)
    error = shared_world.refused(partial(pay_out, shared_world, account, **{"amount": 100, **params}))
    assert (error.http_status, getattr(error, "param", None)) == (400, param)
    assert shared_world.state()["counts"]["payouts"] == 0


def test_a_payout_lost_on_the_way_back_is_made_once(world: World) -> None:
    account = an_account(world)
    again = partial(pay_out, world, account, options={"idempotency_key": "payout-1"})
    world.control("api/faults", kind="drop", path="/v1/payouts")
    assert isinstance(world.refused(again), stripe.APIConnectionError)
    assert again().id == world.state()["payouts"][0]["id"]
    assert world.state()["counts"]["payouts"] == 1


def test_connect_events_are_duplicated_dropped_and_resent_like_all_others(world: World) -> None:
    account = an_account(world)
    world.control("webhooks/faults", kind="duplicate", types=["payout.created"])
    world.control("webhooks/faults", kind="drop", types=["payout.paid"])
    payout = pay_out(world, account)
    world.control(f"payouts/{payout.id}/settle", outcome="paid")
    twice = world.receiver.wait_for("payout.created", count=2)
    lost = world.client.v1.events.list(params={"type": "payout.paid"}, options={"stripe_account": account}).data[0]
    assert (lost.account, lost.id) == (account, lost.id)
    world.control(f"events/{lost.id}/resend")
    assert world.receiver.wait_for("payout.paid").id == lost.id != twice.id


def test_concurrent_payouts_never_exceed_the_balance(world: World) -> None:
    account = an_account(world, 1000)

    def attempt(_number: int) -> int:
        try:
            return int(pay_out(world, account, 300).amount)
        except stripe.InvalidRequestError:
            return 0

    with ThreadPoolExecutor(10) as threads:
        assert sum(threads.map(attempt, range(10))) == 900
    assert world.balance(account) == (100, 0)


@pytest.mark.parametrize("currency", ["huf", "twd"])
def test_some_currencies_are_paid_out_in_whole_units_alone(world: World, currency: str) -> None:
    account = an_account(world)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        pay_out(world, account, 150, currency=currency)
    assert (caught.value.code, caught.value.param) == ("parameter_invalid_integer", "amount")
