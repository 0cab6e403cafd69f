"""Charges whose answer was lost, and those that wait: what is asked, and what each answer is taken for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import NOW, a_draft, a_session, usd
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
    found,
    made_charges,
    parameters,
    paths,
)
from tests.unit.adapters.stripe_server import StripeServer, stripe_server
from tollgate.adapters.providers.stripe.charges import StripeCharges
from tollgate.checkout.charge_ports import Declined, NeverMade
from tollgate.checkout.ports import Closed, Rejected, StillOpen, Unknown
from tollgate.payments.declines import DeclineClass
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Capture, Report


@pytest.fixture
def server() -> Iterator[StripeServer]:
    with stripe_server() as started:
        yield started


@pytest.fixture
def charges(server: StripeServer) -> StripeCharges:
    return made_charges(server.url)


class TestResolving:
    def ask(self, charges: StripeCharges, age: timedelta = timedelta(minutes=20)) -> object:
        return charges.resolve(a_draft(), parameters(charges), "key_1", age)

    def test_it_is_searched_for_by_our_id_and_read_as_it_stands(
        self, server: StripeServer, charges: StripeCharges
    ) -> None:
        server.answers = [found(ASKS), (200, INTENT)]
        assert self.ask(charges) == TAKEN
        assert [asked.method for asked in server.asked] == ["GET", "GET"]
        assert server.asked[0].path.startswith("/v1/payment_intents/search?query=metadata")
        assert a_draft().id in server.asked[0].path

    @pytest.mark.parametrize(
        ("minutes", "outcome"), [(74, Unknown("not found, which says nothing yet", told=True)), (75, NeverMade())]
    )
    @pytest.mark.parametrize("others", [(), (INTENT | {"metadata": {}},)])
    def test_what_is_not_found_was_not_made_once_it_would_surely_be_found(
        self, server: StripeServer, charges: StripeCharges, minutes: int, outcome: object, others: tuple[Any, ...]
    ) -> None:
        server.answers = [found(*others)]
        assert self.ask(charges, timedelta(minutes=minutes)) == outcome

    def test_what_waits_for_a_buyer_is_cancelled(self, server: StripeServer, charges: StripeCharges) -> None:
        server.answers = [found(ASKS), (200, ASKS), (200, CANCELLED)]
        assert self.ask(charges) == UNCONFIRMED

    def test_what_was_declined_stays_as_it_is(self, server: StripeServer, charges: StripeCharges) -> None:
        server.answers = [found(DECLINED), (200, DECLINED)]
        assert self.ask(charges) == HARD

    def test_what_was_never_tried_is_cancelled(self, server: StripeServer, charges: StripeCharges) -> None:
        fresh = DECLINED | {"last_payment_error": None}
        server.answers = [found(fresh), (200, fresh), (200, CANCELLED)]
        assert isinstance(self.ask(charges), Declined)
        assert paths(server)[-1] == "POST /pi_1/cancel"

    def test_of_several_the_one_that_took_money_decides(self, server: StripeServer, charges: StripeCharges) -> None:
        server.answers = [found(DECLINED, INTENT), (200, DECLINED), (200, INTENT)]
        assert self.ask(charges) == TAKEN

    @pytest.mark.parametrize(
        "answers",
        [
            [error(500)],
            [error(400, "invalid_request_error", code="search_unavailable", param="query")],
            [(200, {"object": "search_result"})],
            [found(INTENT), error(404, "invalid_request_error")],
            [found(ASKS), (200, ASKS), error(503)],
        ],
    )
    def test_when_stripe_does_not_tell_it_is_unknown(
        self, server: StripeServer, charges: StripeCharges, answers: list[Any]
    ) -> None:
        server.answers = answers
        assert isinstance(self.ask(charges, timedelta(days=1)), Unknown)


class TestLookingAndCancelling:
    @pytest.mark.parametrize(
        ("intent", "outcome"),
        [
            (ASKS, StillOpen()),
            (INTENT, Closed(Report(Fact.CAPTURED, NOW, capture=Capture("pi_1", usd(5_000), NOW)))),
            (DECLINED, Closed(Report(Fact.DECLINED, NOW, reason="declined", about="pi_1", decline=DeclineClass.HARD))),
            (CANCELLED, Closed(Report(Fact.EXPIRED, NOW, about="pi_1"))),
        ],
    )
    def test_looking_reads_and_changes_nothing(
        self, server: StripeServer, charges: StripeCharges, intent: Any, outcome: object
    ) -> None:
        server.answers = [(200, intent)]
        assert charges.look_at_charge(a_session("pi_1")) == outcome
        assert paths(server) == ["GET /pi_1"]

    def test_what_stripe_does_not_know_is_refused(self, server: StripeServer, charges: StripeCharges) -> None:
        server.answers = [error(404, "invalid_request_error", code="resource_missing")]
        assert charges.look_at_charge(a_session("pi_1")) == Rejected("resource_missing")

    @pytest.mark.parametrize(
        ("answers", "outcome"),
        [
            ([(200, CANCELLED)], Closed(Report(Fact.EXPIRED, NOW, about="pi_1"))),
            ([NOT_CANCELLED, (200, CANCELLED)], Closed(Report(Fact.EXPIRED, NOW, about="pi_1"))),
            (
                [NOT_CANCELLED, (200, INTENT)],
                Closed(Report(Fact.CAPTURED, NOW, capture=Capture("pi_1", usd(5_000), NOW))),
            ),
            (
                [NOT_CANCELLED, (200, INTENT | {"status": "processing"})],
                Closed(Report(Fact.PROCESSING, NOW, about="pi_1")),
            ),
            ([NOT_CANCELLED, (200, ASKS)], Unknown("the charge was not cancelled", told=True)),
            ([NOT_CANCELLED, (200, DECLINED)], Unknown("the charge was not cancelled", told=True)),
            ([error(503)], Unknown("APIError 503")),
        ],
    )
    def test_cancelling_ends_it_or_learns_how_it_ended(
        self, server: StripeServer, charges: StripeCharges, answers: list[Any], outcome: object
    ) -> None:
        server.answers = answers
        assert charges.cancel_charge(a_session("pi_1")) == outcome
        assert paths(server)[0] == "POST /pi_1/cancel"
