"""Refunds, also those that settle or fail later, and the balance they leave."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import stripe

from tests.simulators.world import World, a_world, wait_until


def refund(world: World, session: Any, **params: Any) -> Any:
    return world.client.v1.refunds.create(params={"payment_intent": session.payment_intent, **params})


def test_refunds_never_exceed_what_was_captured(world: World) -> None:
    session = world.paid()
    assert (refund(world, session, amount=1000).status, refund(world, session, amount=100).amount) == ("succeeded", 100)
    too_much = world.refused(lambda: refund(world, session, amount=135)).error
    assert too_much is not None
    assert (too_much.type, too_much.param) == ("invalid_request_error", "amount")
    assert refund(world, session).amount == 134
    error = world.refused(lambda: refund(world, session, amount=1))
    assert (error.http_status, error.code) == (400, "charge_already_refunded")
    charge = world.client.v1.charges.list(params={"payment_intent": session.payment_intent}).data[0]
    assert (charge.amount_refunded, charge.refunded) == (1234, True)
    assert len(world.client.v1.refunds.list(params={"charge": charge.id}).data) == 3


def test_concurrent_refunds_never_exceed_what_was_captured(world: World) -> None:
    session = world.paid(amount=1000)

    def attempt(_number: int) -> int:
        try:
            return int(refund(world, session, amount=300).amount)
        except stripe.InvalidRequestError:
            return 0

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(attempt, range(8))) == 900


def test_only_captured_money_is_refunded(world: World) -> None:
    held = world.paid(payment_intent_data={"capture_method": "manual"})
    assert world.refused(lambda: refund(world, held)).http_status == 400
    world.client.v1.payment_intents.capture(held.payment_intent, params={"amount_to_capture": 500})
    assert world.refused(lambda: refund(world, held, amount=501)).http_status == 400
    assert refund(world, held).amount == 500


def test_a_pending_refund_settles_in_time(tmp_path: Path) -> None:
    with a_world(tmp_path, refund_seconds=0.2) as world:
        pending = refund(world, world.paid("4000000000007726"), reason="requested_by_customer")
        assert (pending.status, pending.pending_reason) == ("pending", "processing")
        assert world.receiver.wait_for("refund.updated").data.object.status == "succeeded"
        assert world.receiver.types().count("refund.failed") == 0


def test_a_refund_that_seemed_done_fails_later_and_the_money_is_back(tmp_path: Path) -> None:
    with a_world(tmp_path, refund_seconds=0.2) as world:
        session = world.paid("4000000000005126")
        assert refund(world, session, amount=1000).status == "succeeded"
        failed = world.receiver.wait_for("refund.failed").data.object
        assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
        charge = world.client.v1.charges.retrieve(failed.charge)
        assert (charge.amount_refunded, charge.refunded) == (0, False)
        assert refund(world, session).amount == 1234


def test_a_refund_can_be_cancelled_only_while_it_waits_for_the_customer(world: World) -> None:
    pending = refund(world, world.paid("4000000000007726"))
    assert world.refused(lambda: world.client.v1.refunds.cancel(pending.id)).http_status == 400
    world.control(f"refunds/{pending.id}/settle", outcome="requires_action")
    assert world.client.v1.refunds.cancel(pending.id).status == "canceled"
    charge = world.client.v1.charges.retrieve(pending.charge)
    assert charge.amount_refunded == 0


def test_refund_metadata_is_updated_and_reported(world: World) -> None:
    made = refund(world, world.paid(), metadata={"refund_id": "ref_1"})
    assert made.metadata.to_dict() == {"refund_id": "ref_1"}
    world.client.v1.refunds.update(made.id, params={"metadata": {"more": "1"}})
    changed = world.receiver.wait_for("refund.updated").data.object
    assert changed.metadata.to_dict() == {"refund_id": "ref_1", "more": "1"}


@pytest.mark.parametrize(("card", "available"), [("4242424242424242", 0), ("4000000000000077", 9680)])
def test_the_balance_is_the_sum_of_its_transactions(world: World, card: str, available: int) -> None:
    session = world.paid(card, amount=10000)
    balance = world.client.v1.balance.retrieve()
    assert (balance.available[0].amount, balance.pending[0].amount) == (available, 9680 - available)
    world.clock.offset += 3 * 86_400
    assert world.client.v1.balance.retrieve().available[0].amount == 9680
    refund(world, session, amount=400)
    assert world.client.v1.balance.retrieve().available[0].amount == 9280
    listed = world.client.v1.balance_transactions.list()
    assert [(each.type, each.amount, each.fee, each.status) for each in listed.data] == [
        ("refund", -400, 0, "available"),
        ("charge", 10000, 320, "available"),
    ]


def test_a_refund_by_hand_reaches_the_merchant(world: World) -> None:
    made = refund(world, world.paid("4000000000007726"))
    world.control(f"refunds/{made.id}/settle", outcome="failed")
    world.receiver.wait_for("refund.failed")
    wait_until(lambda: world.client.v1.refunds.retrieve(made.id).status == "failed", "the refund")
