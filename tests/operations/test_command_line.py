"""What an operator sees when a command cannot begin: what is wrong, what to type, no traceback, exit code 2."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, NoRegionError

from operations import laptop
from operations.__main__ import main
from operations.access import explained
from tests.architecture.source import ROOT
from tests.operations.world import World, an_event

WINDOW = ["--from", "2026-03-05T10:00Z", "--to", "2026-03-05T12:00Z"]


def _refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "Next:" in told.err
    return told.err


def test_a_stack_must_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert "STACK=" in _refused(["republish", *WINDOW], capsys)
    assert "CORE_TABLE=… EVENT_BUS=…" in _refused(["republish", *WINDOW, "--core-table", "core"], capsys)
    assert "STACK=" in _refused(["redrive"], capsys)


def test_only_known_things_are_redriven(capsys: pytest.CaptureFixture[str]) -> None:
    assert "queues, records, all" in _refused(["redrive", "--stack", "x", "--what", "everything"], capsys)


def test_a_stack_that_is_not_there_is_named(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    told = _refused(["redrive", "--stack", "tollgate-nowhere"], capsys)
    assert "no stack tollgate-nowhere in us-east-1" in told
    assert "AWS_REGION" in told


def test_a_stack_of_another_kind_is_told(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    template = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
    world.deployed.client("cloudformation").create_stack(StackName=f"{world.stack}-other", TemplateBody=template)
    assert "no output CoreTableName" in _refused(["republish", *WINDOW, "--stack", f"{world.stack}-other"], capsys)
    told = _refused(["redrive", "--stack", f"{world.stack}-other", "--what", "records"], capsys)
    assert "no output FailedRecordsBucketName" in told


def test_a_table_that_is_not_there_stops_the_run_with_the_command_to_go_on(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["republish", *WINDOW, "--core-table", "nowhere", "--event-bus", world.bus]) == 1
    told = capsys.readouterr()
    assert "ResourceNotFoundException" in told.err
    assert "CORE_TABLE=nowhere" in json.loads(told.out)["go_on"]


def _client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "…"}}, "Query")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NoCredentialsError(), "aws sso login"),
        (_client_error("ExpiredTokenException"), "aws sso login"),
        (_client_error("UnrecognizedClientException"), "STACK=local"),
        (_client_error("AccessDeniedException"), "docs/operations.md"),
        (_client_error("ResourceNotFoundException"), "AWS_REGION"),
        (NoRegionError(), "AWS_REGION=eu-west-1"),
        (EndpointConnectionError(endpoint_url="https://x"), "AWS_ENDPOINT_URL"),
    ],
)
def test_trouble_with_the_session_is_told_with_what_to_do(error: Exception, told: str) -> None:
    assert told in explained(error)


def test_any_other_error_is_told_as_it_is() -> None:
    assert explained(ValueError("broken")) == "broken"


# --- the laptop stack ---


def test_a_laptop_stack_that_does_not_run_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLLGATE_STATE_DIR", str(tmp_path))
    told = _refused(["redrive", "--stack", "local"], capsys)
    assert "make run" in told
    assert str(tmp_path) in told


def test_a_wrong_setting_of_the_laptop_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLLGATE_PORT", "many")
    assert main(["redrive", "--stack", "local"]) == 2
    assert "TOLLGATE_PORT" in capsys.readouterr().err


def test_the_laptops_engine_and_nothing_else_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "of-a-real-account")
    monkeypatch.setattr(laptop, "find_running", lambda _: {"engine_port": 4999})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "environ", os.environ.copy())
        assert laptop.enter() == "tollgate"
        kept = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    assert kept["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4999"
    assert "of-a-real-account" not in kept.values()


def test_the_laptops_time_is_that_of_its_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLGATE_STATE_DIR", str(tmp_path))
    before = laptop.now()
    (tmp_path / "clock").write_text("864000")
    assert (laptop.now() - before).days == 10


# --- make ---


def _make(*words: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/usr/bin/env", "make", "--no-print-directory", *words],
        cwd=ROOT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_make_hands_everything_on(world: World) -> None:
    confirmed = "payments.purchase.confirmed"
    world.store(an_event(), an_event("pay_2", type=confirmed), an_event("pay_3", type=confirmed, tenant="other"))
    window = ["FROM=2026-03-05T10:00Z", "TO=2026-03-05T12:00Z"]
    chosen = [f"STACK={world.stack}", "TENANT=demo", f"TYPE={confirmed}"]
    done = _make("republish", *window, *chosen, "DRY_RUN=1", env={})
    assert done.returncode == 0, done.stderr
    summary: dict[str, Any] = json.loads(done.stdout)
    assert (summary["dry_run"], summary["events_found"], summary["events_to_publish"]) == (True, 3, 1)
    done = _make("redrive", f"STACK={world.stack}", "WHAT=records", env={})
    assert json.loads(done.stdout)["records"]["objects"] == 0
    assert world.heard() == []


def test_make_fails_where_the_command_does(world: World) -> None:
    done = _make("republish", "FROM=2026-03-05T10:00Z", f"STACK={world.stack}", env={})
    assert done.returncode != 0
    assert "TO is missing" in done.stderr


@pytest.mark.parametrize(
    ("env", "region"),
    [
        ({}, "ap-southeast-2"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "eu-north-1"}, "eu-north-1"),
    ],
)
def test_make_leaves_the_region_to_the_operator(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, env: dict[str, str], region: str
) -> None:
    """The Makefile's own default must not win over the profile's region."""
    config = tmp_path / "config"
    config.write_text("[default]\nregion = ap-southeast-2\n")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    done = _make("redrive", "STACK=tollgate-nowhere", env={"AWS_CONFIG_FILE": str(config), **env})
    assert f"no stack tollgate-nowhere in {region}" in done.stderr
