"""Drives a laptop stack of its own, as a person at a terminal would."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import httpx
from botocore.config import Config

from tests.support.lighter_clients import lighten_clients

REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLE = Path(__file__).parent / "fixtures" / "sample"
START_SECONDS = 60.0
lighten_clients()


def eventually[T](look: Callable[[], T], seconds: float = 15.0) -> T:
    """The first true value of `look`; the last one when time runs out, for the assertion to show."""
    deadline = time.monotonic() + seconds
    while not (value := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return value


class Laptop:
    """One stack on free ports, with its state in a folder of its own."""

    def __init__(self, sources: Path, state: Path) -> None:
        self.sources, self.state = sources, state
        self.process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def run(self, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """`python -m local …` to its end."""
        command = [sys.executable, "-m", "local", *arguments]
        environment = self._environment() | (env or {})
        return subprocess.run(
            command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=START_SECONDS, check=False
        )

    def start(self, env: dict[str, str] | None = None) -> None:
        (self.state / "stack.json").unlink(missing_ok=True)
        self.state.mkdir(parents=True, exist_ok=True)
        with (self.state / "out.log").open("ab") as out:
            process = self.process = subprocess.Popen(
                [sys.executable, "-m", "local", "run"],
                cwd=REPOSITORY,
                env=self._environment() | (env or {}),
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        eventually(lambda: (self.state / "stack.json").exists() or process.poll() is not None, START_SECONDS)
        assert process.poll() is None, self.output()
        self.url = json.loads((self.state / "stack.json").read_text())["url"]

    def output(self) -> str:
        return (self.state / "out.log").read_text()

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(15)
        self.run("down")  # one that was started in the background

    def kill_everything(self) -> list[int]:
        """SIGKILL to front and engine at the same moment. Returns the pids that were the engine's family."""
        engine = int((self.state / "engine.pid").read_text())
        family = [engine, *descendants(engine)]
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        os.kill(engine, signal.SIGKILL)
        self.process.wait()
        return family

    def get(self, path: str, **options: Any) -> httpx.Response:
        return httpx.get(self.url + path, timeout=35, trust_env=False, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        if body is not None:
            options["json"] = body
        return httpx.post(self.url + path, timeout=35, trust_env=False, **options)

    def info(self) -> dict[str, Any]:
        return dict(self.get("/local/info").json())

    def aws(self, service: str) -> Any:
        engine = self.info()["engine"]
        return client(service, engine["endpoint_url"])

    def table(self, logical: str) -> dict[tuple[str, str], dict[str, Any]]:
        """All items by key."""
        name = self.info()["stack"]["tables"][logical]
        items = self.aws("dynamodb").scan(TableName=name, ConsistentRead=True)["Items"]
        return {(item["pk"]["S"], item["sk"]["S"]): item for item in items}

    def tries(self, consumer: str, note: str) -> int:
        """How often a consumer of the sample has seen a note."""
        item = self.table("SeenTable").get((consumer, note))
        return int(item["tries"]["N"]) if item else 0

    def write(self, *notes: dict[str, Any]) -> None:
        answer = self.post("/notes", {"notes": list(notes)})
        assert answer.status_code == 201, answer.text

    def _environment(self) -> dict[str, str]:
        ours = ("TOLLGATE_", "STRIPE_", "PLATFORM_", "INTERNAL_SERVICE", "GIFT_CARD_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return kept | {
            "TOLLGATE_PORT": "0",
            "TOLLGATE_ENGINE_PORT": "0",
            "TOLLGATE_STATE_DIR": str(self.state),
            "TOLLGATE_TEMPLATE": str(self.sources / "template.yaml"),
        }


def client(service: str, endpoint: str) -> Any:
    make: Any = boto3.client
    return make(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(proxies={}, retries={"max_attempts": 1}),
    )


def children(pid: int) -> list[int]:
    """The processes whose parent is `pid`."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            number, rest = status.read_text().split(" ", 1)
        except OSError:
            continue
        if int(rest.rsplit(")", 1)[1].split()[1]) == pid:
            found.append(int(number))
    return found


def descendants(pid: int) -> list[int]:
    """Its children, and theirs."""
    return [each for child in children(pid) for each in (child, *descendants(child))]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
