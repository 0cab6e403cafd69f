"""The house rules, held against the whole tree. A failure names each file and line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

import pytest

from tests.architecture import boundaries, cold_start, conduct, sizes
from tests.architecture.source import ROOT, Module, Violation, deployed, read

Rule = Callable[[Iterable[Module]], Iterator[Violation]]

FOR_WHAT_IS_DEPLOYED: list[Rule] = [
    boundaries.imports_flow_one_way,
    boundaries.nobody_imports_the_tracer,
    cold_start.init_stays_light,
    conduct.time_and_chance_come_through_ports,
    conduct.no_time_without_a_zone,
    conduct.no_scans,
    conduct.no_floats_near_money,
    sizes.handlers_are_thin,
    sizes.every_app_has_a_handler,
]


@pytest.mark.parametrize("rule", FOR_WHAT_IS_DEPLOYED, ids=lambda rule: rule.__name__)
def test_deployed_code_keeps_the_rule(rule: Rule) -> None:
    _hold(rule(deployed()))


@pytest.mark.parametrize("rule", [conduct.no_scans, conduct.no_time_without_a_zone], ids=lambda rule: rule.__name__)
def test_what_an_operator_runs_keeps_the_rule(rule: Rule) -> None:
    _hold(rule(read("operations")))


def test_every_file_is_short() -> None:
    _hold(sizes.files_are_short(read(*sizes.FOLDERS)))


def test_every_client_is_in_the_layer() -> None:
    makefile = (ROOT / "layers/shared/Makefile").read_text(encoding="utf-8")
    services = re.search(r"^AWS_SERVICES := (.*)$", makefile, re.MULTILINE)
    assert services, "layers/shared/Makefile names the services that it bundles"
    _hold(conduct.clients_are_in_the_layer(deployed(), set(services[1].split())))


def _hold(violations: Iterable[Violation]) -> None:
    if listed := sorted(set(violations)):
        pytest.fail("\n".join(map(str, listed)), pytrace=False)
