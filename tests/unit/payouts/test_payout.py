"""The life of a payout, whatever order it is told in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from tests.support.builders import NOW
from tollgate.payouts.answers import respond
from tollgate.payouts.model import Payout, PayoutReport, PayoutState

REQUESTED, UNKNOWN, SENT, PAID, FAILED = (
    PayoutState.REQUESTED,
    PayoutState.UNKNOWN,
    PayoutState.SENT,
    PayoutState.PAID,
    PayoutState.FAILED,
)
A_PAYOUT = Payout(
    id="pyt_1",
    tenant="demo",
    seller="ven_1",
    amount=20_000,
    fee=200,
    currency="USD",
    instant=True,
    provider="stripe",
    account="acct_1",
    state=REQUESTED,
    version=1,
    created_at=NOW,
    updated_at=NOW,
)
MOVES = {
    (REQUESTED, UNKNOWN), (REQUESTED, SENT), (REQUESTED, PAID), (REQUESTED, FAILED),
    (UNKNOWN, SENT), (UNKNOWN, PAID), (UNKNOWN, FAILED),
    (SENT, PAID), (SENT, FAILED),
    (PAID, FAILED),
}  # fmt: skip


@pytest.mark.parametrize(("before", "told"), list(product(PayoutState, [UNKNOWN, SENT, PAID, FAILED])))
def test_a_payout_never_goes_back(before: PayoutState, told: PayoutState) -> None:
    after = replace(A_PAYOUT, state=before).after(PayoutReport(told), NOW)
    assert (after is not None) == ((before, told) in MOVES)


def test_what_is_known_stays_known() -> None:
    sent = A_PAYOUT.after(PayoutReport(SENT, reference="po_1", transfer="tr_1"), NOW)
    assert sent is not None
    paid = sent.after(PayoutReport(PAID), NOW + timedelta(days=1))
    assert paid is not None
    assert (paid.version, paid.reference, paid.transfer, paid.day) == (3, "po_1", "tr_1", NOW.date())


@pytest.mark.parametrize(
    ("changes", "wait"),
    [
        ({"state": REQUESTED}, None),
        ({"state": UNKNOWN}, timedelta(minutes=5)),
        ({"state": SENT}, timedelta(hours=2)),
        ({"state": SENT, "instant": False}, timedelta(days=4)),
        ({"state": PAID, "transfer": "tr_1"}, None),
        ({"state": FAILED}, None),
        ({"state": FAILED, "transfer": "tr_1"}, timedelta(0)),
        ({"state": FAILED, "transfer": "tr_1", "returned": True}, None),
    ],
)
def test_what_is_open_says_when_it_is_due(changes: dict[str, object], wait: timedelta | None) -> None:
    payout = replace(A_PAYOUT, **changes)  # type: ignore[arg-type] # fields by name
    assert payout.due_at == (NOW + wait if wait is not None else None)


def test_each_step_has_one_key_for_ever() -> None:
    later = replace(A_PAYOUT, version=5, state=UNKNOWN, updated_at=NOW + timedelta(days=1))
    assert later.provider_key("transfer") == A_PAYOUT.provider_key("transfer") != A_PAYOUT.provider_key("payout")
    assert replace(A_PAYOUT, tenant="other").provider_key("transfer") != A_PAYOUT.provider_key("transfer")


def test_its_events_name_no_account() -> None:
    event = replace(A_PAYOUT, state=PAID, version=3, reference="po_1").event("trace")
    assert (event.type, event.sequence, event.data["net"]) == ("payments.payout.paid", 3, 19_800)
    assert "acct_1" not in event.to_json()


def test_an_unknown_payout_is_no_failure_to_its_caller() -> None:
    assert respond(replace(A_PAYOUT, state=UNKNOWN)).status == 200
    assert respond(replace(A_PAYOUT, state=FAILED)).status == 502
