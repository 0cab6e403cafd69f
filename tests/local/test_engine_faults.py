"""The faults of the engine that our repairs mend, seen on the engine as it comes.

A test that fails here is good news: the engine was mended, and the repair it names can go.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.aws import Aws
from local.deploy import Deployer, Deployment
from local.engine import engine_environment
from local.ports import free_port
from local.settings import LocalSettings
from tests.local.laptop import REPOSITORY, SAMPLE, children, client, eventually

pytestmark = pytest.mark.e2e


class PlainEngine:
    def __init__(self, root: Path) -> None:
        self.settings = LocalSettings(engine_port=free_port(), state_dir=root, template=SAMPLE / "template.yaml")
        for folder in ("state", "s3", "tmp"):
            (self.settings.engine_dir / folder).mkdir(parents=True)
        self.start()
        deployer = Deployer(self.settings, Aws(self.settings))
        self.deployment: Deployment = deployer.deploy(deployer.prepare({"Environment": "local"}))

    def start(self) -> None:
        environment = engine_environment(self.settings, os.environ)
        command = [sys.executable, "-m", "ministack"]
        self.process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stderr=subprocess.DEVNULL)
        eventually(self._answers)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.settings.engine_url}/_ministack/health", trust_env=False).is_success
        except httpx.HTTPError:
            return False

    def aws(self, service: str) -> Any:
        return client(service, self.settings.engine_url)

    def write(self, *notes: dict[str, Any]) -> None:
        for note in notes:
            item = {"pk": {"S": "note"}, **note}
            self.aws("dynamodb").put_item(TableName=self.deployment.tables["NotesTable"], Item=item)

    def seen(self) -> dict[str, int]:
        items = self.aws("dynamodb").scan(TableName=self.deployment.tables["SeenTable"])["Items"]
        return {item["sk"]["S"]: int(item["tries"]["N"]) for item in items}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlainEngine]:
    engine = PlainEngine(tmp_path_factory.mktemp("plain"))
    yield engine
    engine.process.kill()
    engine.process.wait()


def test_an_exceptions_name_is_lost__handler_errors(plain: PlainEngine) -> None:
    function = plain.deployment.functions["StepFunction"]
    answer = plain.aws("lambda").invoke(FunctionName=function, Payload=b'{"refuse": true}')

    assert json.loads(answer["Payload"].read())["errorType"] == "Runtime.HandlerError"


def test_a_silent_invocation_waits_for_output__function_logs(plain: PlainEngine) -> None:
    call = lambda: plain.aws("lambda").invoke(FunctionName=plain.deployment.functions["StepFunction"], Payload=b"{}")  # noqa: E731
    call()
    started = time.monotonic()
    call()
    assert time.monotonic() - started > 0.05


def test_each_worker_starts_a_python_of_its_own__forked_workers(plain: PlainEngine) -> None:
    plain.aws("lambda").invoke(FunctionName=plain.deployment.functions["StepFunction"], Payload=b"{}")
    commands = [Path(f"/proc/{each}/cmdline").read_text() for each in children(plain.process.pid)]
    assert any("_worker.py" in command for command in commands)


def test_each_worker_unpacks_the_layers__shared_layers(plain: PlainEngine) -> None:
    for name in plain.deployment.functions.values():
        plain.aws("lambda").invoke(FunctionName=name, Payload=b"{}")
    unpacked = list((plain.settings.engine_dir / "tmp").glob("ministack-lambda-*/layer_0"))
    assert len(unpacked) > 1


def test_a_partial_failure_counts_as_success__stream_mappings(plain: PlainEngine) -> None:
    plain.write(
        {"sk": {"S": "p1"}, "kind": {"S": "note"}, "fail": {"N": "1"}}, {"sk": {"S": "p2"}, "kind": {"S": "note"}}
    )

    assert eventually(lambda: "p2" in plain.seen())
    time.sleep(1)
    assert plain.seen()["p1"] == 1, "the failed record was delivered again"


def test_retries_never_end_and_nothing_is_bisected__stream_mappings(plain: PlainEngine) -> None:
    plain.write(
        {"sk": {"S": "k1"}, "kind": {"S": "kept"}, "poison": {"BOOL": True}}, {"sk": {"S": "k2"}, "kind": {"S": "kept"}}
    )

    time.sleep(3)
    assert "k2" not in plain.seen()


def test_the_source_address_is_always_the_same__client_address(plain: PlainEngine) -> None:
    address = f"{plain.settings.engine_url}/_aws/execute-api/{plain.deployment.api_id}/$default/echo/a"
    answer = httpx.get(address, headers={"x-tollgate-client-address": "203.0.113.9"}, trust_env=False)

    assert answer.json()["source"] == "127.0.0.1"


def test_schedules_are_looked_at_every_ten_seconds__domain_time() -> None:
    source = Path(str(import_module("ministack.services.scheduler").__file__)).read_text()
    assert "_SCHEDULE_TICK_INTERVAL = 10" in source


def test_a_token_is_waited_for_past_its_time_and_after_an_error__task_tokens(plain: PlainEngine) -> None:
    states, machine = plain.aws("stepfunctions"), plain.deployment.state_machines["Handover"]
    runs = [
        states.start_execution(stateMachineArn=machine, input=json.dumps({"refuse": refuse, "seconds": 1}))
        for refuse in (False, True)
    ]
    time.sleep(3)
    for run in runs:
        assert states.describe_execution(executionArn=run["executionArn"])["status"] == "RUNNING"


def test_a_token_is_waited_for_on_the_wall_clock__task_tokens() -> None:
    source = Path(str(import_module("ministack.services.stepfunctions").__file__)).read_text()
    assert "if not evt.wait(timeout=timeout):" in source


def test_a_kill_loses_what_was_written__durable_tables_and_services(plain: PlainEngine) -> None:
    plain.write({"sk": {"S": "lost"}, "kind": {"S": "other"}})
    plain.process.kill()
    plain.process.wait()
    plain.start()

    assert plain.aws("dynamodb").list_tables()["TableNames"] == []
