"""The commands a person types, and what they are told when something is in the way."""

from __future__ import annotations

import json
import socket

import pytest

from local.credentials import load_credentials
from tests.local.laptop import Laptop, eventually

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("command", [(), ("run",), ("up",), ("down",), ("status",), ("reset",), ("logs",)])
def test_every_command_explains_itself(own_laptop: Laptop, command: tuple[str, ...]) -> None:
    shown = own_laptop.run(*command, "--help")
    assert shown.returncode == 0
    assert "usage: python -m local" in shown.stdout


@pytest.mark.parametrize("variable", ["TOLLGATE_PORT", "TOLLGATE_ENGINE_PORT"])
def test_a_port_held_by_another_program_is_named_with_the_next_step(own_laptop: Laptop, variable: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        shown = own_laptop.run("run", env={variable: str(port)})

    assert shown.returncode == 1
    assert f"Port {port} on 127.0.0.1 is already in use" in shown.stderr
    assert f"{variable}={port + 1}" in shown.stderr
    assert "Traceback" not in shown.stderr


def test_a_wrong_port_is_told_in_words(own_laptop: Laptop) -> None:
    shown = own_laptop.run("run", env={"TOLLGATE_PORT": "http"})
    assert (shown.returncode, "TOLLGATE_PORT='http' is not a port" in shown.stderr) == (1, True)


def test_commands_without_a_running_stack_say_so(own_laptop: Laptop) -> None:
    assert own_laptop.run("status").returncode == 3
    assert own_laptop.run("down").stdout == "It does not run.\n"
    assert "Nothing was logged yet" in own_laptop.run("logs").stdout


def test_background_reset_and_secrets_from_the_environment(own_laptop: Laptop) -> None:
    _it_starts_in_the_background_once(own_laptop)
    made = own_laptop.info()["secrets"]
    own_laptop.write({"sk": "gone", "kind": "note"})
    assert eventually(lambda: own_laptop.get("/local/events").json()["events"])
    own_laptop.post("/local/clock", {"advance": "1d"})

    assert own_laptop.post("/local/reset").json()["reset"] is True

    assert own_laptop.table("NotesTable") == {}
    assert own_laptop.get("/local/events").json() == {"events": [], "next_after": 0, "last": 0}
    assert own_laptop.get("/local/clock").json()["offset_seconds"] == 0
    assert own_laptop.info()["secrets"] == made
    own_laptop.write({"sk": "fresh", "kind": "note"})
    assert eventually(lambda: own_laptop.get("/local/events").json()["events"])[0]["n"] == 1
    assert own_laptop.run("down").stdout.startswith("Stopped.")
    assert own_laptop.run("status").returncode == 3

    given = {"STRIPE_SECRET_KEY": "sk_test_mine", "STRIPE_WEBHOOK_SECRET": "whsec_new, whsec_old"}
    own_laptop.start(env=given | {"PLATFORM_INTERNAL_TOKEN": "token", "INTERNAL_SERVICE_SECRET": "s1,s2"})
    secrets = own_laptop.aws("secretsmanager")
    read = lambda name: json.loads(secrets.get_secret_value(SecretId=f"tollgate/local/{name}")["SecretString"])  # noqa: E731
    assert read("stripe/api") == {"secret_key": "sk_test_mine"}
    assert read("stripe/webhook") == {"signing_secrets": ["whsec_new", "whsec_old"]}
    assert read("auth")["internal_tokens"][0]["token"] == "token"
    assert read("auth")["services"]["local-backend"]["secrets"] == ["s1", "s2"]
    assert own_laptop.info()["secrets"]["stripe_secret_key"] == "sk_test_mine"
    assert list(own_laptop.table("NotesTable")) == [("note", "fresh")]
    own_laptop.stop()

    assert load_credentials(own_laptop.state, {}).stripe_key == made["stripe_secret_key"]


def _it_starts_in_the_background_once(laptop: Laptop) -> None:
    first = laptop.run("up")
    assert first.returncode == 0, first.stdout + first.stderr
    laptop.url = json.loads((laptop.state / "stack.json").read_text())["url"]
    assert f"Ready: {laptop.url}/local" in first.stdout
    assert laptop.run("up").stdout == f"Running already: {laptop.url}/local\n"
    second = laptop.run("run")
    assert second.returncode == 1
    assert "is in use by process" in second.stderr
    assert laptop.url in laptop.run("status").stdout


def test_a_changed_function_and_a_changed_layer_are_picked_up(laptop: Laptop) -> None:
    app = laptop.sources / "functions/webhook/app.py"
    app.write_text(app.read_text().replace('"statusCode": 202', '"statusCode": 203'))
    assert eventually(lambda: laptop.post("/webhooks/stripe", {}).status_code == 203)

    layer = laptop.sources / "layers/shared/sample/__init__.py"
    layer.write_text(layer.read_text().replace("hello", "good morning"))
    assert eventually(lambda: laptop.get("/echo/a").json()["greeting"] == "good morning")
    assert "Changed: functions/webhook/app.py" in laptop.output()

    layer.write_text(layer.read_text().replace("good morning", "hello"))
    app.write_text(app.read_text().replace('"statusCode": 203', '"statusCode": 202'))
    assert eventually(lambda: laptop.post("/webhooks/stripe", {}).status_code == 202)
    assert eventually(lambda: laptop.get("/echo/a").json()["greeting"] == "hello")
