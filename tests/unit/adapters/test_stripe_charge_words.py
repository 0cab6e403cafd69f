"""Direct charges in Stripe's words and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.builders import NOW, PRICE, a_draft, usd
from tollgate.adapters.providers.stripe.charge_transformers import (
    capture_of,
    charge_parameters,
    decline_of_charge,
    is_open,
    on_its_way,
    page_of,
    report_of_charge,
)
from tollgate.checkout.charge_ports import ChargeRequest
from tollgate.kernel.errors import ValidationFailed
from tollgate.kernel.money import Money
from tollgate.payments.declines import Decline, DeclineClass
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Capture, Payment, Report
from tollgate.payments.tenders import Tender, TenderKind

CREATED = 1_800_000_000
AT = datetime.fromtimestamp(CREATED, UTC)
INTENT = {
    "id": "pi_1",
    "status": "succeeded",
    "amount": 5000,
    "amount_received": 5000,
    "currency": "usd",
    "created": CREATED,
}
DECLINE = {"code": "card_declined", "decline_code": "insufficient_funds", "advice_code": "try_again_later"}


def sent(source: str = "pm_1", *, amount: Money = PRICE, **request: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(
        charge_parameters(a_draft(amount=amount), ChargeRequest({"stripe": source}, **request))
    )
    return told


def test_a_card_alone_is_charged_and_the_intent_says_whose_it_is() -> None:
    told = sent()
    assert (told["amount"], told["currency"], told["payment_method"], told["confirm"]) == (5000, "usd", "pm_1", True)
    assert told["allowed_payment_method_types"] == ["card"]
    assert told["metadata"] == {"tollgate_tenant": "demo", "tollgate_payment": a_draft().id}
    assert "customer" not in told


def test_a_card_that_is_saved_is_named_with_its_customer() -> None:
    told = sent("cus_1/pm_1")
    assert (told["customer"], told["payment_method"]) == ("cus_1", "pm_1")


@pytest.mark.parametrize(
    ("request_", "presence"),
    [
        ({"return_url": "https://shop.example"}, {"return_url": "https://shop.example"}),
        ({"return_url": "https://shop.example", "off_session": True}, {"off_session": True}),
        ({"off_session": True}, {"off_session": True}),
        ({}, {"error_on_requires_action": True}),
    ],
)
def test_stripe_is_told_whether_somebody_could_confirm(request_: dict[str, Any], presence: dict[str, Any]) -> None:
    told = sent(**request_)
    words = ("return_url", "off_session", "error_on_requires_action")
    assert {name: told[name] for name in words if name in told} == presence


def test_nothing_personal_is_sent() -> None:
    assert "zoe" not in json.dumps(sent(customer_email="zoe@example.com"))


def test_amounts_are_as_stripe_counts_them() -> None:
    assert sent(amount=Money(500, "JPY"))["amount"] == 500
    assert sent(amount=Money(500, "ISK"))["amount"] == 50_000
    with pytest.raises(ValidationFailed):
        sent(amount=Money(10_001, "KWD"))


def test_what_tenders_leave_is_charged_and_no_less_than_stripe_takes() -> None:
    request = ChargeRequest({"stripe": "pm_1"})
    assert json.loads(charge_parameters(_with_credit(2_000), request))["amount"] == 3_000
    with pytest.raises(ValidationFailed):
        charge_parameters(_with_credit(4_990), request)


def _with_credit(amount: int) -> Payment:
    return a_draft(tenders=(Tender("t1", TenderKind.CREDIT, "user", amount),))


def test_money_is_by_the_intent_in_what_was_received_and_when_it_was_made() -> None:
    assert capture_of(INTENT | {"amount_received": 4000}) == Capture("pi_1", usd(4_000), AT)


@pytest.mark.parametrize(
    ("fields", "open_"),
    [
        ({"status": "requires_action"}, True),
        ({"status": "requires_confirmation"}, True),
        ({"status": "requires_payment_method"}, True),
        ({"status": "requires_payment_method", "last_payment_error": DECLINE}, False),
        ({"status": "canceled"}, False),
        ({"status": "succeeded"}, False),
        ({"status": "processing"}, False),
        ({"status": "of the future"}, False),
    ],
)
def test_what_may_still_be_completed_is_open(fields: dict[str, Any], open_: bool) -> None:
    assert is_open(INTENT | fields) is open_


def test_the_page_is_the_banks_for_an_hour() -> None:
    action = {"type": "redirect_to_url", "redirect_to_url": {"url": "https://hooks.stripe.com/1", "return_url": "x"}}
    page = page_of(INTENT | {"next_action": action})
    assert page is not None
    assert (page.reference, page.url, page.expires_at) == (
        "pi_1",
        "https://hooks.stripe.com/1",
        AT + timedelta(hours=1),
    )


@pytest.mark.parametrize("action", [None, {}, {"type": "use_stripe_sdk", "use_stripe_sdk": {"url": "x"}}])
def test_what_leads_nowhere_has_no_page(action: Any) -> None:
    assert page_of(INTENT | {"next_action": action}) is None


def test_what_is_on_its_way_has_no_address() -> None:
    session = on_its_way(INTENT | {"status": "processing"})
    assert (session.reference, session.url, session.expires_at) == ("pi_1", None, AT + timedelta(days=1))


@pytest.mark.parametrize(
    ("fields", "decline"),
    [
        (
            {"status": "requires_payment_method", "last_payment_error": DECLINE},
            Decline(DeclineClass.SOFT, "insufficient_funds"),
        ),
        ({"status": "canceled", "last_payment_error": DECLINE}, Decline(DeclineClass.SOFT, "insufficient_funds")),
        ({"status": "canceled"}, Decline(DeclineClass.ACTION_REQUIRED, "authentication_required")),
        ({"status": "requires_payment_method"}, Decline(DeclineClass.SOFT)),
    ],
)
def test_an_intent_tells_why_it_came_to_nothing(fields: dict[str, Any], decline: Decline) -> None:
    assert decline_of_charge(INTENT | fields) == decline


@pytest.mark.parametrize(
    ("fields", "report"),
    [
        ({"status": "succeeded"}, Report(Fact.CAPTURED, NOW, capture=Capture("pi_1", usd(5_000), NOW))),
        ({"status": "requires_action"}, None),
        (
            {"status": "requires_payment_method", "last_payment_error": DECLINE},
            Report(Fact.DECLINED, NOW, reason="insufficient_funds", about="pi_1", decline=DeclineClass.SOFT),
        ),
        (
            {"status": "requires_payment_method", "last_payment_error": {"code": "expired_card"}},
            Report(Fact.DECLINED, NOW, reason="expired_card", about="pi_1", decline=DeclineClass.HARD),
        ),
        ({"status": "canceled"}, Report(Fact.EXPIRED, NOW, about="pi_1")),
        ({"status": "processing"}, Report(Fact.PROCESSING, NOW, about="pi_1")),
        ({"status": "of the future"}, Report(Fact.PROCESSING, NOW, about="pi_1")),
    ],
)
def test_an_intent_reports_itself(fields: dict[str, Any], report: Report | None) -> None:
    assert report_of_charge(INTENT | fields, NOW) == report
