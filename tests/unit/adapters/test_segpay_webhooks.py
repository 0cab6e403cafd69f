"""Segpay's words about a transaction, in ours; and what proves them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOW, a_provider_event, usd
from tests.support.fakes import MemorySecrets
from tollgate.adapters.providers.segpay.references import proof
from tollgate.adapters.providers.segpay.webhooks import SegpayEvents
from tollgate.inbox.model import Notice
from tollgate.inbox.ports import UnreadableEvent
from tollgate.kernel.errors import StoreUnavailable
from tollgate.kernel.ids import derived
from tollgate.kernel.money import Money
from tollgate.payments.disputes import DisputeReport, DisputeState
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Capture
from tollgate.payments.refunds import RefundReport, RefundState
from tollgate.subscriptions.notices import SubscriptionNotice

KEY, OLD_KEY, PAYMENT = "a-key-of-our-references", "the-key-before-it", derived("pay", "1")
SECRETS = MemorySecrets({"segpay/webhook": {"ref_keys": [KEY, OLD_KEY]}})
SALE = {
    "action": "Auth",
    "stage": "Initial",
    "approved": "Yes",
    "trantype": "Sale",
    "tranid": "1001",
    "price": "50.00",
    "currencycode": "USD",
    "transtime": "11/05/2026 11:58:00 AM",
    "ref1": proof(KEY, "demo", PAYMENT, usd(5_000)),
    "ref2": PAYMENT,
    "ref3": "demo",
}
CREDIT = {**SALE, "trantype": "Credit", "tranid": "1002", "relatedtranid": "1001", "price": "-50.00"}


def _read(fields: Any, secrets: MemorySecrets = SECRETS) -> Notice | None:
    payload = json.dumps(fields).encode()
    notice = SegpayEvents(secrets).read(a_provider_event(provider="segpay", payload=payload))
    assert not isinstance(notice, SubscriptionNotice)
    return notice


def _notice(fields: Any) -> Notice:
    notice = _read(fields)
    assert notice is not None
    return notice


def test_an_approved_sale_is_money_that_was_taken() -> None:
    notice = _notice(SALE)
    at = NOW - timedelta(minutes=2)
    assert (notice.tenant, notice.payment_id, notice.report.fact) == ("demo", PAYMENT, Fact.CAPTURED)
    assert notice.report.capture == Capture("1001", usd(5_000), at)


@pytest.mark.parametrize("stage", ["Initial", "Rebill", "Conversion", "of the future", ""])
@pytest.mark.parametrize("word", [str.upper, str.lower])
def test_words_are_read_in_any_case_and_a_stage_does_not_matter(stage: str, word: Any) -> None:
    told = {name: word(SALE[name]) for name in ("action", "approved", "trantype", "currencycode")}
    assert _notice({**SALE, **told, "stage": stage}).report.fact is Fact.CAPTURED


def test_a_sale_that_was_not_approved_is_a_decline() -> None:
    report = _notice({**SALE, "approved": "No"}).report
    assert (report.fact, report.reason, report.capture) == (Fact.DECLINED, "card_declined", None)


def test_a_proof_under_the_key_before_holds_while_keys_are_changed() -> None:
    old = proof(OLD_KEY, "demo", PAYMENT, usd(5_000))
    assert _notice({**SALE, "ref1": old.upper()}).report.fact is Fact.CAPTURED


@pytest.mark.parametrize(
    "changes",
    [
        {"ref1": ""},
        {"ref1": "0" * 64},
        {"ref1": proof("another-key-altogether", "demo", PAYMENT, usd(5_000))},
        {"ref2": derived("pay", "2")},
        {"ref3": "another"},
        {"price": "49.99"},
        {"currencycode": "EUR"},
        {"price": "50.00", "approved": "No", "ref1": "\N{SNOWMAN}"},
        {"tranid": ""},
    ],
)
def test_a_sale_that_says_it_is_ours_and_does_not_prove_it_is_not_believed(changes: dict[str, str]) -> None:
    with pytest.raises(UnreadableEvent):
        _read({**SALE, **changes})


class UnreadableSecrets(MemorySecrets):
    def get(self, name: str) -> Any:
        raise StoreUnavailable("a secret cannot be read")


def test_where_the_key_cannot_be_read_now_nothing_is_said_about_the_sale() -> None:
    """It comes again, and is not put aside for a person."""
    with pytest.raises(StoreUnavailable):
        _read(SALE, UnreadableSecrets())


def test_without_a_key_nothing_is_believed() -> None:
    for keys in ([], [""], None):
        unset = MemorySecrets({"segpay/webhook": {"ref_keys": keys}})
        with pytest.raises(UnreadableEvent):
            _read({**SALE, "ref1": proof("", "demo", PAYMENT, usd(5_000))}, unset)


@pytest.mark.parametrize(
    "changes",
    [{"ref2": "order-7"}, {"ref2": "", "ref3": ""}, {"ref3": ""}, {"approved": "Pending"}, {"approved": ""}],
)
def test_a_sale_of_somebody_elses_or_with_a_word_that_we_do_not_know_says_nothing(changes: dict[str, str]) -> None:
    assert _read({**SALE, **changes}) is None


@pytest.mark.parametrize("changes", [{}, {"action": "Void", "trantype": "Sale", "approved": ""}, {"trantype": "Void"}])
def test_a_credit_and_a_void_are_money_that_went_back(changes: dict[str, str]) -> None:
    notice = _notice({**CREDIT, **changes})
    refund = RefundReport(RefundState.SUCCEEDED, None, "1002", usd(5_000), capture="1001", unnamed=True)
    assert (notice.report.refund, notice.first) == (refund, None)
    assert (notice.tenant, notice.payment_id, notice.reference) == ("demo", PAYMENT, "1001")


def test_a_chargeback_is_opened_and_lost_at_once() -> None:
    notice = _notice({**CREDIT, "trantype": "Charge", "tranid": "1003"})
    assert notice.first is not None
    told = [each.dispute for each in (notice.first, notice.report)]
    assert told == [
        DisputeReport("1003", usd(5_000), state, capture="1001") for state in (DisputeState.OPEN, DisputeState.LOST)
    ]


def test_a_reversal_without_our_echo_is_known_by_its_sale() -> None:
    notice = _notice({name: text for name, text in CREDIT.items() if not name.startswith("ref")})
    assert (notice.tenant, notice.payment_id, notice.reference) == (None, None, "1001")


@pytest.mark.parametrize(
    "changes",
    [
        {"relatedtranid": ""},
        {"tranid": ""},
        {"price": "0.00"},
        {"price": ""},
        {"currencycode": "XXX"},
        {"approved": "No"},
    ],
)
def test_a_reversal_of_nothing_that_can_be_named_is_for_a_person(changes: dict[str, str]) -> None:
    with pytest.raises(UnreadableEvent):
        _read({**CREDIT, **changes})


@pytest.mark.parametrize("action", ["Probe", "Enable", "Disable", "Cancel", "Reactivation", "of the future"])
def test_what_is_told_of_memberships_and_of_the_address_says_nothing(action: str) -> None:
    assert _read({**SALE, "action": action}) is None


def test_a_kind_that_we_do_not_know_says_nothing() -> None:
    assert _read({**CREDIT, "trantype": "Revoke"}) is None


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("11/05/2026 11:58:00 AM", datetime(2026, 11, 5, 11, 58, tzinfo=UTC)),
        ("11/05/2026 01:58:00", datetime(2026, 11, 5, 1, 58, tzinfo=UTC)),
        ("2026-11-05T11:58:00", datetime(2026, 11, 5, 11, 58, tzinfo=UTC)),
        ("2026-11-05T12:58:00+01:00", datetime(2026, 11, 5, 11, 58, tzinfo=UTC)),
        ("tomorrow", NOW),
        ("", NOW),
        ("01/01/2030 00:00:00", NOW),
    ],
)
def test_its_time_is_gmt_and_where_it_cannot_be_read_that_of_its_coming(written: str, at: datetime) -> None:
    assert _notice({**SALE, "transtime": written}).report.at == at


@pytest.mark.parametrize("payload", [b"", b"null", b"[]", b"7", b"\xff", b'{"action": 7}'])
def test_what_is_no_postback_is_unreadable(payload: bytes) -> None:
    with pytest.raises(UnreadableEvent):
        SegpayEvents(SECRETS).read(a_provider_event(payload=payload))


@given(st.dictionaries(st.sampled_from(sorted({*CREDIT})), st.text(max_size=12)))
def test_whatever_is_told_is_read_or_kept_for_a_person(fields: dict[str, str]) -> None:
    try:
        notice = _read({**CREDIT, **fields})
    except UnreadableEvent:
        return
    assert notice is None or notice.report.fact in (Fact.REFUND, Fact.DISPUTE, Fact.CAPTURED, Fact.DECLINED)


def test_a_proof_is_of_all_that_it_is_about() -> None:
    about = [("demo", PAYMENT, usd(5_000)), ("dem", PAYMENT, usd(5_000)), ("demo", "pay_2", usd(5_000))]
    about += [("demo", PAYMENT, usd(500)), ("demo", PAYMENT, Money(5_000, "EUR"))]
    assert len({proof(KEY, *each) for each in about}) == len(about)
    assert all(len(proof(KEY, *each)) == 64 for each in about)
