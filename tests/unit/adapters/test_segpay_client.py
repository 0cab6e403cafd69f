"""What is known of a call to Segpay after each answer, and what an operator must have told us before."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.builders import NOW, a_draft, a_session, usd
from tests.support.fakes import MemorySecrets
from tests.unit.adapters.stripe_server import StripeServer, stripe_server
from tollgate.adapters.providers.segpay import transport
from tollgate.adapters.providers.segpay.account import PAY_PAGE, SRS, account_of
from tollgate.adapters.providers.segpay.client import SegpayProvider
from tollgate.adapters.providers.segpay.refund_client import SegpayRefunds
from tollgate.checkout.ports import (
    CheckoutRequest,
    Opened,
    ProviderUnavailable,
    Rejected,
    Unknown,
    Unreachable,
)
from tollgate.kernel.clock import FixedClock
from tollgate.payments.refunds import RefundState
from tollgate.payments.tenders import Tender, TenderKind
from tollgate.refunds.ports import Answered

KEY = "the-access-key-itself"
API: dict[str, Any] = {
    "merchant_id": "20001",
    "user_id": "tests",
    "user_access_key": KEY,
    "eticket_ids": {"USD": "100001:1"},
}
PRICE_ID = "gX35hP2NARVWRDtv95vWWymKqcY="
REQUEST = CheckoutRequest("https://shop.example/thanks?id={CHECKOUT_SESSION_ID}", "https://shop.example/cart")


@pytest.fixture
def server() -> Iterator[StripeServer]:
    with stripe_server() as running:
        yield running


def _provider(base: str, api: dict[str, Any] | None = None, **webhook: Any) -> SegpayProvider:
    secrets = {"segpay/api": API if api is None else api, "segpay/webhook": {"ref_keys": ["reference-key"], **webhook}}
    return SegpayProvider(
        MemorySecrets(secrets), FixedClock(NOW), enabled=True, currencies=frozenset({"USD"}), stand_in=base
    )


def _open(provider: SegpayProvider, **fields: Any) -> Any:
    return provider.open(provider.parameters(a_draft(**fields), REQUEST), "key")


def test_a_price_is_asked_for_with_the_password_in_a_header_and_the_link_says_the_rest(server: StripeServer) -> None:
    server.answers = [(200, f"<string>{PRICE_ID}</string>")]
    api = {**API, "page": {"template": "dark", "paypagelanguage": "DE", "REF2": "pay_x", "amount": "1"}}
    outcome = _open(_provider(server.url, api))
    assert isinstance(outcome, Opened)
    (asked,) = server.asked
    assert asked.path == "/MerchantServices/DynamicPricing/?merchantId=20001&amount=50.00"
    assert asked.headers["authorization"].startswith("Basic ")
    assert outcome.session.url is not None
    assert KEY not in outcome.session.url
    link = parse_qs(urlsplit(outcome.session.url).query)
    assert (link["dynamicpricingid"], link["template"], link["paypagelanguage"]) == ([PRICE_ID], ["dark"], ["DE"])
    assert (link["amount"], link["REF2"]) == (["50.00"], [a_draft().id])
    assert "x-billemail" not in link


def test_where_tenders_pay_a_part_the_page_takes_the_rest(server: StripeServer) -> None:
    server.answers = [(200, PRICE_ID)]
    outcome = _open(_provider(server.url), tenders=(Tender("hld_1", TenderKind.CREDIT, "cus_1", 2_000),))
    assert isinstance(outcome, Opened)
    assert "amount=30.00&" in str(outcome.session.url)
    assert "less+gift+cards" in str(outcome.session.url)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((200, "Invalid amount for this merchant"), Unknown("the answer was not understood")),
        ((200, "Unauthorized"), Unknown("the answer was not understood")),
        ((200, "<html>"), Unknown("the answer was not understood")),
        ((200, {}), Unknown("the answer was not understood")),
        ((302, ""), Unknown("status 302")),
        ((400, "x"), Rejected("status_400")),
        ((401, "x"), Unreachable("status 401", credentials_refused=True)),
        ((403, "x"), Unreachable("status 403", credentials_refused=True)),
        ((404, "x"), Rejected("status_404")),
        ((429, "x"), Unknown("status 429")),
        ((500, "x"), Unknown("status 500")),
        ((503, "x"), Unknown("status 503")),
        (None, Unknown("ReadTimeoutError")),
    ],
)
def test_what_is_known_after_an_answer(
    server: StripeServer, monkeypatch: pytest.MonkeyPatch, answer: Any, outcome: object
) -> None:
    monkeypatch.setattr(transport, "READ_TIMEOUT_SECONDS", 0.2)
    server.answers = [answer]
    assert _open(_provider(server.url)) == outcome
    assert len(server.asked) == 1


def test_an_answer_without_end_is_not_read_to_it(server: StripeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 100)
    server.answers = [(200, "x" * 200)]
    assert _open(_provider(server.url)) == Unknown("the answer is too large")


def test_a_connection_that_was_never_made_had_no_effect() -> None:
    assert _open(_provider("http://127.0.0.1:9")) == Unreachable("no connection")
    assert _open(_provider("http://nobody.invalid")) == Unreachable("no connection")


@pytest.mark.parametrize("name", ["merchant_id", "user_id", "user_access_key"])
def test_without_an_account_or_a_key_nobody_is_asked(name: str) -> None:
    nobody = Unreachable("no credentials", credentials_refused=True)
    assert _open(_provider("http://127.0.0.1:9", {**API, name: " "})) == nobody
    assert _open(_provider("http://127.0.0.1:9", ref_keys=[])) == nobody
    unsold = _open(_provider("http://127.0.0.1:9", {**API, "eticket_ids": {"USD": "no package"}}))
    assert unsold == Rejected("no_package_USD")


def test_no_error_has_the_access_key_in_it(server: StripeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands in the address of each report."""
    monkeypatch.setattr(transport, "READ_TIMEOUT_SECONDS", 0.2)
    for base, answers in ((server.url, [(500, "x"), None]), ("http://127.0.0.1:9", [])):
        server.answers = list(answers)
        for _ in range(max(len(answers), 1)):
            with pytest.raises(ProviderUnavailable) as failed:
                list(_provider(base).list_sessions(NOW, NOW))
            assert KEY not in "".join(traceback.format_exception(failed.value))
    assert KEY in server.asked[0].path


def test_reports_name_columns_as_the_operator_says(server: StripeServer) -> None:
    row = "<Data><Txn>1001</Txn><Kind>Sale</Kind><Ok>Yes</Ok><Amount>50.0000</Amount><Currency>usd</Currency></Data>"
    gram = f"<DataSet><diffgram><NewDataSet>{row}</NewDataSet></diffgram></DataSet>"
    server.answers = [(200, gram)]
    columns = {"tranid": "Txn", "trantype": "kind", "approved": "OK"}
    (told,) = _provider(server.url, {**API, "report_columns": columns}).srs.transaction("1001")
    assert (told.id, told.is_approved_sale, told.money) == ("1001", True, usd(5_000))


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("Successful", RefundState.SUCCEEDED),
        ("successful.", RefundState.SUCCEEDED),
        ("Missing Parameter", Rejected("missing_parameter")),
        ("PurchaseID/MerchantID Mismatch", Rejected("merchant_mismatch")),
        ("Invalid Merchant", Unreachable("no credentials", credentials_refused=True)),
        ("Subscription not active, cancel failed", Unknown("an answer that is not documented")),
        ("", Unknown("an answer that is not documented")),
    ],
)
def test_what_a_refund_is_answered_means(server: StripeServer, said: str, outcome: object) -> None:
    server.answers = [(200, f"<string>{said}</string>")]
    refunds = SegpayRefunds(_provider(server.url).srs, FixedClock(NOW))
    found = refunds.refund('["1001","ref_1"]', "key")
    assert (found.report.state if isinstance(found, Answered) else found) == outcome
    query = parse_qs(urlsplit(server.asked[0].path).query)
    assert (query["TransID"], query["RefundReason"]) == (["1001"], ["ref_1"])


def test_a_report_that_cannot_be_read_tells_nothing_of_a_page(server: StripeServer) -> None:
    server.answers = [(200, "<string>Invalid Merchant</string>")] * 2
    provider = _provider(server.url)
    session = a_session(a_draft().id)
    for outcome in (provider.look(session), provider.close(session)):
        assert outcome == Unknown("the answer was not understood")


def test_the_hosts_are_segpays_own_whatever_the_secret_says() -> None:
    account = account_of(API)
    assert account is not None
    assert (account.pay_page, account.srs, account.settled_after) == (PAY_PAGE, SRS, None)
    assert KEY not in repr(account)
    moved = account_of({**API, "pay_page": "https://secure4.segpay.com/billing/poset.cgi"})
    assert moved == replace(account, pay_page="https://secure4.segpay.com/billing/poset.cgi")
    for elsewhere in ("https://segpay.com.evil.example/", "http://srs.segpay.com", "https://evil.example/.segpay.com"):
        assert account_of({**API, "srs": elsewhere}) is None
