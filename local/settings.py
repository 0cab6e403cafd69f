"""Where the laptop stack lives: ports, folders and the addresses that follow from them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from local.errors import LocalError

HOST = "127.0.0.1"
DEFAULT_PORT = 3600
DEFAULT_ENGINE_PORT = 4566
REGION = "us-east-1"
ACCOUNT = "000000000000"
STACK_NAME = "tollgate"
SECRETS_PREFIX = "tollgate/local"
MAIL_SENDER = "mails@tollgate.local"
# Of Square's simulator, each with the currency that it takes.
SQUARE_LOCATIONS = {"LLOCALUSD": "USD", "LLOCALEUR": "EUR", "LLOCALJPY": "JPY"}
REPOSITORY = Path(__file__).resolve().parent.parent


class SettingsError(LocalError):
    """A flag or variable the user gave cannot be used; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """Ports of 0 mean: take any free one (the port in use is written to `stack.json`)."""

    port: int = DEFAULT_PORT
    engine_port: int = DEFAULT_ENGINE_PORT
    state_dir: Path = REPOSITORY / ".local"
    template: Path = REPOSITORY / "template.yaml"
    watch: bool = True

    @property
    def base_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def engine_url(self) -> str:
        return f"http://{HOST}:{self.engine_port}"

    @property
    def engine_dir(self) -> Path:
        return self.state_dir / "engine"

    @property
    def clock_file(self) -> Path:
        return self.state_dir / "clock"

    @property
    def function_log(self) -> Path:
        return self.state_dir / "logs" / "functions.log"

    @property
    def stack_file(self) -> Path:
        return self.state_dir / "stack.json"

    @property
    def source_root(self) -> Path:
        """The folder that the template's relative CodeUri paths start from."""
        return self.template.parent

    def with_ports(self, port: int, engine_port: int) -> LocalSettings:
        return replace(self, port=port, engine_port=engine_port)


def _port(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, "").strip() or str(default)
    if not text.isdigit() or int(text) > 65535:
        raise SettingsError(f"{name}={text!r} is not a port: use a number from 0 (any free port) to 65535.")
    return int(text)


def from_environment(env: Mapping[str, str] | None = None) -> LocalSettings:
    """Settings from TOLLGATE_PORT, TOLLGATE_ENGINE_PORT, TOLLGATE_STATE_DIR and TOLLGATE_TEMPLATE.

    Raises SettingsError naming the variable that is wrong.
    """
    env = os.environ if env is None else env
    state = env.get("TOLLGATE_STATE_DIR", "").strip()
    template = env.get("TOLLGATE_TEMPLATE", "").strip()
    return LocalSettings(
        port=_port(env, "TOLLGATE_PORT", DEFAULT_PORT),
        engine_port=_port(env, "TOLLGATE_ENGINE_PORT", DEFAULT_ENGINE_PORT),
        state_dir=Path(state).expanduser().resolve() if state else REPOSITORY / ".local",
        template=Path(template).expanduser().resolve() if template else REPOSITORY / "template.yaml",
    )
