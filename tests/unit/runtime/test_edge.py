"""What the edge of an HTTP function tells of a request, to callers and to its log, and whom it takes for whom."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.logging.logger import set_package_logger

from tests.support.builders import NOW
from tests.support.fakes import MemorySecrets, MemorySignatures
from tests.support.requests import AUDIENCE, ISSUER, KEY_ID, PUBLIC_KEY, context, http_event, new_key, token
from tollgate.kernel.clock import FixedClock
from tollgate.kernel.errors import NotFound
from tollgate.runtime.http.auth import Authenticator
from tollgate.runtime.http.edge import Edge
from tollgate.runtime.http.errors import respond
from tollgate.runtime.http.principal import Person
from tollgate.runtime.observability import make_logger, make_metrics

SECRET = "ABCD-EFGH-JKMN"
SECRETS = {"auth": {"jwt": {"issuer": ISSUER, "audience": AUDIENCE, "public_keys": {KEY_ID: PUBLIC_KEY}}}}


@pytest.fixture(autouse=True)
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "edge_under_test")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Tollgate")


def an_edge(answer: Callable[[Edge], object]) -> Edge:
    """A function with one route of three, whose addresses hold a secret, and one whose do not."""
    made = Edge(
        FixedClock(NOW),
        # Of its own, or it would go on writing to where an earlier test looked.
        Logger(service=f"edge_{new_key()}"),
        make_metrics(),
        Authenticator(MemorySecrets(SECRETS), MemorySignatures()),
        secrets_below=("/cards/",),
    )

    @made.routes.get("/cards/<code>/balance")
    def show_balance(code: str) -> Response[str]:
        return respond(200, {"code": code, "told": answer(made)})

    @made.routes.get("/things/<name>")
    def show_thing(name: str) -> Response[str]:
        return respond(200, {"name": name, "told": answer(made)})

    return made


def asked(edge: Edge, path: str, route: str, **headers: str) -> tuple[int, dict[str, Any]]:
    event = http_event("GET", path, headers, "", b"") | {"routeKey": route}
    answer = edge.handle(event, context())
    return int(answer["statusCode"]), json.loads(answer["body"])


def refuse(_: Edge) -> object:
    raise NotFound("card")


def fail(_: Edge) -> object:
    raise RuntimeError("as nobody expected")


def who(edge: Edge) -> object:
    found = edge.perhaps()
    return found.id if isinstance(found, Person) else found


@pytest.mark.parametrize(("answer", "status"), [(refuse, 404), (fail, 500)])
def test_an_error_tells_the_route_where_the_address_holds_a_secret(
    answer: Callable[[Edge], object], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    told = asked(an_edge(answer), f"/cards/{SECRET}/balance", "GET /cards/{code}/balance")
    assert (told[0], told[1]["path"]) == (status, "/cards/{code}/balance")
    assert SECRET not in json.dumps(told[1]) + "".join(capsys.readouterr())


@pytest.mark.parametrize("route", ["$default", ""])
def test_an_address_that_no_route_is_named_for_is_not_told_either(route: str) -> None:
    status, body = asked(an_edge(refuse), f"/cards/{SECRET}/colour", route)
    assert (status, body["path"]) == (404, "/cards/")


def test_any_other_address_is_repeated_as_it_came() -> None:
    assert asked(an_edge(refuse), "/things/one", "GET /things/{name}")[1]["path"] == "/things/one"


def test_a_stored_refusal_tells_the_route_too() -> None:
    def stored(edge: Edge) -> object:
        return edge.error_of({"error": "no", "code": "NO"})["path"]

    _, body = asked(an_edge(stored), f"/cards/{SECRET}/balance", "GET /cards/{code}/balance")
    assert body["told"] == "/cards/{code}/balance"


@pytest.mark.filterwarnings("ignore:POWERTOOLS_DEV")
def test_the_switch_for_developers_does_not_print_requests(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POWERTOOLS_DEV", "true")
    _ask_for_what_is_there_and_what_is_not()
    assert SECRET not in "".join(capsys.readouterr())


def test_debugging_powertools_does_not_print_requests() -> None:
    """As POWERTOOLS_DEBUG does when it is imported."""
    heard, library = StringIO(), logging.getLogger("aws_lambda_powertools")
    level, handlers = library.level, list(library.handlers)
    set_package_logger(stream=heard)
    make_logger()
    _ask_for_what_is_there_and_what_is_not()
    library.setLevel(level)
    library.handlers[:] = handlers
    assert SECRET not in heard.getvalue()


def _ask_for_what_is_there_and_what_is_not() -> None:
    for path in (f"/cards/{SECRET}/balance", f"/cards/{SECRET}/colour"):
        asked(an_edge(refuse), path, "GET /cards/{code}/balance", **{"x-mine": SECRET})


def test_who_sends_no_credentials_is_nobody() -> None:
    assert asked(an_edge(who), "/things/one", "GET /things/{name}")[1]["told"] is None


def test_who_proves_who_they_are_is_known() -> None:
    person = token("ann", "demo", "user")
    _, body = asked(an_edge(who), "/things/one", "GET /things/{name}", authorization=f"Bearer {person}")
    assert body["told"] == "ann"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("authorization", "Bearer nonsense"),
        ("authorization", "Basic YTpi"),
        ("authorization", ""),
        ("x-internal-signature", "0" * 64),
        ("x-platform-internal-token", "a-guess"),
    ],
)
def test_who_proves_nothing_is_not_taken_for_nobody(name: str, value: str) -> None:
    assert asked(an_edge(who), "/things/one", "GET /things/{name}", **{name: value})[0] == 401


def test_only_api_gateway_says_where_a_request_comes_from() -> None:
    def source(edge: Edge) -> object:
        return edge.source_ip()

    forged = {"x-forwarded-for": "203.0.113.9", "forwarded": "for=203.0.113.9", "x-real-ip": "203.0.113.9"}
    assert asked(an_edge(source), "/things/one", "GET /things/{name}", **forged)[1]["told"] == "127.0.0.1"
