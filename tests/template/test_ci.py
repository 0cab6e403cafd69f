"""What continuous integration runs: everything a developer has, and the tests last."""

from __future__ import annotations

from tests.template.translation import TEMPLATE

RUN = TEMPLATE.parent / ".ci" / "run"
TARGETS = ["setup", "check", "build", "demo", "test-engines", "test"]


def test_continuous_integration_runs_every_target_and_the_tests_last() -> None:
    commands = [line.strip() for line in RUN.read_text(encoding="utf-8").splitlines()]
    assert [line.split()[1] for line in commands if line.startswith("make ")] == TARGETS
    assert commands[-1] == "make test"


def test_the_demo_uses_no_fixed_port_and_leaves_nothing_behind() -> None:
    text = RUN.read_text(encoding="utf-8")
    for given in ("TOLLGATE_PORT=0", "TOLLGATE_ENGINE_PORT=0", "TOLLGATE_STATE_DIR=$(mktemp -d)", "-m local down"):
        assert given in text
