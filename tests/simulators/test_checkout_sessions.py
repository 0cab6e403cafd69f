"""Checkout sessions, from creation to payment or expiry."""

from __future__ import annotations

from functools import partial

import pytest

from tests.simulators.world import World, a_session


def test_a_new_session_is_open_unpaid_and_has_no_intent_yet(world: World) -> None:
    session = world.session(metadata={"payment_id": "pay_1"}, client_reference_id="pay_1", customer_email="a@b.example")
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert (session.amount_total, session.currency, session.mode, session.ui_mode) == (
        1234,
        "usd",
        "payment",
        "hosted_page",
    )
    assert session.url == f"{world.base}/pay/{session.id}"
    assert session.expires_at - session.created == 24 * 3600
    assert session.metadata.to_dict() == {"payment_id": "pay_1"}
    assert session.customer_details.email == "a@b.example"
    assert "line_items" not in session


def test_a_paid_session_is_complete_and_its_intent_carries_what_was_asked_for(world: World) -> None:
    data = {"metadata": {"payment_id": "pay_1"}, "description": "Order 7", "statement_descriptor_suffix": "ORDER 7"}
    session = world.paid(payment_intent_data=data, metadata={"on": "session"})
    assert (session.status, session.payment_status, session.url) == ("complete", "paid", None)
    intent = world.client.v1.payment_intents.retrieve(session.payment_intent)
    assert (intent.status, intent.amount, intent.amount_received) == ("succeeded", 1234, 1234)
    assert intent.metadata.to_dict() == {"payment_id": "pay_1"}
    assert (intent.description, intent.statement_descriptor_suffix) == ("Order 7", "ORDER 7")
    world.receiver.wait_for("checkout.session.completed", "payment_intent.succeeded", "charge.succeeded")
    assert world.state()["captured"] == {intent.id: 1234}


def test_a_declined_session_stays_open_and_the_next_card_uses_the_same_intent(world: World) -> None:
    session = world.session()
    declined = world.control(f"sessions/{session.id}/pay", card="4000000000009995")
    assert (declined["outcome"], declined["decline"]["decline_code"]) == ("declined", "insufficient_funds")
    open_session = world.client.v1.checkout.sessions.retrieve(session.id)
    assert (open_session.status, open_session.payment_status, open_session.payment_intent) == ("open", "unpaid", None)
    failed = world.receiver.wait_for("payment_intent.payment_failed").data.object
    assert failed.last_payment_error.decline_code == "insufficient_funds"
    paid = world.control(f"sessions/{session.id}/pay", card="4242424242424242")
    assert (paid["outcome"], paid["payment_intent"]) == ("paid", failed.id)
    assert paid["redirect"] == f"http://127.0.0.1:9/ok?session={session.id}"
    assert world.receiver.types().count("payment_intent.created") == 1


def test_an_authorised_session_is_complete_but_unpaid_until_captured(world: World) -> None:
    session = world.paid(payment_intent_data={"capture_method": "manual"})
    assert (session.status, session.payment_status) == ("complete", "unpaid")
    held = world.receiver.wait_for("payment_intent.amount_capturable_updated").data.object
    assert (held.status, held.amount_capturable, held.amount_received) == ("requires_capture", 1234, 0)
    captured = world.client.v1.payment_intents.capture(session.payment_intent, params={"amount_to_capture": 1000})
    assert (captured.status, captured.amount_received, captured.amount_capturable) == ("succeeded", 1000, 0)
    world.receiver.wait_for("charge.captured", "payment_intent.succeeded")


@pytest.mark.parametrize("outcome", ["succeeded", "failed"])
def test_a_bank_debit_completes_unpaid_and_settles_later(world: World, outcome: str) -> None:
    session = world.session()
    world.control(f"sessions/{session.id}/pay", method="bank_debit")
    completed = world.receiver.wait_for("checkout.session.completed", "payment_intent.processing").data.object
    assert (completed.status, completed.payment_status) == ("complete", "unpaid")
    world.control(f"payment_intents/{completed.payment_intent}/settle_async", outcome=outcome)
    later = world.receiver.wait_for(f"checkout.session.async_payment_{outcome}").data.object
    assert later.payment_status == ("paid" if outcome == "succeeded" else "unpaid")
    world.receiver.wait_for("payment_intent.succeeded" if outcome == "succeeded" else "payment_intent.payment_failed")


def test_a_card_with_authentication_pays_after_the_challenge(world: World) -> None:
    session = world.session()
    asked = world.control(f"sessions/{session.id}/pay", card="4000002760003184")
    assert (asked["outcome"], asked["session"]["status"]) == ("requires_action", "open")
    world.receiver.wait_for("payment_intent.requires_action")
    world.control(f"payment_intents/{asked['payment_intent']}/authenticate", outcome="succeeded")
    assert world.receiver.wait_for("checkout.session.completed").data.object.payment_status == "paid"


def test_a_failed_challenge_leaves_the_session_open(world: World) -> None:
    session = world.session()
    asked = world.control(f"sessions/{session.id}/pay", card="4000002760003184")
    world.control(f"payment_intents/{asked['payment_intent']}/authenticate", outcome="failed")
    failed = world.receiver.wait_for("payment_intent.payment_failed").data.object
    assert failed.last_payment_error.code == "payment_intent_authentication_failure"
    assert world.control(f"sessions/{session.id}/pay")["outcome"] == "paid"


def test_only_an_open_session_can_be_expired(world: World) -> None:
    session = world.session()
    assert world.client.v1.checkout.sessions.expire(session.id).status == "expired"
    world.receiver.wait_for("checkout.session.expired")
    for finished in (session, world.paid()):
        error = world.refused(partial(world.client.v1.checkout.sessions.expire, finished.id))
        assert (type(error).__name__, error.http_status) == ("InvalidRequestError", 400)


def test_expiring_after_a_decline_cancels_the_intent(world: World) -> None:
    session = world.session()
    world.control(f"sessions/{session.id}/pay", card="4000000000000002")
    world.client.v1.checkout.sessions.expire(session.id)
    assert world.receiver.wait_for("payment_intent.canceled").data.object.status == "canceled"


def test_a_session_expires_by_itself_when_its_time_is_over(world: World) -> None:
    session = world.session(expires_at=int(world.clock()) + 1805)
    world.clock.offset += 1900
    assert world.receiver.wait_for("checkout.session.expired").data.object.id == session.id
    assert world.client.v1.checkout.sessions.retrieve(session.id).status == "expired"


@pytest.mark.parametrize("seconds", [29 * 60, 24 * 3600 + 60])
def test_expiry_must_be_between_half_an_hour_and_a_day(world: World, seconds: int) -> None:
    error = world.refused(lambda: world.session(expires_at=int(world.clock()) + seconds))
    assert error.error is not None
    assert error.error.param == "expires_at"


def test_line_items_come_in_pages_in_their_order(world: World) -> None:
    items = [
        {"price_data": {"currency": "usd", "unit_amount": 100, "product_data": {"name": f"n{n}"}}, "quantity": n}
        for n in range(1, 4)
    ]
    session = world.client.v1.checkout.sessions.create(params=a_session(line_items=items))
    assert session.amount_total == 600
    first = world.client.v1.checkout.sessions.line_items.list(session.id, params={"limit": 2})
    assert [item.description for item in first.data] == ["n1", "n2"]
    assert [item.description for item in first.auto_paging_iter()] == ["n1", "n2", "n3"]
    expanded = world.client.v1.checkout.sessions.retrieve(session.id, params={"expand": ["line_items"]})
    assert expanded.line_items is not None
    assert [item.quantity for item in expanded.line_items.data] == [1, 2, 3]


def test_an_intent_leads_to_its_session(world: World) -> None:
    session, _other = world.paid(), world.paid()
    found = world.client.v1.checkout.sessions.list(params={"payment_intent": session.payment_intent})
    assert [each.id for each in found.data] == [session.id]
    assert [each.id for each in world.client.v1.checkout.sessions.list(params={"status": "open"}).data] == []


def test_ids_are_expanded_into_objects_several_levels_deep(world: World) -> None:
    session = world.paid()
    path = "payment_intent.latest_charge.balance_transaction"
    expanded = world.client.v1.checkout.sessions.retrieve(session.id, params={"expand": [path]})
    assert expanded.payment_intent.latest_charge.balance_transaction.amount == 1234
    for wrong in ("status", "payment_intent.a.b.c.d"):
        error = world.refused(
            partial(world.client.v1.checkout.sessions.retrieve, session.id, params={"expand": [wrong]})
        )
        assert error.http_status == 400


def test_the_intent_of_an_open_session_belongs_to_its_payer(world: World) -> None:
    session = world.session()
    intent = world.control(f"sessions/{session.id}/pay", card="4000000000000002")["payment_intent"]
    intents = world.client.v1.payment_intents
    for call in (
        partial(intents.cancel, intent),
        partial(intents.confirm, intent, params={"payment_method": "pm_card_visa"}),
    ):
        assert world.refused(call).http_status == 400
    assert world.state()["captured"] == {}
