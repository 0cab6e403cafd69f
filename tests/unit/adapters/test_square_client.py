"""Square over real sockets: what it leaves in doubt, and how a page comes to its end all the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.simulators.square_world import LOCATION, TOKEN, SquareWorld, a_square
from tests.support.builders import NOW, a_draft, a_session
from tests.support.fakes import MemorySecrets
from tests.unit.adapters.stripe_server import StripeServer, stripe_server
from tollgate.adapters.providers.square import api
from tollgate.adapters.providers.square.api import SquareApi
from tollgate.adapters.providers.square.client import SquareProvider
from tollgate.adapters.providers.square.refund_client import SquareRefunds
from tollgate.checkout.ports import (
    CheckoutRequest,
    Closed,
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
from tollgate.payments.refunds import Refund, RefundState

PAGES = CheckoutRequest("https://shop.example/thanks", "https://shop.example/cart")
ORDER = {"id": "o1", "location_id": LOCATION, "version": 3, "state": "OPEN", "created_at": "2026-11-05T12:00:00Z"}


@pytest.fixture
def server() -> Iterator[StripeServer]:
    with stripe_server() as started:
        yield started


@pytest.fixture
def square() -> Iterator[SquareWorld]:
    with a_square() as running:
        yield running


def a_provider(base: str, token: str = TOKEN) -> SquareProvider:
    calls = SquareApi(MemorySecrets({"square/api": {"access_token": token}}), base)
    return SquareProvider(calls, FixedClock(NOW), enabled=True, locations={"USD": LOCATION})


def opened(provider: SquareProvider) -> Session:
    outcome = provider.open(provider.parameters(a_draft(), PAGES), "key_1")
    assert isinstance(outcome, Opened)
    return outcome.session


def test_a_call_bears_the_token_the_pinned_version_and_the_key(server: StripeServer) -> None:
    server.answers = [(200, {"payment_link": {}})]
    provider = a_provider(server.url)
    assert isinstance(provider.open(provider.parameters(a_draft(), PAGES), "key_1"), Unknown)
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", "/v2/online-checkout/payment-links")
    assert (asked.headers["Authorization"], asked.headers["Square-Version"]) == (f"Bearer {TOKEN}", api.API_VERSION)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((500, {}), Unknown("500 500")),
        ((503, "busy"), Unknown("503 503")),
        ((200, "no json"), Unknown("an answer that is no JSON object")),
        ((200, "[]"), Unknown("an answer that is no JSON object")),
        ((400, {"errors": [{"code": "INVALID_VALUE"}]}), Rejected("INVALID_VALUE")),
        ((301, {}), Unknown("301 301")),
    ],
)
def test_nothing_is_sent_twice_whatever_is_answered(
    server: StripeServer, answer: tuple[int, object], outcome: object
) -> None:
    server.answers = [answer]
    assert a_provider(server.url).open("{}", "key_1") == outcome
    assert len(server.asked) == 1


def test_silence_is_unknown_and_a_closed_port_unreachable(
    server: StripeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "READ_TIMEOUT_SECONDS", 0.2)
    server.answers = [None]
    assert a_provider(server.url).open("{}", "key_1") == Unknown("ReadTimeoutError")
    assert a_provider("http://127.0.0.1:9").open("{}", "key_1") == Unreachable("no connection")


def test_without_a_token_nothing_is_asked(server: StripeServer) -> None:
    assert a_provider(server.url, " ").look(a_session()) == Unreachable("no credentials", credentials_refused=True)
    assert not server.asked


def test_without_a_location_nothing_is_offered() -> None:
    calls = SquareApi(MemorySecrets())
    assert not SquareProvider(calls, FixedClock(NOW), enabled=True, locations={}).offer.takes("card", "USD")
    offer = SquareProvider(calls, FixedClock(NOW), enabled=True, locations={"JPY": "L"}).offer
    assert [offer.takes("card", each) for each in ("JPY", "USD")] == [True, False]


def test_a_page_that_outlives_its_link_is_closed_by_its_order(square: SquareWorld) -> None:
    """After a declined try the order stays open, and the page with it, when the link is deleted."""
    provider = a_provider(square.base)
    session = opened(provider)
    square.pay(session.reference, card="4000000000000002")
    assert isinstance(provider.look(session), StillOpen)
    outcome = provider.close(session)
    assert isinstance(outcome, Closed)
    assert outcome.report.fact is Fact.EXPIRED
    assert square.state("orders")[0]["state"] == "CANCELED"


def test_a_page_is_closed_by_its_order_alone_where_its_link_is_not_known(square: SquareWorld) -> None:
    provider = a_provider(square.base)
    session = opened(provider)
    outcome = provider.close(Session(session.reference, None, session.expires_at))
    assert isinstance(outcome, Closed)
    assert outcome.report.fact is Fact.EXPIRED


def test_what_is_only_authorised_is_freed_when_its_page_is_closed(square: SquareWorld) -> None:
    provider = a_provider(square.base)
    session = opened(provider)
    square.pay(session.reference, method="hold")
    assert isinstance(provider.look(session), StillOpen)
    outcome = provider.close(session)
    assert isinstance(outcome, Closed)
    assert outcome.report.fact is Fact.EXPIRED
    assert [each["status"] for each in square.state("payments")] == ["CANCELED"]


def test_an_order_that_square_will_not_cancel_leaves_its_page_in_doubt(server: StripeServer) -> None:
    refused = (400, {"errors": [{"code": "BAD_REQUEST"}]})
    server.answers = [refused, (200, {"order": ORDER}), refused, (200, {"order": ORDER})]
    outcome = a_provider(server.url).close(a_session("o1", link="L1"))
    assert outcome == Unknown("the order can still be paid", told=True)
    assert [f"{each.method} {each.path}" for each in server.asked] == [
        "DELETE /v2/online-checkout/payment-links/L1",
        "GET /v2/orders/o1",
        "PUT /v2/orders/o1",
        "GET /v2/orders/o1",
    ]


def test_a_page_that_was_paid_while_it_was_closed_says_so(server: StripeServer) -> None:
    tender = {
        "id": "p1",
        "type": "CARD",
        "amount_money": {"amount": 5_000, "currency": "USD"},
        "card_details": {"status": "CAPTURED"},
    }
    refused = (400, {"errors": [{"code": "VERSION_MISMATCH"}]})
    server.answers = [(200, {}), (200, {"order": ORDER}), refused, (200, {"order": ORDER | {"tenders": [tender]}})]
    outcome = a_provider(server.url).close(a_session("o1", link="L1"))
    assert isinstance(outcome, Closed)
    assert outcome.report.fact is Fact.CAPTURED


def test_every_page_of_the_list_of_orders_is_read(server: StripeServer) -> None:
    """Its ends are inclusive, ours are not; what other systems sold is not read any further."""
    last = ORDER | {"id": "o2", "created_at": "2026-11-05T13:00:00Z"}
    server.answers = [(200, {"orders": [ORDER], "cursor": "c"}), (200, {"orders": [last]})]
    listed = list(a_provider(server.url).list_sessions(NOW, NOW + timedelta(hours=1)))
    assert [(each.session.reference, each.tenant, each.report) for each in listed] == [("o1", None, None)]
    assert len(server.asked) == 2


def test_a_list_or_an_owner_that_square_does_not_tell_is_asked_for_again_later(server: StripeServer) -> None:
    server.answers = [(500, {}), (500, {})]
    with pytest.raises(ProviderUnavailable):
        list(a_provider(server.url).list_sessions(NOW, NOW))
    with pytest.raises(ProviderUnavailable):
        a_provider(server.url).owner_of("p1")


def test_a_payment_without_our_note_is_known_by_its_order(server: StripeServer) -> None:
    echo = {"tollgate_tenant": "demo", "tollgate_payment": "pay_1"}
    for metadata, owner in ((echo, ("demo", "pay_1")), ({}, None)):
        server.answers = [(200, {"payment": {"order_id": "o1"}}), (200, {"order": ORDER | {"metadata": metadata}})]
        found = a_provider(server.url).owner_of("p1")
        assert ((found.tenant, found.id) if found else None) == owner


def test_that_a_question_about_a_refund_is_refused_does_not_mean_that_there_is_none(server: StripeServer) -> None:
    server.answers = [(404, {"errors": [{"code": "NOT_FOUND"}]})]
    provider = a_provider(server.url)
    refund = Refund("ref_1", 100, RefundState.UNKNOWN, "p1", NOW)
    assert SquareRefunds(provider.api, provider.clock).find_refund(a_draft(), refund) == Unknown("NOT_FOUND", told=True)
    assert server.asked[0].path == "/v2/payments/p1"


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("IDEMPOTENCY_KEY_REUSED", Unknown("IDEMPOTENCY_KEY_REUSED", key_spent=True, told=True)),
        ("REFUND_ALREADY_PENDING", Unknown("REFUND_ALREADY_PENDING", told=True)),
        ("REFUND_AMOUNT_INVALID", Rejected("REFUND_AMOUNT_INVALID")),
    ],
)
def test_a_refund_of_which_something_was_sent_before_is_in_doubt(
    server: StripeServer, code: str, outcome: object
) -> None:
    server.answers = [(400, {"errors": [{"category": "REFUND_ERROR", "code": code}]})]
    provider = a_provider(server.url)
    assert SquareRefunds(provider.api, provider.clock).refund("{}", "key_1") == outcome
