"""Payment intents and charges made by the merchant's own server."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import stripe

from tests.simulators.world import World


def charge(world: World, method: str = "pm_card_visa", **changes: Any) -> Any:
    params = {"amount": 5000, "currency": "usd", "payment_method": method, "confirm": True, **changes}
    return world.client.v1.payment_intents.create(params=params)


def test_a_confirmed_intent_succeeds_and_its_charge_shows_fee_and_settlement(world: World) -> None:
    intent = charge(world, expand=["latest_charge.balance_transaction"])
    transaction = intent.latest_charge.balance_transaction
    assert (intent.status, intent.amount_received) == ("succeeded", 5000)
    assert (transaction.fee, transaction.net) == (175, 4825)
    assert transaction.available_on > intent.created
    world.receiver.wait_for("payment_intent.created", "payment_intent.succeeded", "charge.succeeded", "charge.updated")


def test_asynchronous_capture_reports_the_charge_before_its_balance_transaction(world: World) -> None:
    charge(world)
    assert world.receiver.wait_for("charge.succeeded").data.object.balance_transaction is None
    assert world.receiver.wait_for("charge.updated").data.object.balance_transaction is not None


@pytest.mark.parametrize(
    ("method", "code", "decline_code"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
        ("pm_card_radarBlock", "card_declined", "fraudulent"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
        ("pm_card_chargeCustomerFail", "card_declined", "generic_decline"),
    ],
)
def test_a_declined_card_is_a_card_error_that_carries_the_intent(
    world: World, method: str, code: str, decline_code: str | None
) -> None:
    error = world.refused(lambda: charge(world, method))
    assert isinstance(error, stripe.CardError)
    assert error.error is not None
    assert (error.http_status, error.code, error.error.decline_code) == (402, code, decline_code)
    assert error.error.payment_intent is not None
    intent = world.client.v1.payment_intents.retrieve(error.error.payment_intent.id)
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.code == code
    failed = world.client.v1.charges.retrieve(str(intent.latest_charge))
    assert (failed.status, failed.paid, failed.failure_code) == ("failed", False, code)
    assert failed.outcome is not None
    assert failed.outcome.type == ("blocked" if method == "pm_card_radarBlock" else "issuer_declined")
    world.receiver.wait_for("payment_intent.payment_failed", "charge.failed")


def test_only_hard_declines_advise_not_to_try_again(world: World) -> None:
    advice = {}
    for method in ("pm_card_visa_chargeDeclined", "pm_card_visa_chargeDeclinedStolenCard"):
        error = world.refused(partial(charge, world, method)).error
        advice[method] = error.advice_code if error else None
    assert list(advice.values()) == ["try_again_later", "do_not_try_again"]


def test_a_held_amount_is_captured_in_part_and_the_rest_released(world: World) -> None:
    intent = charge(world, capture_method="manual")
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 5000)
    error = world.refused(
        lambda: world.client.v1.payment_intents.capture(intent.id, params={"amount_to_capture": 5001})
    )
    assert error.http_status == 400
    captured = world.client.v1.payment_intents.capture(intent.id, params={"amount_to_capture": 3000})
    assert (captured.status, captured.amount_received, captured.amount_capturable) == ("succeeded", 3000, 0)
    kept = world.client.v1.charges.retrieve(str(captured.latest_charge))
    assert (kept.amount_captured, kept.amount_refunded, kept.refunded) == (3000, 0, False)
    again = world.refused(lambda: world.client.v1.payment_intents.capture(intent.id))
    assert again.code == "payment_intent_unexpected_state"


def test_several_captures_need_multicapture(world: World) -> None:
    single = charge(world, capture_method="manual")
    partly: Any = {"amount_to_capture": 1000, "final_capture": False}
    assert world.refused(lambda: world.client.v1.payment_intents.capture(single.id, params=partly)).http_status == 400
    options = {"card": {"request_multicapture": "if_available"}}
    several = charge(world, capture_method="manual", payment_method_options=options)
    first = world.client.v1.payment_intents.capture(several.id, params=partly)
    assert (first.status, first.amount_capturable, first.amount_received) == ("requires_capture", 4000, 1000)
    last = world.client.v1.payment_intents.capture(several.id)
    assert (last.status, last.amount_received) == ("succeeded", 5000)


def test_cancelling_releases_a_held_amount(world: World) -> None:
    intent = charge(world, capture_method="manual")
    cancelled = world.client.v1.payment_intents.cancel(intent.id, params={"cancellation_reason": "duplicate"})
    assert (cancelled.status, cancelled.amount_capturable, cancelled.cancellation_reason) == (
        "canceled",
        0,
        "duplicate",
    )
    world.receiver.wait_for("payment_intent.canceled")
    error = world.refused(lambda: world.client.v1.payment_intents.cancel(intent.id))
    assert error.code == "payment_intent_unexpected_state"
    _is_released(world, str(cancelled.latest_charge))


def _is_released(world: World, id_: str) -> None:
    """As a refund that no balance has to do with."""
    (refund,) = world.client.v1.refunds.list().data
    assert (refund.charge, refund.amount, refund.status, refund.balance_transaction) == (id_, 5000, "succeeded", None)
    world.receiver.wait_for("refund.created")
    told = world.receiver.wait_for("charge.refunded").data.object
    for released in (told, world.client.v1.charges.retrieve(id_)):
        assert (released.captured, released.amount_captured) == (False, 0)
        assert (released.amount_refunded, released.refunded) == (5000, True)
    assert world.state()["captured"] == {}
    assert world.client.v1.balance_transactions.list().data == []


def test_what_waits_for_its_buyer_is_cancelled_without_a_refund(world: World) -> None:
    intent = charge(world, "pm_card_authenticationRequired", return_url="http://127.0.0.1:9/back")
    world.client.v1.payment_intents.cancel(intent.id)
    assert world.client.v1.refunds.list().data == []


def test_a_hold_lapses_after_seven_days(world: World) -> None:
    intent = charge(world, capture_method="manual")
    world.clock.offset += 7 * 86_400 + 1
    assert (
        world.receiver.wait_for("payment_intent.canceled", "charge.expired").data.object.cancellation_reason
        == "expired"
    )
    lapsed = world.client.v1.payment_intents.retrieve(intent.id)
    assert lapsed.status == "canceled"
    _is_released(world, str(lapsed.latest_charge))


def test_authentication_is_asked_for_answered_and_leads_back_to_the_merchant(world: World) -> None:
    intent = charge(world, "pm_card_authenticationRequired", return_url="http://127.0.0.1:9/back")
    assert (intent.status, intent.next_action.type) == ("requires_action", "redirect_to_url")
    assert intent.next_action.redirect_to_url.url == f"{world.base}/authenticate/{intent.id}"
    world.control(f"payment_intents/{intent.id}/authenticate", outcome="succeeded")
    assert world.client.v1.payment_intents.retrieve(intent.id).status == "succeeded"


@pytest.mark.parametrize("absent", [{"off_session": True}, {"error_on_requires_action": True}])
def test_nobody_there_to_authenticate_is_a_decline(world: World, absent: dict[str, bool]) -> None:
    error = world.refused(lambda: charge(world, "pm_card_authenticationRequired", **absent))
    assert (error.http_status, error.code) == (402, "authentication_required")


def test_an_intent_is_confirmed_later_with_another_card(world: World) -> None:
    intent = world.client.v1.payment_intents.create(params={"amount": 700, "currency": "eur"})
    assert intent.status == "requires_payment_method"
    assert world.refused(lambda: world.client.v1.payment_intents.confirm(intent.id)).http_status == 400
    declined: Any = {"payment_method": "pm_card_visa_chargeDeclined"}
    assert world.refused(lambda: world.client.v1.payment_intents.confirm(intent.id, params=declined)).http_status == 402
    confirmed = world.client.v1.payment_intents.confirm(intent.id, params={"payment_method": "pm_card_visa"})
    assert (confirmed.id, confirmed.status) == (intent.id, "succeeded")
    error = world.refused(lambda: world.client.v1.payment_intents.confirm(intent.id))
    assert error.code == "payment_intent_unexpected_state"


def test_a_card_saved_to_a_customer_is_charged_again_and_an_unsaved_one_is_not(world: World) -> None:
    customer = world.client.v1.customers.create(params={"email": "a@b.example"})
    saved = charge(world, customer=customer.id, setup_future_usage="off_session")
    again = charge(world, saved.payment_method, customer=customer.id, off_session=True)
    assert again.status == "succeeded"
    unsaved = charge(world)
    assert world.refused(lambda: charge(world, unsaved.payment_method)).http_status == 400
    assert world.refused(lambda: charge(world, saved.payment_method)).http_status == 400


def test_metadata_is_merged_and_emptied_by_name(world: World) -> None:
    intent = charge(world, metadata={"a": "1", "b": "2"})
    updated = world.client.v1.payment_intents.update(intent.id, params={"metadata": {"a": "", "c": "3"}})
    assert updated.metadata.to_dict() == {"b": "2", "c": "3"}


def test_lists_go_through_pages_in_both_directions_newest_first(world: World) -> None:
    made = [charge(world).id for _ in range(5)]
    intents = world.client.v1.payment_intents
    assert [each.id for each in intents.list(params={"limit": 2}).auto_paging_iter()] == made[::-1]
    page = intents.list(params={"limit": 2, "ending_before": made[1]})
    assert ([each.id for each in page.data], page.has_more) == ([made[3], made[2]], True)
    assert world.refused(lambda: intents.list(params={"starting_after": "pi_unknown"})).code == "resource_missing"
    charges = world.client.v1.charges.list(params={"payment_intent": made[0]})
    assert [each.payment_intent for each in charges.data] == [made[0]]
    later: Any = {"created": {"gt": int(world.clock()) + 60}}
    assert intents.list(params=later).data == []


def test_a_deleted_customer_can_be_seen_but_not_used(world: World) -> None:
    customer = world.client.v1.customers.create(params={"name": "A", "metadata": {"k": "v"}})
    changed = world.client.v1.customers.update(customer.id, params={"name": "B", "phone": ""})
    assert (changed.name, changed.phone) == ("B", None)
    assert world.client.v1.customers.delete(customer.id).deleted
    assert world.client.v1.customers.retrieve(customer.id).deleted
    assert world.refused(lambda: charge(world, customer=customer.id)).code == "resource_missing"
    assert world.client.v1.customers.list().data == []
    world.receiver.wait_for("customer.created", "customer.updated", "customer.deleted")
