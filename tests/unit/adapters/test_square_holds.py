"""Money set aside at Square: what is asked, and what each answer is taken for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import NOW, a_provider_event, a_session
from tests.unit.adapters.stripe_server import StripeServer, stripe_server
from tests.unit.adapters.test_square_charges import (
    CANCEL,
    LIST,
    NONE,
    NOTE,
    OLD,
    PAID,
    SALE,
    YOUNG,
    asked,
    charges_at,
    refused,
)
from tollgate.adapters.providers.square.charge_transformers import charge_parameters
from tollgate.adapters.providers.square.echo import is_of_hold, note, note_of_hold, of_note, reason
from tollgate.adapters.providers.square.webhooks import SquareEvents
from tollgate.checkout.charge_ports import ChargeRequest, Declined, Held, NeverMade, OnItsWay, ResolveOutcome
from tollgate.checkout.ports import Closed, Rejected, Unknown, Unreachable
from tollgate.inbox.model import Notice
from tollgate.kernel.clock import to_iso
from tollgate.payments.declines import Decline, DeclineClass
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Session

HOLD = replace(SALE, hold=True)
UNTIL = NOW + timedelta(days=6)
KEPT = PAID | {
    "status": "APPROVED",
    "note": note_of_hold(SALE.tenant, SALE.id),
    "reference_id": SALE.id,
    "delayed_until": to_iso(UNTIL),
}
HELD = Held(Session("p1", None, UNTIL))
COMPLETE, GET = "POST /v2/payments/p1/complete", "GET /v2/payments/p1"


@pytest.fixture
def server() -> Iterator[StripeServer]:
    with stripe_server() as started:
        yield started


def wanted(*, hold: bool = True) -> str:
    request = ChargeRequest({"square": "cnon:card-nonce-ok"}, hold=True)
    return charge_parameters(HOLD if hold else SALE, request, {"USD": "LUSD1"})


def paid(**changes: Any) -> tuple[int, Any]:
    return 200, {"payment": KEPT | changes}


def resolved(server: StripeServer, age: timedelta, *answers: tuple[int, Any]) -> ResolveOutcome:
    server.answers = [*answers]
    return charges_at(server.url).resolve(HOLD, wanted(), "key_1", age)


def test_a_hold_is_not_completed_by_itself_and_is_let_go_in_the_end() -> None:
    sent, at_once = json.loads(wanted()), json.loads(wanted(hold=False))
    marks = {"autocomplete": False, "delay_action": "CANCEL", "note": f"tollgate:{SALE.tenant}:{SALE.id}:hold"}
    assert sent == at_once | marks
    assert (at_once["autocomplete"], at_once["note"]) == (True, NOTE["note"])


def test_a_note_says_whose_it_is_whether_or_not_it_is_a_holds() -> None:
    for text, hold in ((note("demo", SALE.id), False), (note_of_hold("demo", SALE.id), True)):
        assert (of_note(text), is_of_hold(text)) == (("demo", SALE.id), hold)
    assert of_note(reason("demo", SALE.id, "ref_" + "a" * 26)) is None
    assert not is_of_hold(None)


@pytest.mark.parametrize(
    ("changes", "until"),
    [
        ({}, UNTIL),
        ({"delayed_until": None}, NOW + timedelta(days=7)),
        ({"delayed_until": "soon", "created_at": "today"}, NOW + timedelta(days=7)),
    ],
)
def test_money_is_set_aside_until_square_says_or_for_a_week(
    server: StripeServer, changes: dict[str, Any], until: Any
) -> None:
    server.answers = [paid(**changes)]
    assert charges_at(server.url).charge(wanted(), "key_1") == Held(Session("p1", None, until))


@pytest.mark.parametrize("changes", [{"note": NOTE["note"]}, {"reference_id": "another"}])
def test_what_square_is_about_to_take_is_no_hold(server: StripeServer, changes: dict[str, Any]) -> None:
    server.answers = [paid(**changes)]
    assert isinstance(charges_at(server.url).charge(wanted(hold=False), "key_1"), OnItsWay)


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([paid(status="COMPLETED")], Fact.CAPTURED),
        ([refused("BAD_REQUEST"), paid(status="COMPLETED")], Fact.CAPTURED),
        ([refused("BAD_REQUEST"), paid(status="CANCELED")], Fact.EXPIRED),
        ([refused("CARD_DECLINED", status=402), paid(status="COMPLETED")], Fact.CAPTURED),
        ([refused("CARD_DECLINED", status=402), paid(status="FAILED")], Fact.DECLINED),
        (
            [refused("CARD_DECLINED", status=402), paid()],
            Declined(Decline(DeclineClass.SOFT, "card_declined")),
        ),
        ([refused("BAD_REQUEST"), paid()], Unknown("the payment was not completed", told=True)),
        ([refused("BAD_REQUEST"), refused("BAD_GATEWAY", status=502)], Unknown("BAD_GATEWAY 502")),
        ([refused("NOT_FOUND", status=404)] * 2, Rejected("NOT_FOUND")),
        ([refused("BAD_GATEWAY", status=502)], Unknown("BAD_GATEWAY 502")),
        ([refused("RATE_LIMITED", status=429)], Unreachable("RATE_LIMITED")),
    ],
)
def test_taking_it_takes_it_or_learns_how_it_ended(
    server: StripeServer, answers: list[tuple[int, Any]], outcome: object
) -> None:
    server.answers = [*answers]
    got = charges_at(server.url).capture_charge(a_session("p1", url=None))
    assert (got.report.fact if isinstance(got, Closed) else got) == outcome
    assert asked(server) == [COMPLETE, GET][: len(answers)]


def test_looking_changes_nothing_and_a_letting_go_that_was_refused_leaves_it_in_doubt(server: StripeServer) -> None:
    server.answers = [paid(), refused("BAD_REQUEST"), paid()]
    charges, session = charges_at(server.url), a_session("p1", url=None)
    assert charges.look_at_charge(session) == HELD
    assert charges.cancel_charge(session) == Unknown("the payment can still be completed", told=True)


@pytest.mark.parametrize("age", [YOUNG, OLD, timedelta(days=1)])
def test_what_is_set_aside_is_found_and_not_called_off(server: StripeServer, age: timedelta) -> None:
    assert resolved(server, age, (200, {"payments": [KEPT]})) == HELD
    assert asked(server) == [LIST]


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([NONE, NONE], NeverMade()),
        ([NONE, refused("NOT_FOUND", status=404)], NeverMade()),
        ([NONE, refused("BAD_REQUEST")], Unknown("it is neither called off nor found", told=True)),
        ([NONE, refused("BAD_GATEWAY", status=502)], Unknown("BAD_GATEWAY 502")),
    ],
)
def test_what_is_nowhere_to_be_found_is_called_off(
    server: StripeServer, answers: list[tuple[int, Any]], outcome: object
) -> None:
    assert resolved(server, OLD, *answers) == outcome
    assert asked(server) == [LIST, CANCEL]


@pytest.mark.parametrize(
    ("changes", "fact"),
    [
        ({}, Fact.APPROVED),
        ({"note": NOTE["note"]}, None),
        ({"status": "COMPLETED"}, Fact.CAPTURED),
        ({"status": "CANCELED"}, Fact.CANCELLED),
    ],
)
def test_its_events_say_what_has_become_of_it(changes: dict[str, Any], fact: Fact | None) -> None:
    envelope = {"created_at": to_iso(NOW), "data": {"object": {"payment": KEPT | changes}}}
    for type_ in ("payment.created", "payment.updated"):
        notice = SquareEvents().read(a_provider_event(type=type_, payload=json.dumps(envelope).encode()))
        assert (notice.report.fact if isinstance(notice, Notice) else None) is fact
        if fact is Fact.APPROVED:
            assert isinstance(notice, Notice)
            assert (notice.payment_id, notice.reference, notice.report.session) == (SALE.id, "p1", HELD.session)
