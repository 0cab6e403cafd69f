"""Charging at once over Stripe's SDK and real sockets: what is sent, and what each answer is taken for."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import a_draft, a_session
from tests.unit.adapters.stripe_charge_answers import (
    ASKS,
    CANCELLED,
    DECLINED,
    HARD,
    INTENT,
    NOT_CANCELLED,
    TAKEN,
    UNCONFIRMED,
    error,
    made_charges,
    parameters,
    paths,
    refused,
)
from tests.unit.adapters.stripe_server import StripeServer, stripe_server
from tollgate.adapters.providers.stripe.charges import StripeCharges
from tollgate.checkout.charge_ports import Declined, OnItsWay
from tollgate.checkout.ports import Opened, Rejected, Unknown, Unreachable
from tollgate.payments.declines import Decline, DeclineClass


@pytest.fixture
def server() -> Iterator[StripeServer]:
    with stripe_server() as started:
        yield started


@pytest.fixture
def charges(server: StripeServer) -> StripeCharges:
    return made_charges(server.url)


class TestCharging:
    def test_the_stored_parameters_go_out_under_our_key_and_the_pinned_version(
        self, server: StripeServer, charges: StripeCharges
    ) -> None:
        server.answers = [(200, INTENT)]
        assert charges.charge(parameters(charges, return_url="https://shop.example/?a=1"), "key_1") == TAKEN
        (asked,) = server.asked
        assert (asked.method, asked.path) == ("POST", "/v1/payment_intents")
        assert asked.headers["Idempotency-Key"] == "key_1"
        assert asked.headers["Stripe-Version"] == "2026-10-28.endive"
        assert asked.form == {
            "amount": "5000",
            "currency": "usd",
            "payment_method": "pm_1",
            "customer": "cus_1",
            "allowed_payment_method_types[0]": "card",
            "confirm": "true",
            "metadata[tollgate_tenant]": "demo",
            "metadata[tollgate_payment]": a_draft().id,
            "return_url": "https://shop.example/?a=1",
        }

    def test_the_bytes_that_were_stored_decide(self, server: StripeServer, charges: StripeCharges) -> None:
        server.answers = [(200, INTENT)]
        charges.charge(json.dumps({"amount": 7, "off_session": True}), "key_1")
        assert server.asked[0].form == {"amount": "7", "off_session": "true"}

    @pytest.mark.parametrize(
        ("answer", "outcome"),
        [
            (refused(DECLINED), HARD),
            (refused(DECLINED, status=400), HARD),
            (refused(DECLINED | {"last_payment_error": None}), HARD),
            ((200, DECLINED), HARD),
            (refused(None), HARD),
            (refused(INTENT), TAKEN),
            (error(400, "invalid_request_error", code="resource_missing", param="payment_method"), "resource_missing"),
            (error(400, "invalid_request_error", code="resource_missing", param="customer"), "resource_missing"),
            (
                error(400, "invalid_request_error", code="payment_method_unexpected_state"),
                "payment_method_unexpected_state",
            ),
            (error(400, "invalid_request_error"), "declined"),
            (
                error(400, "invalid_request_error", code="amount_too_small", param="amount"),
                Rejected("amount_too_small"),
            ),
            (error(400, "invalid_request_error", param="return_url"), Rejected("InvalidRequestError")),
            (error(404, "invalid_request_error"), Rejected("InvalidRequestError")),
            (error(400, "idempotency_error"), Unknown("IdempotencyError", key_spent=True, told=True)),
            (error(401, "invalid_request_error"), Unreachable("AuthenticationError", credentials_refused=True)),
            (error(403, "invalid_request_error"), Unreachable("PermissionError", credentials_refused=True)),
            (error(409, "idempotency_error", code="idempotency_key_in_use"), Unknown("APIError 409")),
            (error(429, "invalid_request_error", code="rate_limit"), Unreachable("RateLimitError")),
            (error(429, "invalid_request_error", code="lock_timeout"), Unknown("lock_timeout", told=True)),
            (error(500), Unknown("APIError 500", key_spent=True)),
            (error(503), Unknown("APIError 503")),
            (refused(DECLINED, status=500), Unknown("APIError 500", key_spent=True)),
            ((502, "<html>Bad gateway</html>"), Unknown("APIError 502")),
            ((200, "not json"), Unknown("APIError 200")),
            ((200, {"id": "pi_1"}), Unknown("an answer that cannot be read: KeyError")),
            ((200, [INTENT]), Unknown("an answer that cannot be read: TypeError")),
            ((200, INTENT | {"amount_received": "5000"}), Unknown("an answer that cannot be read: TypeError")),
        ],
    )
    def test_each_answer_is_an_outcome_and_nothing_is_asked_twice(
        self, server: StripeServer, charges: StripeCharges, answer: tuple[int, Any], outcome: object
    ) -> None:
        server.answers = [answer]
        expected = Declined(Decline(DeclineClass.FIX_INPUT, outcome)) if isinstance(outcome, str) else outcome
        assert charges.charge(parameters(charges), "key_1") == expected
        assert len(server.asked) == 1

    @pytest.mark.parametrize("status", ["processing", "requires_capture", "of the future"])
    def test_what_is_neither_done_nor_given_up_is_on_its_way(
        self, server: StripeServer, charges: StripeCharges, status: str
    ) -> None:
        server.answers = [(200, INTENT | {"status": status})]
        outcome = charges.charge(parameters(charges), "key_1")
        assert isinstance(outcome, OnItsWay)
        assert (outcome.session.reference, outcome.session.url) == ("pi_1", None)

    def test_a_refused_connection_surely_had_no_effect(self) -> None:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            charges = made_charges(f"http://127.0.0.1:{closed.getsockname()[1]}")
            assert charges.charge(parameters(charges), "key_1") == Unreachable("no connection")

    def test_without_a_key_nothing_is_sent(self, server: StripeServer) -> None:
        charges, missing = made_charges(server.url, " "), Unreachable("no credentials", credentials_refused=True)
        assert charges.charge(parameters(charges), "key_1") == missing
        assert charges.resolve(a_draft(), parameters(charges), "key_1", timedelta(days=1)) == missing
        assert charges.look_at_charge(a_session("pi_1")) == missing
        assert charges.cancel_charge(a_session("pi_1")) == missing
        assert not server.asked


class TestConfirming:
    """Only a buyer who is there is sent to the bank; otherwise nothing may stay open."""

    def test_a_buyer_who_is_there_is_sent_to_the_bank(self, server: StripeServer, charges: StripeCharges) -> None:
        server.answers = [(200, ASKS)]
        outcome = charges.charge(parameters(charges, return_url="https://shop.example"), "key_1")
        assert isinstance(outcome, Opened)
        assert (outcome.session.reference, outcome.session.url) == ("pi_1", "https://hooks.stripe.com/1")

    @pytest.mark.parametrize(
        "answer", [(200, ASKS), refused(ASKS), (200, INTENT | {"status": "requires_confirmation"})]
    )
    @pytest.mark.parametrize("off_session", [True, False])
    def test_where_nobody_is_it_is_cancelled_before_it_is_declined(
        self, server: StripeServer, charges: StripeCharges, answer: Any, off_session: bool
    ) -> None:
        server.answers = [answer, (200, CANCELLED | {"last_payment_error": None})]
        assert charges.charge(parameters(charges, off_session=off_session), "key_1") == UNCONFIRMED
        assert paths(server) == ["POST ", "POST /pi_1/cancel"]

    def test_what_wants_something_that_no_page_gives_is_cancelled(
        self, server: StripeServer, charges: StripeCharges
    ) -> None:
        server.answers = [(200, ASKS | {"next_action": {"type": "use_stripe_sdk"}}), (200, CANCELLED)]
        assert charges.charge(parameters(charges, return_url="https://shop.example"), "key_1") == UNCONFIRMED

    def test_what_was_taken_before_it_could_be_cancelled_is_taken(
        self, server: StripeServer, charges: StripeCharges
    ) -> None:
        server.answers = [(200, ASKS), NOT_CANCELLED, (200, INTENT)]
        assert charges.charge(parameters(charges), "key_1") == TAKEN

    @pytest.mark.parametrize(
        "answers",
        [[error(503)], [error(401)], [error(429)], [NOT_CANCELLED, error(404)], [NOT_CANCELLED, (200, ASKS)]],
    )
    def test_what_could_not_be_cancelled_leaves_no_way_to_another_provider(
        self, server: StripeServer, charges: StripeCharges, answers: list[Any]
    ) -> None:
        server.answers = [(200, ASKS), *answers]
        assert isinstance(charges.charge(parameters(charges), "key_1"), Unknown)
