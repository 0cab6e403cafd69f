"""What a charge looks like at Square, and what its declines and its payments mean."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import NOW, a_capture, a_draft, a_provider_event, usd
from tollgate.adapters.providers.square.charge_transformers import (
    charge_parameters,
    is_of,
    outcome_of_payment,
    surest,
)
from tollgate.adapters.providers.square.declines import CLASSES, decline_of_codes, decline_of_errors
from tollgate.adapters.providers.square.errors import SquareError
from tollgate.adapters.providers.square.webhooks import SquareEvents
from tollgate.checkout.charge_ports import ChargeRequest, Declined, OnItsWay, Taken
from tollgate.inbox.model import Notice
from tollgate.kernel.clock import to_iso
from tollgate.kernel.errors import ValidationFailed
from tollgate.kernel.money import Money
from tollgate.payments.declines import Decline, DeclineClass
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Session
from tollgate.payments.tenders import Tender, TenderKind

LOCATIONS = {"USD": "LUSD1", "JPY": "LJPY1"}
MADE = NOW - timedelta(minutes=3)
PAID = {"id": "p1", "status": "COMPLETED", "total_money": {"amount": 5_000, "currency": "USD"}, "created_at": MADE}
SOFT, HARD, FIX, ACTION = (
    DeclineClass.SOFT,
    DeclineClass.HARD,
    DeclineClass.FIX_INPUT,
    DeclineClass.ACTION_REQUIRED,
)


def sent(source: str = "cnon:card-nonce-ok", **fields: Any) -> Any:
    request = ChargeRequest({"square": source, "stripe": "pm_1"}, customer_email="z@e.org")
    return json.loads(charge_parameters(a_draft(**fields), request, LOCATIONS))


def a_square_payment(**fields: Any) -> dict[str, Any]:
    return PAID | {"created_at": to_iso(MADE)} | fields


def heard(type_: str, **fields: Any) -> Notice | None:
    """With the note of the sale, and the order that Square made for it."""
    ours = a_draft()
    payment = a_square_payment(note=f"tollgate:{ours.tenant}:{ours.id}", order_id="o1", **fields)
    event = {"created_at": to_iso(NOW), "data": {"object": {"payment": payment}}}
    return SquareEvents().read(a_provider_event(type=type_, payload=json.dumps(event).encode()))


def decline_of(*codes: str, category: str = "PAYMENT_METHOD_ERROR") -> Decline | None:
    return decline_of_errors([SquareError(category, each) for each in codes])


def test_a_charge_has_what_is_due_and_whose_it_is_and_is_taken_at_once() -> None:
    payment = a_draft()
    assert sent() == {
        "source_id": "cnon:card-nonce-ok",
        "amount_money": {"amount": 5_000, "currency": "USD"},
        "autocomplete": True,
        "location_id": "LUSD1",
        "reference_id": payment.id,
        "note": f"tollgate:{payment.tenant}:{payment.id}",
    }
    assert len(payment.provider_key("charge", 99)) <= 45


def test_a_saved_card_is_named_with_its_customer() -> None:
    body = sent("CUST-1/ccof:customer-card-id-ok")
    assert (body["customer_id"], body["source_id"]) == ("CUST-1", "ccof:customer-card-id-ok")
    assert sent("CUST-1/cnon:abc")["customer_id"] == "CUST-1"
    assert "customer_id" not in sent()


@pytest.mark.parametrize(
    "source",
    [
        "",
        "ccof:no-customer",
        "/ccof:x",
        "pm_card_visa",
        "cnon:",
        "cnon:a b",
        "a/b/cnon:x",
        "CASH",
        "cnon:x\n",
        "x cnon:x",
    ],
)
def test_a_source_that_square_would_refuse_is_refused(source: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        sent(source)
    assert [each.field for each in refused.value.errors] == ["sources.square"]


def test_a_source_that_is_refused_is_not_repeated() -> None:
    with pytest.raises(ValidationFailed) as refused:
        sent("ccof:of-Zoe")
    assert "Zoe" not in f"{refused.value} {refused.value.errors}"


def test_only_the_rest_is_charged_where_tenders_pay_a_part() -> None:
    assert sent(tenders=(Tender("t1", TenderKind.CREDIT, "user", 1_500),))["amount_money"]["amount"] == 3_500


def test_a_currency_is_charged_at_the_location_that_takes_it() -> None:
    body = sent(amount=Money(7_800, "JPY"))
    assert (body["location_id"], body["amount_money"]) == ("LJPY1", {"amount": 7_800, "currency": "JPY"})
    with pytest.raises(ValidationFailed):
        sent(amount=Money(5_000, "EUR"))


@pytest.mark.parametrize(
    ("class_", "codes"),
    [
        (SOFT, "GENERIC_DECLINE INSUFFICIENT_FUNDS TRANSACTION_LIMIT CARD_DECLINED CARD_DECLINED_CALL_ISSUER"),
        (HARD, "CARD_EXPIRED INVALID_CARD INVALID_ACCOUNT PAN_FAILURE CARD_NOT_SUPPORTED ACCOUNT_UNUSABLE"),
        (FIX, "CVV_FAILURE VERIFY_AVS_FAILURE INVALID_EXPIRATION CARD_TOKEN_EXPIRED CARD_TOKEN_USED SOURCE_USED"),
        (ACTION, "CARD_DECLINED_VERIFICATION_REQUIRED"),
    ],
)
def test_a_decline_says_what_may_be_done_about_it(class_: DeclineClass, codes: str) -> None:
    for code in codes.split():
        assert decline_of(code) == decline_of(code, category="") == Decline(class_, code.lower())


def test_a_decline_that_nobody_knows_yet_may_mean_another_day() -> None:
    assert decline_of("NEW_ONE") == Decline(SOFT, "new_one")


def test_what_is_not_the_buyers_is_no_decline() -> None:
    assert decline_of() is None
    assert decline_of("IDEMPOTENCY_KEY_REUSED", "INVALID_VALUE", category="INVALID_REQUEST_ERROR") is None


def test_a_method_that_square_does_not_know_is_the_buyers_to_name_again() -> None:
    errors = [SquareError("INVALID_REQUEST_ERROR", "NOT_FOUND", field) for field in ("source_id", "location_id")]
    assert decline_of_errors(errors[:1]) == Decline(FIX, "not_found")
    assert decline_of_errors(errors[1:]) is None


@pytest.mark.parametrize(
    ("codes", "decline"),
    [
        ("GENERIC_DECLINE CVV_FAILURE", Decline(FIX, "cvv_failure")),
        ("CVV_FAILURE CARD_DECLINED_VERIFICATION_REQUIRED", Decline(ACTION, "card_declined_verification_required")),
        ("CARD_DECLINED_VERIFICATION_REQUIRED CARD_EXPIRED CVV_FAILURE", Decline(HARD, "card_expired")),
        ("NEW_ONE ADDRESS_VERIFICATION_FAILURE", Decline(FIX, "address_verification_failure")),
    ],
)
def test_of_several_declines_the_hardest_counts(codes: str, decline: Decline) -> None:
    assert decline_of(*codes.split()) == decline_of(*reversed(codes.split())) == decline


@pytest.mark.parametrize(
    "code", ["CARD_STOLEN", "LOST_CARD", "SUSPECTED_FRAUD", "PICK_UP_CARD", "BLOCKED_BY_BLOCKLIST"]
)
def test_what_would_tell_on_a_card_is_not_passed_on(code: str) -> None:
    assert decline_of(code) == Decline(SOFT, "declined")


def test_no_code_that_square_lists_would_tell_on_a_card() -> None:
    assert {decline_of_codes([code]).code for code in CLASSES} == {code.lower() for code in CLASSES}


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({}, Taken(a_capture("p1", usd(5_000), MADE))),
        ({"status": "FAILED"}, Declined(Decline(SOFT, "declined"))),
        ({"status": "CANCELED"}, Declined(Decline(SOFT, "canceled"))),
        ({"status": "APPROVED"}, OnItsWay(Session("p1", None, MADE + timedelta(days=1)))),
        ({"status": "PENDING"}, OnItsWay(Session("p1", None, MADE + timedelta(days=1)))),
        ({"status": "NEW_ONE"}, OnItsWay(Session("p1", None, MADE + timedelta(days=1)))),
    ],
)
def test_a_payment_in_its_state_is_an_outcome(fields: dict[str, Any], outcome: object) -> None:
    assert outcome_of_payment(a_square_payment(**fields), NOW) == outcome


def test_a_payment_that_failed_says_why() -> None:
    errors = [{"code": "CVV_FAILURE"}, {"code": "GENERIC_DECLINE"}]
    failed = a_square_payment(status="FAILED", card_details={"errors": errors})
    assert outcome_of_payment(failed, NOW) == Declined(Decline(FIX, "cvv_failure"))


@pytest.mark.parametrize("time", [None, "yesterday", 7])
def test_money_is_told_even_where_its_time_cannot_be_read(time: object) -> None:
    assert outcome_of_payment(a_square_payment(created_at=time), NOW) == Taken(a_capture("p1", usd(5_000), NOW))


def test_a_payment_is_ours_by_either_word() -> None:
    ours = a_draft()
    note = f"tollgate:{ours.tenant}:{ours.id}"
    assert is_of(ours, {"note": note})
    assert is_of(ours, {"reference_id": ours.id})
    assert not is_of(ours, {"note": note.replace("demo", "other"), "reference_id": "x"})
    assert not is_of(ours, {})


@pytest.mark.parametrize(
    ("statuses", "decisive"),
    [
        ([], None),
        (["CANCELED"], None),
        (["CANCELED", "FAILED"], "FAILED"),
        (["FAILED", "PENDING"], "PENDING"),
        (["FAILED", "NEW_ONE"], "NEW_ONE"),
        (["APPROVED", "FAILED", "COMPLETED"], "COMPLETED"),
    ],
)
def test_of_several_payments_money_decides_and_then_what_may_become_money(
    statuses: list[str], decisive: str | None
) -> None:
    found = surest([a_square_payment(status=each) for each in statuses])
    assert (found["status"] if found else None) == decisive


@pytest.mark.parametrize(
    ("status", "fact"),
    [
        ("COMPLETED", Fact.CAPTURED),
        ("PENDING", Fact.PROCESSING),
        ("FAILED", Fact.DECLINED),
        ("CANCELED", Fact.CANCELLED),
        ("APPROVED", None),
        ("NEW_ONE", None),
    ],
)
def test_a_charge_is_known_by_itself_and_not_by_the_order_that_square_made_for_it(
    status: str, fact: Fact | None
) -> None:
    ours = a_draft()
    for type_ in ("payment.created", "payment.updated"):
        notice = heard(type_, status=status, reference_id=ours.id)
        assert (notice.report.fact if notice else None) is fact
        if notice is not None:
            assert (notice.tenant, notice.payment_id, notice.reference) == (ours.tenant, ours.id, "p1")
            assert notice.report.about in ("p1", None)


def test_what_bears_another_payments_id_is_no_charge_of_ours() -> None:
    notice = heard("payment.updated", status="CANCELED", reference_id=a_draft("2").id)
    assert notice is not None
    assert (notice.report.fact, notice.reference) == (Fact.DECLINED, "o1")
