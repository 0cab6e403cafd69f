"""The front port hands requests to the deployed functions as the cloud would."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from tests.local.laptop import Laptop, eventually

pytestmark = pytest.mark.e2e


def test_a_request_reaches_its_function_with_path_query_and_headers(laptop: Laptop) -> None:
    answer = laptop.get("/echo/x%20y?b=2&a=%20z&a=1", headers={"X-Mine": "yes", "x-local-source-ip": "203.0.113.9"})

    seen = answer.json()
    assert answer.status_code == 200
    assert (seen["method"], seen["name"], seen["query"]) == ("GET", "x y", "b=2&a=%20z&a=1")
    assert seen["headers"]["x-mine"] == "yes"
    assert seen["source"] == "203.0.113.9"
    assert "x-local-source-ip" not in seen["headers"]
    assert answer.headers["x-sample"] == "yes"
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]


def test_the_shared_layer_and_the_parameters_reach_functions(laptop: Laptop) -> None:
    seen = laptop.get("/echo/a").json()

    assert seen["greeting"] == "hello"
    assert seen["stripe"] == f"{laptop.url}/simulators/stripe"


def test_a_body_arrives_byte_for_byte(laptop: Laptop) -> None:
    text = '{"a": 1,  "b":"ü"}'
    as_json = laptop.post("/echo/a", content=text.encode(), headers={"content-type": "application/json"}).json()
    as_bytes = laptop.post("/echo/a", content=b"\x00\xff", headers={"content-type": "application/octet-stream"}).json()

    assert (as_json["body"], as_json["base64"]) == (text, False)
    assert (as_bytes["body"], as_bytes["base64"]) == ("AP8=", True)


def test_webhooks_go_to_the_function_url(laptop: Laptop) -> None:
    answer = laptop.post("/webhooks/stripe", {"id": "evt_1"})

    assert answer.status_code == 202
    assert answer.json() == {"path": "/webhooks/stripe", "body": '{"id":"evt_1"}'}


def test_an_unknown_path_is_the_apis_404(laptop: Laptop) -> None:
    answer = laptop.get("/nothing/here")

    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


def test_a_body_above_ten_megabytes_is_refused_as_api_gateway_does(laptop: Laptop) -> None:
    answer = laptop.post("/echo/a", content=b"x" * (10 * 1024 * 1024 + 1))

    assert (answer.status_code, answer.json()) == (413, {"message": "Request Entity Too Large"})


def test_info_tells_a_client_all_it_needs(laptop: Laptop) -> None:
    info = laptop.info()

    assert info["urls"]["stripe_webhook"] == f"{laptop.url}/webhooks/stripe"
    assert info["urls"]["stripe_simulator"] == f"{laptop.url}/simulators/stripe"
    assert info["stack"]["outputs"]["NotesTableName"] == info["stack"]["tables"]["NotesTable"]
    assert info["stack"]["buses"] == {"Bus": "sample-local"}
    of_providers = {"stripe_secret_key", "stripe_webhook_secrets", "square_access_token", "square_webhook_keys"}
    assert set(info["secrets"]) == {"internal_token", "service", "consumer_secrets", *of_providers}
    assert laptop.aws("dynamodb").list_tables()["TableNames"]


def test_the_console_is_one_page_without_outside_assets(laptop: Laptop) -> None:
    page = laptop.get("/local").text

    assert "<title>Tollgate on this machine</title>" in page
    assert "http://" not in page
    assert "https://" not in page
    assert laptop.get("/").headers["location"] == "/local"


def test_another_web_page_cannot_use_the_controls(laptop: Laptop) -> None:
    foreign = laptop.post("/local/reset", headers={"origin": "https://evil.example"})
    rebound = laptop.get("/local/info", headers={"host": "evil.example"})
    own = laptop.post("/local/token", {}, headers={"origin": laptop.url})

    assert (foreign.status_code, rebound.status_code, own.status_code) == (403, 400, 200)


def test_a_token_verifies_with_the_published_key(laptop: Laptop) -> None:
    asked = {"sub": "u1", "role": "admin", "tenant_id": "t1", "venues": ["v1"], "ttl_seconds": 60}
    token = laptop.post("/local/token", asked).json()["token"]
    expected = laptop.info()["auth"]["jwt"]

    claims = jwt.decode(
        token, expected["public_key"], ["RS256"], audience=expected["audience"], issuer=expected["issuer"]
    )

    assert jwt.get_unverified_header(token)["kid"] == expected["key_id"]
    assert {name: claims[name] for name in ("sub", "role", "tenant_id", "venues")} == {
        name: asked[name] for name in ("sub", "role", "tenant_id", "venues")
    }
    assert claims["exp"] - claims["iat"] == 60


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/local/token", b'{"role": "king"}', "role"),
        ("/local/token", b'{"sub": ""}', "sub"),
        ("/local/token", b'{"venues": "v1"}', "venues"),
        ("/local/token", b'{"ttl_seconds": "1"}', "ttl_seconds"),
        ("/local/token", b'{"tenant": "t"}', "tenant"),
        ("/local/token", b"[]", "body"),
        ("/local/token", b"{", "body"),
        ("/local/clock", b'{"advance_seconds": -1}', "advance_seconds"),
        ("/local/clock", b'{"advance_seconds": true}', "advance_seconds"),
        ("/local/clock", b'{"advance_seconds": NaN}', "advance_seconds"),
        ("/local/clock", b'{"advance": "soon"}', "advance"),
        ("/local/clock", b'{"reset": false}', "reset"),
        ("/local/clock", b"{}", "body"),
    ],
)
def test_bad_input_to_a_control_is_refused_with_the_field(laptop: Laptop, path: str, body: bytes, field: str) -> None:
    answer = laptop.post(path, content=body)

    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["errors"][0]["field"] == field


@pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=0", "limit=1001"])
def test_a_bad_page_of_events_is_refused_with_the_field(laptop: Laptop, query: str) -> None:
    answer = laptop.get(f"/local/events?{query}")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == query.split("=", maxsplit=1)[0]


def test_a_subscriber_receives_events_in_order_and_numbered(laptop: Laptop) -> None:
    before = laptop.get("/local/events?limit=1000").json()["next_after"]
    laptop.write(*({"sk": f"event-{n}", "kind": "note"} for n in range(3)))

    def received() -> list[dict[str, Any]]:
        events = laptop.get(f"/local/events?after={before}&limit=1000").json()["events"]
        mine = [event for event in events if event["detail"]["sk"]["S"].startswith("event-")]
        return mine if len(mine) >= 3 else []

    events = eventually(received)
    assert [event["detail"]["sk"]["S"] for event in events] == ["event-0", "event-1", "event-2"]
    assert [event["n"] for event in events] == sorted(event["n"] for event in events)
    assert {event["detail_type"] for event in events} == {"seen"}


def test_no_log_of_the_stack_repeats_an_address(laptop: Laptop) -> None:
    """It may hold the code of a gift card."""
    secret = "ABCD-EFGH-JKMN"
    for path in (f"/echo/{secret}?code={secret}", f"/nothing/{secret}", f"/simulators/{secret}"):
        laptop.get(path)
    laptop.post(f"/echo/{secret}", content=b"x" * (10 * 1024 * 1024 + 1))
    laptop.get("/echo/the-last-one")
    eventually(lambda: "ApiFunction" in laptop.run("logs").stdout)

    logs = [laptop.state / "out.log", *(laptop.state / "logs").iterdir()]
    assert {"out.log", "engine.log", "functions.log"} <= {each.name for each in logs}
    assert not [each.name for each in logs if secret in each.read_text()]


def test_functions_output_is_in_the_log_command(laptop: Laptop) -> None:
    laptop.get("/echo/a")

    shown = eventually(lambda: "ApiFunction" in (out := laptop.run("logs").stdout) and out)
    assert "[done in" in str(shown)
