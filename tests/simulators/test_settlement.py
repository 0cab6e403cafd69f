"""When captured money can be used, and the ways that lead to it."""

from __future__ import annotations

from functools import partial

import pytest

from tests.simulators.world import World

DAY = 86_400


def test_an_intent_leads_to_its_fee_net_and_day_of_settlement(world: World) -> None:
    session = world.paid(amount=10_000)
    path = "latest_charge.balance_transaction"
    intent = world.client.v1.payment_intents.retrieve(session.payment_intent, params={"expand": [path]})
    transaction = intent.latest_charge.balance_transaction
    assert (transaction.amount, transaction.fee, transaction.net) == (10_000, 320, 9680)
    assert (transaction.currency, transaction.type, transaction.source) == ("usd", "charge", intent.latest_charge.id)
    assert (transaction.status, transaction.available_on % DAY) == ("pending", 0)
    assert DAY < transaction.available_on - transaction.created <= 2 * DAY
    assert [each.type for each in transaction.fee_details] == ["stripe_fee"]


def test_money_becomes_available_by_the_clock_wherever_it_is_looked_at(world: World) -> None:
    session = world.paid(amount=10_000)
    assert world.balance() == (0, 9680)
    world.clock.offset += 2 * DAY
    assert world.balance() == (9680, 0)
    client = world.client.v1
    path = "payment_intent.latest_charge.balance_transaction"
    expanded = client.checkout.sessions.retrieve(session.id, params={"expand": [path]})
    transaction = expanded.payment_intent.latest_charge.balance_transaction
    listed = client.charges.list(params={"expand": ["data.balance_transaction"]}).data[0]
    seen = (
        transaction,
        listed.balance_transaction,
        client.balance_transactions.retrieve(transaction.id),
        client.balance_transactions.list(params={"source": listed.id}).data[0],
    )
    assert {each.status for each in seen} == {"available"}
    assert {each.id for each in seen} == {transaction.id}


def test_expansion_reaches_four_levels_and_no_further(shared_world: World) -> None:
    session = shared_world.paid()
    deepest = "payment_intent.latest_charge.balance_transaction.source"
    client = shared_world.client.v1.checkout.sessions
    expanded = client.retrieve(session.id, params={"expand": [deepest]})
    assert expanded.payment_intent.latest_charge.balance_transaction.source.object == "charge"
    [listed] = client.list(params={"expand": [f"data.{deepest}"]}).data
    assert listed.payment_intent.latest_charge.balance_transaction.source.object == "charge"
    too_deep = partial(client.retrieve, session.id, params={"expand": [f"{deepest}.customer"]})
    assert shared_world.refused(too_deep).http_status == 400


@pytest.mark.parametrize(("outcome", "balance"), [("succeeded", (0, 9680)), ("failed", (0, 0))])
def test_a_bank_debit_settles_from_the_day_the_bank_has_answered(
    world: World, outcome: str, balance: tuple[int, int]
) -> None:
    session = world.session(amount=10_000)
    paid = world.control(f"sessions/{session.id}/pay", method="bank_debit")
    assert world.balance() == (0, 0)
    world.control(f"payment_intents/{paid['payment_intent']}/settle_async", outcome=outcome)
    assert world.balance() == balance


def test_a_refund_at_the_dashboard_reaches_the_merchant_without_his_metadata(world: World) -> None:
    session = world.paid(amount=10_000)
    made = world.control(f"payment_intents/{session.payment_intent}/refund", amount=4000, reason="duplicate")
    created = world.receiver.wait_for("refund.created", "charge.refunded").data.object
    assert (created.id, created.amount, created.status, created.reason) == (made["id"], 4000, "succeeded", "duplicate")
    assert (created.metadata.to_dict(), created.payment_intent) == ({}, session.payment_intent)
    assert world.control(f"payment_intents/{session.payment_intent}/refund")["amount"] == 6000
    refunds = world.client.v1.refunds.list(params={"payment_intent": session.payment_intent})
    assert [each.amount for each in refunds.data] == [6000, 4000]
    assert world.client.v1.refunds.list(params={"payment_intent": world.paid().payment_intent}).data == []


def test_every_report_of_a_refund_says_whose_it_is_and_how_it_stands(world: World) -> None:
    session = world.paid("4000000000007726")
    params = {"payment_intent": session.payment_intent, "metadata": {"refund_id": "ref_1"}}
    refund = world.client.v1.refunds.create(params=params)
    world.control(f"refunds/{refund.id}/settle", outcome="failed")
    seen = {name: world.receiver.wait_for(f"refund.{name}").data.object for name in ("created", "updated", "failed")}
    for reported in seen.values():
        assert reported.metadata.to_dict() == {"refund_id": "ref_1"}
        assert (reported.payment_intent, reported.charge) == (session.payment_intent, refund.charge)
    assert {name: each.status for name, each in seen.items()} == {
        "created": "pending",
        "updated": "failed",
        "failed": "failed",
    }
    assert seen["failed"].failure_reason == "expired_or_canceled_card"


def test_a_converted_charge_is_booked_with_its_fee_in_the_other_currency(world: World) -> None:
    session = world.paid(amount=10_000)
    intent = session.payment_intent
    world.control(f"payment_intents/{intent}/convert", currency="eur", amount=9_000, fee=288)
    (booked,) = world.client.v1.balance_transactions.list().data
    assert (booked.currency, booked.amount, booked.fee, booked.net) == ("eur", 9_000, 288, 8_712)
    assert (booked.exchange_rate, booked.fee_details[0].currency) == (0.9, "eur")
    pending = {each.currency: each.amount for each in world.client.v1.balance.retrieve().pending}
    assert pending == {"eur": 8_712, "usd": 0}
