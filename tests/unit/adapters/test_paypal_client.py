"""PayPal's orders over real sockets: tokens, request ids, answers that are lost, and what is surely not sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import NOW, a_draft, a_session
from tests.support.fakes import MemorySecrets
from tests.unit.adapters.stripe_server import StripeServer, stripe_server
from tollgate.adapters.providers.paypal import transport
from tollgate.adapters.providers.paypal.api import PayPalApi
from tollgate.adapters.providers.paypal.client import PayPalProvider
from tollgate.checkout.ports import (
    Approved,
    CheckoutRequest,
    Closed,
    Declined,
    Opened,
    ProviderUnavailable,
    Rejected,
    StillOpen,
    Unknown,
    Unreachable,
)
from tollgate.kernel.clock import FixedClock
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Session

PAGES = CheckoutRequest("https://shop.example/thanks", "https://shop.example/cart")
TOKEN = (200, {"access_token": "A21AAtoken", "expires_in": 32_400})
TAKEN = {"id": "CAP1", "status": "COMPLETED", "amount": {"currency_code": "USD", "value": "50.00"}}
PAID = {"id": "5O1", "status": "COMPLETED", "purchase_units": [{"payments": {"captures": [TAKEN]}}]}


@dataclass
class Shop:
    """The adapter before a server that answers as a test says."""

    server: StripeServer
    wall: float = 1_000.0

    def __post_init__(self) -> None:
        self.secrets = MemorySecrets({"paypal/api": {"client_id": "id", "client_secret": "secret"}})
        self.clock = FixedClock(NOW)
        self.provider = self.at(self.server.url)

    def at(self, base: str) -> PayPalProvider:
        api = PayPalApi(self.secrets, base, wall=lambda: self.wall)
        return PayPalProvider(api, self.clock, enabled=True, order_life=timedelta(hours=3))

    def answers(self, *answers: tuple[int, Any] | None) -> None:
        self.server.answers[:] = answers

    def asked(self) -> list[str]:
        return [f"{each.method} {each.path}" for each in self.server.asked]


@pytest.fixture
def shop() -> Iterator[Shop]:
    with stripe_server() as server:
        yield Shop(server)


def _session(**fields: Any) -> Session:
    return a_session("5O1", **fields)


def _refusal(issue: str) -> tuple[int, Any]:
    return 422, {"name": "UNPROCESSABLE_ENTITY", "details": [{"issue": issue}]}


def test_an_order_is_asked_for_once_with_its_request_id_and_a_token(shop: Shop) -> None:
    links = [{"rel": "payer-action", "href": "https://pay"}]
    shop.answers(TOKEN, (200, {"id": "5O1", "status": "PAYER_ACTION_REQUIRED", "links": links}))
    opened = shop.provider.open(shop.provider.parameters(a_draft(), PAGES), "key_1")
    assert opened == Opened(Session("5O1", "https://pay", NOW + timedelta(hours=3)))
    token, order = shop.server.asked
    assert (token.path, token.form) == ("/v1/oauth2/token", {"grant_type": "client_credentials"})
    assert token.headers["Authorization"] == "Basic aWQ6c2VjcmV0"
    assert order.headers["Authorization"] == "Bearer A21AAtoken"
    assert order.headers["PayPal-Request-Id"] == "key_1"
    assert order.headers["Prefer"] == "return=representation"


def test_a_token_is_kept_until_shortly_before_it_expires(shop: Shop) -> None:
    shop.answers(TOKEN, (200, PAID), (200, PAID), TOKEN, (200, PAID))
    shop.provider.look(_session())
    shop.wall += 32_300
    shop.provider.look(_session())
    shop.wall += 100
    shop.provider.look(_session())
    assert [each.split("/")[-1] for each in shop.asked()] == ["token", "5O1", "5O1", "token", "5O1"]


def test_a_token_is_made_anew_for_other_credentials(shop: Shop) -> None:
    shop.answers(TOKEN, (200, PAID), TOKEN, (200, PAID))
    shop.provider.look(_session())
    shop.secrets.values["paypal/api"] = {"client_id": "id", "client_secret": "another"}
    shop.provider.look(_session())
    assert len([each for each in shop.asked() if each.endswith("token")]) == 2


def test_a_refused_token_is_made_anew_once(shop: Shop) -> None:
    shop.answers(TOKEN, (401, {}), TOKEN, (200, PAID))
    assert isinstance(shop.provider.look(_session()), Closed)
    shop.answers((401, {}), TOKEN, (401, {"name": "AUTHENTICATION_FAILURE"}))
    assert shop.provider.look(_session()) == Unreachable("AUTHENTICATION_FAILURE", credentials_refused=True)


@pytest.mark.parametrize(
    ("answer", "refused"),
    [((401, {"error": "invalid_client"}), True), ((503, {}), False), ((429, {}), False), ((200, "no json"), False)],
)
def test_without_a_token_nothing_was_sent(shop: Shop, answer: tuple[int, Any], refused: bool) -> None:
    shop.answers(answer)
    outcome = shop.provider.capture(_session(), "key_1")
    assert isinstance(outcome, Unreachable)
    assert (outcome.credentials_refused, len(shop.server.asked)) == (refused, 1)


@pytest.mark.parametrize("secret", [{}, {"client_id": "id"}, {"client_id": "", "client_secret": "x"}])
def test_without_credentials_nothing_is_asked(shop: Shop, secret: dict[str, str]) -> None:
    shop.secrets.values["paypal/api"] = secret
    for outcome in (shop.provider.look(_session()), shop.provider.open("{}", "key_1")):
        assert outcome == Unreachable("no credentials", credentials_refused=True)
    with pytest.raises(ProviderUnavailable):
        shop.provider.owner_of("CAP1")


def test_only_a_connection_that_was_never_made_surely_did_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(shop.at("http://127.0.0.1:9").capture(_session(), "key_1"), Unreachable)
    monkeypatch.setattr(transport, "READ_TIMEOUT_SECONDS", 0.2)
    slow = shop.at(shop.server.url)
    shop.answers(TOKEN, None)
    assert isinstance(slow.capture(_session(), "key_1"), Unknown)
    shop.answers((200, "no json"))
    assert isinstance(slow.capture(_session(), "key_1"), Unknown)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (_refusal("INSTRUMENT_DECLINED"), Declined("instrument_declined")),
        (_refusal("ORDER_NOT_APPROVED"), Declined("order_not_approved")),
        (_refusal("PAYER_ACCOUNT_RESTRICTED"), Declined("payer_account_restricted")),
        (_refusal("UNHEARD_OF"), Rejected("UNHEARD_OF")),
        ((404, {"name": "RESOURCE_NOT_FOUND"}), Rejected("RESOURCE_NOT_FOUND")),
        ((500, {}), Unknown("HTTP_500 500", key_spent=True)),
        (_refusal("ORDER_COMPLETION_IN_PROGRESS"), Unknown("ORDER_COMPLETION_IN_PROGRESS 422")),
    ],
)
def test_a_capture_is_what_the_answer_says(shop: Shop, answer: tuple[int, Any], outcome: Any) -> None:
    shop.answers(TOKEN, answer)
    assert shop.provider.capture(_session(), "key_1") == outcome


@pytest.mark.parametrize("issue", ["ORDER_ALREADY_CAPTURED", "DUPLICATE_INVOICE_ID"])
def test_what_was_captured_before_is_read(shop: Shop, issue: str) -> None:
    shop.answers(TOKEN, _refusal(issue), (200, PAID))
    found = shop.provider.capture(_session(), "key_1")
    assert isinstance(found, Closed)
    assert found.report.capture is not None
    assert found.report.capture.reference == "CAP1"
    shop.answers(_refusal(issue), (200, {"id": "5O1", "status": "APPROVED"}))
    assert shop.provider.capture(_session(), "key_1") == Rejected(issue)


def test_an_order_that_paypal_has_forgotten_has_expired_once_its_time_is_over(shop: Shop) -> None:
    """Only an answer to our capture says so for good: of one that was captured it would say nothing."""
    shop.clock.advance(timedelta(days=2))
    shop.answers(TOKEN, (404, {}), (404, {}), (404, {}))
    looked, closed = shop.provider.look(_session()), shop.provider.close(_session())
    captured = shop.provider.capture(_session(), "key_1")
    for outcome, yields in ((looked, True), (closed, True), (captured, False)):
        assert isinstance(outcome, Closed)
        assert (outcome.report.fact, outcome.report.about, outcome.report.yields) == (Fact.EXPIRED, "5O1", yields)


def test_an_order_is_not_ended_but_given_up(shop: Shop) -> None:
    shop.answers(
        TOKEN, (200, {"id": "5O1", "status": "APPROVED"}), (200, {"id": "5O1", "status": "CREATED"}), (404, {})
    )
    assert shop.provider.close(_session()) == Approved()
    for _ in range(2):
        given_up = shop.provider.close(_session())
        assert isinstance(given_up, Closed)
        assert (given_up.report.fact, given_up.report.yields) == (Fact.EXPIRED, True)
    assert not [each for each in shop.asked() if each.startswith("DELETE")]


def test_a_page_stays_open_whatever_paypal_calls_its_state(shop: Shop) -> None:
    shop.answers(TOKEN, (200, {"id": "5O1", "status": "UNHEARD_OF"}), (200, {"id": "5O1"}), (404, {}))
    assert shop.provider.look(_session()) == StillOpen()
    assert isinstance(shop.provider.look(_session()), Unknown)
    assert shop.provider.look(_session()) == Rejected("RESOURCE_NOT_FOUND")


def test_a_capture_tells_whose_it_is(shop: Shop) -> None:
    payment = a_draft()
    shop.answers(
        TOKEN,
        (200, {"custom_id": f"demo/{payment.id}"}),
        (200, {"custom_id": "order-7"}),
        *[(404, {})] * 2,  # neither a capture nor a sale
        (503, {}),
    )
    owner = shop.provider.owner_of("CAP1")
    assert owner is not None
    assert (owner.tenant, owner.id) == ("demo", payment.id)
    assert shop.provider.owner_of("CAP1") is None
    assert shop.provider.owner_of("CAP1") is None
    with pytest.raises(ProviderUnavailable):
        shop.provider.owner_of("CAP1")


def test_what_would_leave_its_place_in_an_address_is_no_id(shop: Shop) -> None:
    with pytest.raises(ValueError, match="not an id"):
        shop.provider.owner_of("../orders")


def test_the_body_of_an_order_is_what_was_stored(shop: Shop) -> None:
    shop.answers(TOKEN, (422, {}))
    parameters = shop.provider.parameters(a_draft(), PAGES)
    assert shop.provider.open(parameters, "key_1") == Rejected("HTTP_422")
    assert json.loads(parameters)["intent"] == "CAPTURE"
