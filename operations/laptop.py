"""`STACK=local`: the stack that runs on this machine."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from local.aws import DUMMY_KEY, isolate_from_real_accounts
from local.clock import ClockFile
from local.errors import LocalError
from local.running import find_running
from local.settings import HOST, REGION, STACK_NAME, LocalSettings, from_environment
from operations.errors import OperationError

NAME = "local"


def enter() -> str:
    """Point this process's AWS clients at the laptop's engine, and at nothing else; returns the stack's name there."""
    settings = _settings()
    running = find_running(settings)
    if running is None:
        raise OperationError(
            f"The laptop stack does not run (its folder would be {settings.state_dir}).\n"
            "Next: make run, in another terminal; or name the folder of one that runs: TOLLGATE_STATE_DIR=…"
        )
    isolate_from_real_accounts()
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://{HOST}:{running['engine_port']}",
        "AWS_ACCESS_KEY_ID": DUMMY_KEY,
        "AWS_SECRET_ACCESS_KEY": DUMMY_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "NO_PROXY": HOST,
        "no_proxy": HOST,
    }
    return STACK_NAME


def now() -> datetime:
    """Events there are dated by a clock that can be moved."""
    return datetime.fromtimestamp(ClockFile(_settings().clock_file).now(), UTC)


def _settings() -> LocalSettings:
    try:
        return from_environment()
    except LocalError as error:
        raise OperationError(str(error)) from error
