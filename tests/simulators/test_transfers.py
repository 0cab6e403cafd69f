"""Transfers: money from the platform to a connected account and back, never more than there is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
import stripe

from tests.simulators.world import World

DAY = 86_400


def send(world: World, account: str, amount: int, **params: Any) -> Any:
    options = params.pop("options", {})
    wanted = {"amount": amount, "currency": "usd", "destination": account, **params}
    return world.client.v1.transfers.create(params=wanted, options=options)


def test_a_transfer_moves_available_money_and_is_on_the_books_of_both(world: World) -> None:
    world.earned(10_000)
    account = world.account()
    metadata = {"payout_id": "pyt_1"}
    transfer = send(world, account.id, 4000, metadata=metadata, transfer_group="order_7", description="Share")
    assert (transfer.amount, transfer.destination, transfer.reversed) == (4000, account.id, False)
    assert (transfer.metadata.to_dict(), transfer.transfer_group) == (metadata, "order_7")
    assert (world.balance(), world.balance(account.id)) == ((5680, 0), (4000, 0))
    client = world.client.v1
    sent = client.balance_transactions.retrieve(transfer.balance_transaction)
    assert (sent.type, sent.net, sent.source, sent.description) == ("transfer", -4000, transfer.id, "Share")
    options: Any = {"stripe_account": account.id}
    received = client.charges.retrieve(
        transfer.destination_payment, params={"expand": ["balance_transaction"]}, options=options
    )
    assert (received.balance_transaction.type, received.balance_transaction.net) == ("payment", 4000)
    created = world.receiver.wait_for("transfer.created")
    assert (created.data.object.id, created.data.object.metadata.to_dict()) == (transfer.id, metadata)
    assert "account" not in created
    paths = ["destination", "destination_payment", "balance_transaction"]
    expanded = client.transfers.retrieve(transfer.id, params={"expand": paths})
    assert [getattr(expanded, name).object for name in paths] == ["account", "charge", "balance_transaction"]


def test_more_than_is_available_is_refused(world: World) -> None:
    world.paid(amount=10_000)
    account = world.account()
    error = world.refused(partial(send, world, account.id, 1, options={"idempotency_key": "transfer-1"}))
    assert (error.http_status, error.code) == (400, "balance_insufficient")
    world.clock.offset += 2 * DAY
    assert send(world, account.id, 9680).amount == 9680
    assert world.refused(partial(send, world, account.id, 1)).code == "balance_insufficient"
    assert world.refused(partial(send, world, account.id, 1, currency="eur")).code == "balance_insufficient"


def test_a_refusal_for_want_of_money_is_kept_for_its_key(world: World) -> None:
    account = world.account()
    again = partial(send, world, account.id, 100, options={"idempotency_key": "transfer-1"})
    assert world.refused(again).code == "balance_insufficient"
    world.earned()
    assert world.refused(again).code == "balance_insufficient"
    assert send(world, account.id, 100, options={"idempotency_key": "transfer-2"}).amount == 100


def test_money_of_a_charge_is_transferred_before_it_has_settled_and_counts_when_it_has(world: World) -> None:
    session = world.paid(amount=10_000)
    charge = world.client.v1.payment_intents.retrieve(session.payment_intent).latest_charge
    account = world.account()
    transfer = send(world, account.id, 6000, source_transaction=charge)
    assert (transfer.source_transaction, transfer.transfer_group) == (charge, f"group_{session.payment_intent}")
    assert (world.balance(), world.balance(account.id)) == ((0, 3680), (0, 6000))
    over = world.refused(partial(send, world, account.id, 4001, source_transaction=charge))
    assert (over.http_status, getattr(over, "param", None)) == (400, "amount")
    assert send(world, account.id, 4000, source_transaction=charge).amount == 4000
    assert world.balance() == (0, -320)
    world.clock.offset += 2 * DAY
    assert (world.balance(), world.balance(account.id)) == ((-320, 0), (10_000, 0))


def test_a_source_must_be_a_charge_in_the_currency_that_took_money(shared_world: World) -> None:
    account = shared_world.account()
    declined = {"amount": 5000, "currency": "usd", "payment_method": "pm_card_visa_chargeDeclined", "confirm": True}
    shared_world.refused(partial(shared_world.client.v1.payment_intents.create, params=declined))
    failed = shared_world.client.v1.charges.list().data[0].id
    euros = shared_world.earned(5000, "eur").latest_charge
    for source, param in ((failed, "source_transaction"), (euros, "currency"), ("ch_unknown", "source_transaction")):
        error = shared_world.refused(partial(send, shared_world, account.id, 100, source_transaction=source))
        assert (error.http_status, getattr(error, "param", None)) == (400, param)


def test_only_an_account_that_may_receive_transfers_does(world: World) -> None:
    world.earned()
    error = world.refused(partial(send, world, world.account(enabled=False).id, 100))
    assert (error.http_status, error.code) == (400, "insufficient_capabilities_for_transfer")
    assert world.refused(partial(send, world, "acct_unknown", 100)).code == "resource_missing"
    assert world.state()["counts"]["transfers"] == 0


def test_transfers_are_found_by_group_and_destination(shared_world: World) -> None:
    first = shared_world.transferred(100, transfer_group="order_1")
    second = shared_world.transferred(200, transfer_group="order_2", destination=first.destination)
    transfers = shared_world.client.v1.transfers
    assert [each.id for each in transfers.list(params={"transfer_group": "order_1"}).data] == [first.id]
    assert [each.id for each in transfers.list(params={"destination": first.destination}).data] == [second.id, first.id]
    assert transfers.list(params={"destination": "acct_other"}).data == []


def test_a_transfer_is_reversed_in_parts_up_to_its_amount(world: World) -> None:
    transfer = world.transferred(1000)
    before, _ = world.balance()
    reversals = world.client.v1.transfers.reversals
    first = reversals.create(transfer.id, params={"amount": 300, "metadata": {"refund_id": "ref_1"}})
    assert (first.object, first.amount, first.transfer) == ("transfer_reversal", 300, transfer.id)
    assert world.refused(partial(reversals.create, transfer.id, params={"amount": 701})).http_status == 400
    assert reversals.create(transfer.id).amount == 700
    assert world.refused(partial(reversals.create, transfer.id)).http_status == 400
    assert (world.balance(), world.balance(transfer.destination)) == ((before + 1000, 0), (0, 0))
    world.receiver.wait_for("transfer.reversed", count=2)
    seen = world.client.v1.transfers.retrieve(transfer.id)
    assert (seen.amount_reversed, seen.reversed, [each.amount for each in seen.reversals.data]) == (
        1000,
        True,
        [700, 300],
    )
    assert [each.amount for each in reversals.list(transfer.id).data] == [700, 300]
    assert reversals.retrieve(transfer.id, first.id).metadata.to_dict() == {"refund_id": "ref_1"}
    options: Any = {"stripe_account": transfer.destination}
    refund = world.client.v1.refunds.retrieve(first.destination_payment_refund, options=options)
    assert (refund.amount, refund.source_transfer_reversal) == (300, first.id)
    payment = world.client.v1.charges.retrieve(transfer.destination_payment, options=options)
    assert (payment.amount_refunded, payment.refunded) == (1000, True)


def test_what_the_account_no_longer_has_is_not_taken_back(world: World) -> None:
    transfer = world.transferred(1000)
    options: Any = {"stripe_account": transfer.destination}
    world.client.v1.payouts.create(params={"amount": 800, "currency": "usd"}, options=options)
    reverse = partial(world.client.v1.transfers.reversals.create, transfer.id)
    assert world.refused(reverse).code == "balance_insufficient"
    assert reverse(params={"amount": 200}).amount == 200


def test_money_that_has_not_settled_goes_back_unsettled(world: World) -> None:
    charge = world.client.v1.payment_intents.retrieve(world.paid(amount=10_000).payment_intent).latest_charge
    account = world.account()
    transfer = send(world, account.id, 5000, source_transaction=charge)
    world.client.v1.transfers.reversals.create(transfer.id)
    assert (world.balance(), world.balance(account.id)) == ((0, 9680), (0, 0))
    assert send(world, account.id, 10_000, source_transaction=charge).amount == 10_000


@pytest.mark.parametrize("fault", [{"kind": "drop"}, {"kind": "timeout", "work": "first", "seconds": 1.0}])
def test_a_transfer_lost_on_the_way_back_is_made_once(world: World, fault: dict[str, Any]) -> None:
    world.earned()
    account = world.account()
    again = partial(send, world, account.id, 9680, options={"idempotency_key": "transfer-1"})
    world.control("api/faults", path="/v1/transfers", **fault)
    lost = again() if fault["kind"] == "timeout" else world.refused(again)
    assert lost is not None
    assert again().id == world.state()["transfers"][0]["id"]
    assert (world.state()["counts"]["transfers"], world.balance(account.id)) == (1, (9680, 0))


@pytest.mark.parametrize("kind", ["429", "500", "503", "reset"])
def test_a_transfer_that_was_not_made_moved_nothing(world: World, kind: str) -> None:
    world.earned()
    account = world.account()
    world.control("api/faults", kind=kind, path="/v1/transfers")
    world.refused(partial(send, world, account.id, 100))
    assert (world.state()["counts"]["transfers"], world.balance()) == (0, (9680, 0))


def test_of_fifty_transfers_of_the_whole_balance_one_wins(world: World) -> None:
    world.earned(10_000)
    accounts = [world.account().id for _ in range(5)]

    def attempt(number: int) -> str:
        try:
            return str(send(world, accounts[number % 5], 9680).id)
        except stripe.InvalidRequestError as error:
            return str(error.code)

    with ThreadPoolExecutor(50) as threads:
        outcomes = list(threads.map(attempt, range(50)))
    assert outcomes.count("balance_insufficient") == 49
    assert (world.balance(), sum(world.balance(each)[0] for each in accounts)) == ((0, 0), 9680)
    assert world.state()["counts"]["transfers"] == 1
