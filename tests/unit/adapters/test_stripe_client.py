"""Stripe's SDK against real sockets: what is sent, and what each failure is taken for."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import NOW, a_capture, a_draft, a_session
from tests.support.fakes import MemorySecrets
from tests.unit.adapters.stripe_server import StripeServer, stripe_server
from tollgate.adapters.providers.stripe import client
from tollgate.adapters.providers.stripe.client import StripeProvider
from tollgate.adapters.providers.stripe.refund_client import StripeRefunds
from tollgate.checkout.ports import (
    CheckoutRequest,
    Closed,
    Opened,
    ProviderUnavailable,
    Rejected,
    Replay,
    StillOpen,
    Unknown,
    Unreachable,
)
from tollgate.kernel.clock import FixedClock
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Report

SESSION = {
    "id": "cs_1",
    "object": "checkout.session",
    "url": "https://checkout.stripe.com/c/pay/cs_1",
    "expires_at": 1_800_000_000,
    "status": "open",
    "payment_status": "unpaid",
    "payment_intent": None,
    "amount_total": 5000,
    "currency": "usd",
}
NOT_OPEN = (400, {"error": {"type": "invalid_request_error", "message": "Only open sessions can be expired."}})


@pytest.fixture
def server() -> Iterator[StripeServer]:
    with stripe_server() as started:
        yield started


@pytest.fixture
def provider(server: StripeServer) -> StripeProvider:
    return a_provider(server.url)


def a_provider(url: str, key: str = "sk_test_1") -> StripeProvider:
    return StripeProvider(
        MemorySecrets({"stripe/api": {"secret_key": key}}), FixedClock(NOW), enabled=True, api_base=url
    )


def parameters(provider: StripeProvider) -> str:
    return provider.parameters(
        a_draft(), CheckoutRequest("https://shop.example/?s={CHECKOUT_SESSION_ID}", "https://x.example")
    )


def error(status: int, type_: str = "api_error", **fields: Any) -> tuple[int, Any]:
    return status, {"error": {"type": type_, "message": "zoe@example.com", **fields}}


class TestOpening:
    def test_the_stored_parameters_go_out_under_our_key_and_the_pinned_version(
        self, server: StripeServer, provider: StripeProvider
    ) -> None:
        server.answers = [(200, SESSION)]
        outcome = provider.open(parameters(provider), "key_1")
        assert isinstance(outcome, Opened)
        assert (outcome.session.reference, outcome.session.url) == ("cs_1", SESSION["url"])
        (asked,) = server.asked
        assert (asked.method, asked.path) == ("POST", "/v1/checkout/sessions")
        assert asked.headers["Idempotency-Key"] == "key_1"
        assert asked.headers["Stripe-Version"] == "2026-10-28.endive"
        assert asked.headers["Authorization"] == "Bearer sk_test_1"
        assert asked.form["success_url"] == "https://shop.example/?s={CHECKOUT_SESSION_ID}"
        assert asked.form["line_items[0][price_data][unit_amount]"] == "5000"
        assert asked.form["payment_intent_data[metadata][tollgate_payment]"] == a_draft().id

    @pytest.mark.parametrize(
        ("answer", "outcome"),
        [
            (error(400, "invalid_request_error", code="url_invalid"), Rejected("url_invalid")),
            (error(400, "idempotency_error"), Rejected("IdempotencyError")),
            (error(401, "invalid_request_error"), Unreachable("AuthenticationError", credentials_refused=True)),
            (error(403, "invalid_request_error"), Unreachable("PermissionError", credentials_refused=True)),
            (error(409, "invalid_request_error", code="lock_timeout"), Unknown("APIError 409")),
            (error(429, "invalid_request_error"), Unreachable("RateLimitError")),
            (error(400, "invalid_request_error", code="rate_limit"), Unreachable("RateLimitError")),
            (error(500), Unknown("APIError 500", key_spent=True)),
            (error(503), Unknown("APIError 503")),
            ((502, "<html>Bad gateway</html>"), Unknown("APIError 502")),
            ((200, "not json"), Unknown("APIError 200")),
        ],
    )
    def test_each_answer_is_an_outcome_and_nothing_is_retried_behind_our_back(
        self, server: StripeServer, provider: StripeProvider, answer: tuple[int, Any], outcome: object
    ) -> None:
        server.answers = [answer]
        assert provider.open(parameters(provider), "key_1") == outcome
        assert len(server.asked) == 1

    def test_a_refused_connection_surely_had_no_effect(self) -> None:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            provider = a_provider(f"http://127.0.0.1:{closed.getsockname()[1]}")
            assert provider.open(parameters(provider), "key_1") == Unreachable("no connection")

    def test_silence_after_the_request_was_sent_is_unknown(
        self, server: StripeServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(client, "READ_TIMEOUT_SECONDS", 0.2)
        server.answers = [None]
        provider = a_provider(server.url)
        assert provider.open(parameters(provider), "key_1") == Unknown("APIConnectionError")
        assert len(server.asked) == 1

    def test_a_connection_that_breaks_after_the_request_is_unknown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(10)
            provider = a_provider(f"http://127.0.0.1:{listener.getsockname()[1]}")

            def hang_up(*_: object) -> None:
                connection, _address = listener.accept()
                connection.recv(65536)
                connection.close()

            import threading

            thread = threading.Thread(target=hang_up)
            thread.start()
            assert provider.open(parameters(provider), "key_1") == Unknown("APIConnectionError")
            thread.join()

    @pytest.mark.parametrize("key", ["", "  "])
    def test_without_a_key_nothing_is_sent(self, server: StripeServer, key: str) -> None:
        provider = a_provider(server.url, key)
        assert provider.open(parameters(provider), "key_1") == Unreachable("no credentials", credentials_refused=True)
        assert provider.close(a_session()) == Unreachable("no credentials", credentials_refused=True)
        assert not server.asked

    def test_a_rotated_key_is_used_at_once(self, server: StripeServer) -> None:
        secrets = MemorySecrets({"stripe/api": {"secret_key": "sk_test_1"}})
        provider = StripeProvider(secrets, FixedClock(NOW), enabled=True, api_base=server.url)
        server.answers = [(200, SESSION), (200, SESSION)]
        provider.open(parameters(provider), "key_1")
        secrets.values["stripe/api"] = {"secret_key": "sk_test_2"}
        provider.open(parameters(provider), "key_1")
        assert [asked.headers["Authorization"] for asked in server.asked] == ["Bearer sk_test_1", "Bearer sk_test_2"]

    def test_the_bytes_that_were_stored_decide_and_not_the_payment(
        self, server: StripeServer, provider: StripeProvider
    ) -> None:
        server.answers = [(200, SESSION)]
        provider.open(json.dumps({"mode": "payment", "customer_email": "zoë@example.com"}), "key_1")
        assert server.asked[0].form == {"mode": "payment", "customer_email": "zoë@example.com"}


class TestClosing:
    def test_an_open_session_expires(self, server: StripeServer, provider: StripeProvider) -> None:
        server.answers = [(200, SESSION | {"status": "expired", "url": None})]
        assert provider.close(a_session()) == Closed(Report(Fact.EXPIRED, NOW, about="cs_1"))
        (asked,) = server.asked
        assert (asked.method, asked.path) == ("POST", "/v1/checkout/sessions/cs_1/expire")

    def test_a_paid_session_is_found_out(self, server: StripeServer, provider: StripeProvider) -> None:
        paid = SESSION | {"status": "complete", "payment_status": "paid", "payment_intent": "pi_1"}
        server.answers = [NOT_OPEN, (200, paid)]
        assert provider.close(a_session()) == Closed(Report(Fact.CAPTURED, NOW, capture=a_capture()))
        assert [asked.method for asked in server.asked] == ["POST", "GET"]

    def test_a_session_that_expired_by_itself_is_closed(self, server: StripeServer, provider: StripeProvider) -> None:
        server.answers = [NOT_OPEN, (200, SESSION | {"status": "expired"})]
        assert provider.close(a_session()) == Closed(Report(Fact.EXPIRED, NOW, about="cs_1"))

    def test_a_session_that_waits_for_its_bank_is_processing(
        self, server: StripeServer, provider: StripeProvider
    ) -> None:
        server.answers = [NOT_OPEN, (200, SESSION | {"status": "complete"})]
        assert provider.close(a_session()) == Closed(Report(Fact.PROCESSING, NOW, about="cs_1"))

    def test_a_session_that_will_not_close_is_unknown(self, server: StripeServer, provider: StripeProvider) -> None:
        server.answers = [NOT_OPEN, (200, SESSION)]
        assert provider.close(a_session()) == Unknown("the session is still open", told=True)

    def test_a_session_that_stripe_does_not_know_is_refused(
        self, server: StripeServer, provider: StripeProvider
    ) -> None:
        server.answers = [NOT_OPEN, error(404, "invalid_request_error")]
        assert isinstance(provider.close(a_session()), Rejected)

    @pytest.mark.parametrize("answers", [[error(500)], [NOT_OPEN, error(503)]])
    def test_when_stripe_does_not_tell_it_is_unknown(
        self, server: StripeServer, provider: StripeProvider, answers: list[Any]
    ) -> None:
        server.answers = answers
        assert isinstance(provider.close(a_session()), Unknown)


class TestLooking:
    """Reading changes nothing, and tells an open page from one that ended, and both from no answer."""

    def test_a_page_that_can_be_paid_is_open(self, server: StripeServer, provider: StripeProvider) -> None:
        server.answers = [(200, SESSION)]
        assert provider.look(a_session()) == StillOpen()

    def test_a_page_that_was_paid_tells_of_the_money(self, server: StripeServer, provider: StripeProvider) -> None:
        server.answers = [(200, SESSION | {"status": "complete", "payment_status": "paid", "payment_intent": "pi_1"})]
        outcome = provider.look(a_session())
        assert isinstance(outcome, Closed)
        assert outcome.report.capture is not None
        assert outcome.report.capture.reference == "pi_1"

    def test_a_page_that_stripe_does_not_know_is_refused(self, server: StripeServer, provider: StripeProvider) -> None:
        server.answers = [error(404, "invalid_request_error")]
        assert isinstance(provider.look(a_session()), Rejected)

    def test_without_an_answer_it_is_unknown(self, server: StripeServer, provider: StripeProvider) -> None:
        server.answers = [error(500)]
        assert isinstance(provider.look(a_session()), Unknown)

    def test_a_list_comes_in_pages_and_names_our_payments(self, server: StripeServer, provider: StripeProvider) -> None:
        echo = {"tollgate_tenant": "demo", "tollgate_payment": "pay_1"}
        mine = SESSION | {"metadata": echo, "created": 1}
        other = SESSION | {"metadata": echo, "id": "cs_2", "status": "expired", "created": 2}
        pages = [{"object": "list", "data": [each], "has_more": each is mine, "url": "/v1"} for each in (mine, other)]
        server.answers = [(200, page) for page in pages]
        seen = list(provider.list_sessions(NOW - timedelta(days=1), NOW))
        assert [(each.session.reference, each.payment_id) for each in seen] == [("cs_1", "pay_1"), ("cs_2", "pay_1")]
        assert seen[0].report is None
        assert seen[1].report == Report(Fact.EXPIRED, NOW, about="cs_2")

    def test_what_others_made_on_the_account_is_passed_over_whatever_it_is(
        self, server: StripeServer, provider: StripeProvider
    ) -> None:
        """A page that saves a card, as Stripe lists it: complete, with nothing to pay, in no currency."""
        nothing = {"payment_status": "no_payment_required", "amount_total": None, "currency": None}
        saved = SESSION | {"id": "cs_2", "mode": "setup", "status": "complete", "created": 2, **nothing}
        mine = SESSION | {"metadata": {"tollgate_tenant": "demo", "tollgate_payment": "pay_1"}, "created": 1}
        server.answers = [(200, {"object": "list", "data": [saved, mine], "has_more": False, "url": "/v1"})]
        seen = list(provider.list_sessions(NOW - timedelta(days=1), NOW))
        assert [(each.payment_id, each.report) for each in seen] == [(None, None), ("pay_1", None)]

    def test_a_list_that_breaks_off_says_so(self, server: StripeServer, provider: StripeProvider) -> None:
        server.answers = [error(500)]
        with pytest.raises(ProviderUnavailable):
            list(provider.list_sessions(NOW - timedelta(days=1), NOW))


def test_what_it_offers() -> None:
    off = StripeProvider(MemorySecrets(), FixedClock(NOW), enabled=False)
    assert (off.offer.provider, off.offer.methods, off.offer.enabled) == ("stripe", frozenset({"card"}), False)
    assert off.recovery == Replay(timedelta(hours=23))


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (error(400, "idempotency_error"), Unknown("IdempotencyError", key_spent=True, told=True)),
        (
            error(400, "invalid_request_error", code="charge_already_refunded"),
            Rejected("charge_already_refunded"),
        ),
    ],
)
def test_a_refund_of_which_something_was_sent_before_is_in_doubt(
    server: StripeServer, provider: StripeProvider, answer: tuple[int, Any], outcome: object
) -> None:
    server.answers = [answer]
    assert StripeRefunds(provider.client).refund("{}", "key_1") == outcome
