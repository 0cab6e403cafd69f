"""The AWS engine as a child process: start it, wait for it, force what it holds to disk, end it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

from local.errors import LocalError
from local.ports import PortTaken, is_free
from local.settings import HOST, REPOSITORY, LocalSettings

_MARK = "local.engine_host"
_START_SECONDS = 30.0
_STOP_SECONDS = 4.0
_NEVER_INHERITED = (
    "AWS_",
    "STRIPE_",
    "SQUARE_",
    "PLATFORM_INTERNAL_TOKEN",
    "INTERNAL_SERVICE_SECRET",
    "GIFT_CARD_KEY",
    "GROUP_PAYMENT_KEY",
    "MINISTACK_",
    "SERVICES",
    "SMTP_",
)


class EngineError(LocalError):
    """The engine cannot be started; the message tells why and what to do next."""


def engine_environment(settings: LocalSettings, inherited: Mapping[str, str]) -> dict[str, str]:
    """What the engine and, through it, every function sees.

    The developer's own AWS profile and live secrets are taken out, so that nothing local can reach a real account, and
    the mail server to which the engine would pass mails on.
    """
    kept = {name: value for name, value in inherited.items() if not name.startswith(_NEVER_INHERITED)}
    engine_dir = settings.engine_dir
    return kept | {
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(settings.engine_port),
        "MINISTACK_HOST": HOST,
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(engine_dir / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(engine_dir / "s3"),
        "TMPDIR": str(engine_dir / "tmp"),
        "LOG_LEVEL": inherited.get("TOLLGATE_ENGINE_LOG_LEVEL", "WARNING"),
        "LAMBDA_WARM_TTL_SECONDS": "3600",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": f"{HOST},localhost",
        "no_proxy": f"{HOST},localhost",
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": "",
        "TOLLGATE_CLOCK_FILE": str(settings.clock_file),
        "TOLLGATE_FUNCTION_LOG": str(settings.function_log),
        "TOLLGATE_ENGINE_PARENT": str(os.getpid()),
    }


class Engine:
    """One engine at most runs per state folder; a leftover of ours is ended before a new one starts."""

    def __init__(self, settings: LocalSettings) -> None:
        self.settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._client = httpx.Client(base_url=settings.engine_url, timeout=10.0, trust_env=False)

    @property
    def pid_file(self) -> Path:
        return self.settings.state_dir / "engine.pid"

    @property
    def log_file(self) -> Path:
        return self.settings.state_dir / "logs" / "engine.log"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start and wait until it answers. Raises PortTaken, EngineError."""
        end_leftover(self.pid_file)
        if not is_free(self.settings.engine_port):
            raise PortTaken(self.settings.engine_port, "TOLLGATE_ENGINE_PORT")
        for folder in ("state", "s3", "tmp"):
            (self.settings.engine_dir / folder).mkdir(parents=True, exist_ok=True)
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", _MARK],
                cwd=REPOSITORY,
                env=engine_environment(self.settings, os.environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.pid_file.write_text(str(self._process.pid))
        self._wait_ready()

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def checkpoint(self) -> None:
        """Return once everything the engine accepted so far survives a kill."""
        self._client.post("/_tollgate/checkpoint").raise_for_status()

    def begin(self) -> None:
        """Let stream records flow and interrupted executions go on: everything they need is in place."""
        self._client.post("/_tollgate/begin").raise_for_status()

    def stop(self) -> None:
        """End it gently (it writes its state first), by force when it does not listen."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self.pid_file.unlink(missing_ok=True)

    def _wait_ready(self) -> None:
        def answers() -> bool:
            if not self.is_running():
                raise EngineError(f"The engine ended while starting. Its last words:\n{_tail(self.log_file)}")
            try:
                return self._client.get("/_ministack/health", timeout=1.0).is_success
            except httpx.HTTPError:
                return False

        if not _until(answers, _START_SECONDS):
            self.stop()
            raise EngineError(f"The engine did not answer within {_START_SECONDS:.0f} s. See {self.log_file}.")


def end_leftover(pid_file: Path) -> bool:
    """End an engine of ours that outlived its parent. True when there was one.

    The pid file alone proves nothing (pids are reused): the command line must be ours too.
    """
    if not pid_file.exists():
        return False
    text = pid_file.read_text().strip()
    pid_file.unlink(missing_ok=True)
    if not text.isdigit() or not is_engine(int(text)):
        return False
    pid = int(text)
    _signal(pid, signal.SIGTERM)
    if not _until(lambda: not is_engine(pid), _STOP_SECONDS):
        _signal(pid, signal.SIGKILL)
        _until(lambda: not is_engine(pid), _STOP_SECONDS)
    return True


def is_engine(pid: int) -> bool:
    """Whether a live process of this number was started as our engine."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        return stat != "Z" and _MARK.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, IndexError):
        return _MARK in _command_by_ps(pid)


def _command_by_ps(pid: int) -> str:
    """MacOS has no /proc."""
    if Path("/proc/self").exists():
        return ""
    return subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def _tail(path: Path, lines: int = 15) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""
