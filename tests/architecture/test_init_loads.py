"""What each function really loads, seen in an interpreter of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.cold_start import FORBIDDEN_AT_INIT, is_within
from tests.architecture.source import ROOT

FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "TOLLGATE_ENVIRONMENT": "local",
    "CORE_TABLE": "core",
    "INBOX_TABLE": "inbox",
    "EVENT_BUS": "tollgate-local",
    "SECRETS_PREFIX": "tollgate/local",
    "STRIPE_API_BASE": "",
    "ENABLE_STRIPE": "true",
    "ENABLE_SEGPAY": "true",
    "ENABLE_SQUARE": "true",
    "ENABLE_PAYPAL": "true",
    "ENABLE_MOCK": "true",
    "MOCK_PAGE": "",
    "MOCK_DELAY_MS": "0",
    "MOCK_FAILURE_BPS": "0",
    "DEFAULT_PAYMENT_PROVIDER": "stripe",
    "LOG_LEVEL": "INFO",
    "POWERTOOLS_METRICS_NAMESPACE": "Tollgate",
}


@pytest.mark.parametrize("function", sorted(FORBIDDEN_AT_INIT))
def test_a_function_loads_nothing_forbidden_at_init(function: str) -> None:
    loaded = _modules_after_init(function)
    offenders = {name for name in loaded for heavy in FORBIDDEN_AT_INIT[function] if is_within(name, heavy)}
    assert not offenders, f"{function} loads at init: {', '.join(sorted(offenders)[:5])}"


def test_every_function_has_its_list() -> None:
    assert sorted(FORBIDDEN_AT_INIT) == FUNCTIONS


def _modules_after_init(function: str) -> list[str]:
    """As Lambda does it: the function's folder and the layer on the path, and no network behind the environment."""
    path = os.pathsep.join([str(ROOT / "functions" / function), str(ROOT / "layers/shared")])
    program = "import json, sys, app; app.handler; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-B", "-c", program],
        env=ENVIRONMENT | {"PYTHONPATH": path, "POWERTOOLS_SERVICE_NAME": function, "HOME": str(Path(os.devnull))},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    names: list[str] = json.loads(run.stdout.splitlines()[-1])
    return names
