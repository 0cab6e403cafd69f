"""Charges at Square over real sockets: what is asked, and what is known of every answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.simulators.square_world import LOCATION, TOKEN
from tests.support.builders import NOW, a_capture, a_draft, a_session, usd
from tests.support.fakes import MemorySecrets
from tests.unit.adapters.stripe_server import StripeServer, stripe_server
from tollgate.adapters.providers.square.api import SquareApi
from tollgate.adapters.providers.square.charges import SquareCharges
from tollgate.checkout.charge_ports import ChargeRequest, Declined, NeverMade, OnItsWay, ResolveOutcome, Taken
from tollgate.checkout.ports import Closed, Rejected, StillOpen, Unknown, Unreachable
from tollgate.kernel.clock import FixedClock, to_iso
from tollgate.payments.declines import Decline, DeclineClass
from tollgate.payments.lifecycle import Fact

SALE = a_draft(created_at=NOW - timedelta(minutes=10))
NOTE = {"note": f"tollgate:{SALE.tenant}:{SALE.id}", "reference_id": SALE.id}
PAID = {
    "id": "p1",
    "status": "COMPLETED",
    "total_money": {"amount": 5_000, "currency": "USD"},
    "created_at": to_iso(NOW),
}
YOUNG, OLD = timedelta(seconds=119), timedelta(minutes=2)
CANCEL, LIST = "POST /v2/payments/cancel", "GET /v2/payments"
TAKEN = Taken(a_capture("p1", usd(5_000), NOW))
NONE: tuple[int, Any] = (200, {})


@pytest.fixture
def server() -> Iterator[StripeServer]:
    with stripe_server() as started:
        yield started


def charges_at(base: str) -> SquareCharges:
    api = SquareApi(MemorySecrets({"square/api": {"access_token": TOKEN}}), base)
    return SquareCharges(api, FixedClock(NOW), {"USD": LOCATION})


def parameters() -> str:
    request = ChargeRequest({"square": "cnon:card-nonce-ok"})
    return SquareCharges(SquareApi(MemorySecrets()), FixedClock(NOW), {"USD": LOCATION}).charge_parameters(
        SALE, request
    )


def refused(*codes: str, status: int = 400, category: str = "INVALID_REQUEST_ERROR") -> tuple[int, Any]:
    return status, {"errors": [{"category": category, "code": each, "detail": "of Zoe"} for each in codes]}


def listed(*statuses: str, **fields: Any) -> tuple[int, Any]:
    return 200, {"payments": [PAID | NOTE | {"status": each} | fields for each in statuses]}


def resolved(server: StripeServer, age: timedelta, *answers: tuple[int, Any]) -> ResolveOutcome:
    server.answers = [*answers]
    return charges_at(server.url).resolve(SALE, parameters(), "key_1", age)


def asked(server: StripeServer) -> list[str]:
    return [f"{each.method} {each.path.partition('?')[0]}" for each in server.asked]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((200, {"payment": PAID}), TAKEN),
        ((200, {"payment": PAID | {"status": "FAILED"}}), Declined(Decline(DeclineClass.SOFT))),
        (refused("CARD_EXPIRED", status=402), Declined(Decline(DeclineClass.HARD, "card_expired"))),
        (
            refused("GENERIC_DECLINE", "CVV_FAILURE", category="PAYMENT_METHOD_ERROR"),
            Declined(Decline(DeclineClass.FIX_INPUT, "cvv_failure")),
        ),
        (
            refused("CARDHOLDER_INSUFFICIENT_PERMISSIONS", status=403),
            Declined(Decline(DeclineClass.HARD, "cardholder_insufficient_permissions")),
        ),
        (refused("CVV_FAILURE", "TEMPORARY_ERROR"), Unknown("CVV_FAILURE 400")),
        (refused("CARD_DECLINED", status=500), Unknown("CARD_DECLINED 500")),
        (refused("CARD_DECLINED", status=409), Unknown("CARD_DECLINED 409")),
        (refused("IDEMPOTENCY_KEY_REUSED"), Unknown("IDEMPOTENCY_KEY_REUSED", key_spent=True, told=True)),
        (refused("INVALID_VALUE"), Rejected("INVALID_VALUE")),
        (refused("UNAUTHORIZED", status=401), Unreachable("UNAUTHORIZED", credentials_refused=True)),
        (refused("FORBIDDEN", status=403), Unreachable("FORBIDDEN", credentials_refused=True)),
        (refused("RATE_LIMITED", status=429), Unreachable("RATE_LIMITED")),
        (refused("SERVICE_UNAVAILABLE", status=503), Unknown("SERVICE_UNAVAILABLE 503")),
        ((200, {}), Unknown("an answer that cannot be read: KeyError")),
        ((200, {"payment": PAID | {"total_money": {"amount": 1.5, "currency": "USD"}}}), None),
    ],
)
def test_an_answer_to_a_charge_is_an_outcome_and_nothing_is_sent_twice(
    server: StripeServer, answer: tuple[int, Any], outcome: object
) -> None:
    server.answers = [answer]
    got = charges_at(server.url).charge(parameters(), "key_1")
    assert isinstance(got, Unknown) if outcome is None else got == outcome
    assert asked(server) == ["POST /v2/payments"]


@pytest.mark.parametrize(
    ("status", "kind"), [("COMPLETED", Taken), ("FAILED", Declined), ("PENDING", OnItsWay), ("APPROVED", OnItsWay)]
)
def test_what_was_made_is_told_whether_or_not_it_may_be_called_off(
    server: StripeServer, status: str, kind: type[object]
) -> None:
    """Square may have forgotten the key, and then answers well."""
    young = Unknown if status == "FAILED" else kind
    assert isinstance(resolved(server, YOUNG, listed(status)), young)
    assert isinstance(resolved(server, OLD, refused("BAD_REQUEST"), listed(status)), kind)
    assert isinstance(resolved(server, OLD, NONE, listed(status)), kind)
    assert asked(server) == [LIST, CANCEL, LIST, CANCEL, LIST]


def test_what_may_still_arrive_is_not_called_off(server: StripeServer) -> None:
    """It would be taken all the same."""
    assert resolved(server, YOUNG, NONE) == Unknown("it may still arrive", told=True)
    assert resolved(server, YOUNG, listed("CANCELED")) == Unknown("it may still arrive", told=True)
    assert asked(server) == [LIST, LIST]


def test_a_try_that_failed_decides_nothing_while_another_may_still_arrive(server: StripeServer) -> None:
    """Under a key that came to nothing Square tries anew."""
    assert resolved(server, YOUNG, listed("FAILED")) == Unknown("it may still arrive", told=True)
    assert resolved(server, YOUNG, listed("FAILED", "COMPLETED")) == TAKEN
    assert isinstance(resolved(server, OLD, NONE, listed("FAILED")), Declined)


@pytest.mark.parametrize(
    ("called_off", "found", "outcome"),
    [
        (NONE, NONE, NeverMade()),
        (NONE, listed("CANCELED"), NeverMade()),
        (refused("BAD_REQUEST"), listed("CANCELED"), NeverMade()),
        (refused("NOT_FOUND", status=404), NONE, NeverMade()),
        (refused("BAD_REQUEST"), NONE, Unknown("it is neither called off nor found", told=True)),
        (NONE, listed("COMPLETED", note="another's", reference_id="another"), NeverMade()),
        (NONE, refused("INVALID_TIME"), Unknown("INVALID_TIME", told=True)),
        (NONE, refused("INTERNAL_SERVER_ERROR", status=500), Unknown("INTERNAL_SERVER_ERROR 500")),
    ],
)
def test_only_what_is_called_off_and_nowhere_to_be_found_was_never_made(
    server: StripeServer, called_off: tuple[int, Any], found: tuple[int, Any], outcome: object
) -> None:
    assert resolved(server, OLD, called_off, found) == outcome
    assert asked(server) == [CANCEL, LIST]


def test_a_calling_off_that_is_not_answered_leaves_it_in_doubt(server: StripeServer) -> None:
    assert resolved(server, OLD, refused("BAD_GATEWAY", status=502)) == Unknown("BAD_GATEWAY 502")
    assert asked(server) == [CANCEL]


def test_every_page_of_what_could_be_it_is_read(server: StripeServer) -> None:
    other = (200, {"payments": [PAID], "cursor": "next one"})
    assert resolved(server, OLD, NONE, other, listed("COMPLETED")) == TAKEN
    queries = [parse_qs(urlsplit(each.path).query) for each in server.asked[1:]]
    wanted = {"begin_time": [to_iso(NOW - timedelta(minutes=15))], "location_id": [LOCATION], "total": ["5000"]}
    assert queries == [wanted, wanted | {"cursor": ["next one"]}]


def test_what_was_sold_since_it_can_have_arrived_is_not_listed(server: StripeServer) -> None:
    assert resolved(server, timedelta(hours=1), NONE, NONE) == NeverMade()
    query = parse_qs(urlsplit(server.asked[1].path).query)
    assert query["end_time"] == [to_iso(NOW - timedelta(hours=1) + timedelta(minutes=2 + 5))]


@pytest.mark.parametrize(
    ("status", "fact"),
    [
        ("COMPLETED", Fact.CAPTURED),
        ("FAILED", Fact.DECLINED),
        ("CANCELED", Fact.EXPIRED),
        ("PENDING", Fact.PROCESSING),
    ],
)
def test_a_charge_that_has_ended_says_how_to_who_looks_and_to_who_cancels(
    server: StripeServer, status: str, fact: Fact
) -> None:
    told = (200, {"payment": PAID | NOTE | {"status": status}})
    server.answers = [told, refused("BAD_REQUEST"), told]
    charges, session = charges_at(server.url), a_session("p1", url=None)
    for outcome in (charges.look_at_charge(session), charges.cancel_charge(session)):
        assert isinstance(outcome, Closed)
        assert (outcome.report.fact, outcome.report.about in ("p1", None)) == (fact, True)
    assert asked(server) == ["GET /v2/payments/p1", "POST /v2/payments/p1/cancel", "GET /v2/payments/p1"]


def test_a_charge_that_is_only_authorised_is_open_and_in_doubt_where_it_may_not_be_cancelled(
    server: StripeServer,
) -> None:
    held = (200, {"payment": PAID | NOTE | {"status": "APPROVED"}})
    server.answers = [held, refused("BAD_REQUEST"), held]
    charges, session = charges_at(server.url), a_session("p1", url=None)
    assert charges.look_at_charge(session) == StillOpen()
    assert charges.cancel_charge(session) == Unknown("the payment can still be completed", told=True)


def test_a_charge_that_square_does_not_know_is_refused(server: StripeServer) -> None:
    server.answers = [refused("NOT_FOUND", status=404)] * 3
    charges, session = charges_at(server.url), a_session("p1", url=None)
    assert charges.look_at_charge(session) == charges.cancel_charge(session) == Rejected("NOT_FOUND")
