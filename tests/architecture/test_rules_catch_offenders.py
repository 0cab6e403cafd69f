"""Each rule is shown small offenders, which it must name by line, and a neighbour that keeps it, which it must pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from textwrap import dedent

import pytest

from tests.architecture import boundaries, cold_start, conduct, sizes
from tests.architecture.source import Module, Violation, parse

ROOM = "layers/shared/tollgate/payments/model.py"
KERNEL = "layers/shared/tollgate/kernel/events.py"
ADAPTER = "layers/shared/tollgate/adapters/dynamodb/items.py"
RUNTIME = "layers/shared/tollgate/runtime/settings.py"
WEBHOOK = "functions/provider_webhook/app.py"

Rule = Callable[[Iterable[Module]], Iterator[Violation]]


@pytest.mark.parametrize(
    ("rule", "path", "line"),
    [
        (boundaries.imports_flow_one_way, KERNEL, "from tollgate.payments import model"),
        (boundaries.imports_flow_one_way, KERNEL, "import boto3"),
        (boundaries.imports_flow_one_way, ROOM, "from tollgate.adapters.dynamodb import items"),
        (boundaries.imports_flow_one_way, ROOM, "from tollgate import runtime"),
        (boundaries.imports_flow_one_way, ROOM, "from tollgate.checkout.quote import Quote"),
        (boundaries.imports_flow_one_way, ROOM, "import pydantic"),
        (boundaries.imports_flow_one_way, ADAPTER, "import tollgate.runtime.settings"),
        (boundaries.imports_flow_one_way, ADAPTER, "from local.clock import offset"),
        (boundaries.imports_flow_one_way, ADAPTER, "from operations.window import Window"),
        (boundaries.imports_flow_one_way, RUNTIME, "from functions.health import app"),
        (boundaries.nobody_imports_the_tracer, RUNTIME, "from aws_lambda_powertools import Logger, Tracer"),
        (boundaries.nobody_imports_the_tracer, WEBHOOK, "from aws_lambda_powertools.tracing import Tracer"),
        (cold_start.init_stays_light, WEBHOOK, "import stripe"),
        (cold_start.init_stays_light, WEBHOOK, "from aws_lambda_powertools.event_handler import Response"),
        (conduct.time_and_chance_come_through_ports, ROOM, "now = datetime.now(UTC)"),
        (conduct.time_and_chance_come_through_ports, ROOM, "now = time.time()"),
        (conduct.time_and_chance_come_through_ports, KERNEL, "identity = uuid.uuid4()"),
        (conduct.time_and_chance_come_through_ports, ROOM, "import random"),
        (conduct.time_and_chance_come_through_ports, ROOM, "from secrets import token_hex"),
        (conduct.no_time_without_a_zone, ADAPTER, "now = datetime.datetime.now()"),
        (conduct.no_time_without_a_zone, RUNTIME, "now = datetime.utcnow()"),
        (conduct.no_scans, ADAPTER, "items = table.scan(Limit=1)"),
        (conduct.no_scans, ADAPTER, "pages = client.get_paginator('scan')"),
        (conduct.no_floats_near_money, ROOM, "fee = amount * 0.029"),
        (conduct.no_floats_near_money, "layers/shared/tollgate/kernel/money.py", "amount = float(text)"),
    ],
)
def test_an_offending_line_is_named(rule: Rule, path: str, line: str) -> None:
    offenders = list(rule([parse(path, f"# first line\n{line}\n")]))
    assert [(each.path, each.line) for each in offenders] == [(path, 2)]


@pytest.mark.parametrize(
    ("rule", "path", "line"),
    [
        (boundaries.imports_flow_one_way, KERNEL, "from tollgate.kernel.money import Money"),
        (boundaries.imports_flow_one_way, ROOM, "import dataclasses, tollgate.kernel.money"),
        (
            boundaries.imports_flow_one_way,
            "layers/shared/tollgate/checkout/quote.py",
            "from tollgate.payments import model",
        ),
        (boundaries.imports_flow_one_way, ADAPTER, "import boto3, tollgate.payments.model"),
        (boundaries.imports_flow_one_way, WEBHOOK, "from tollgate.runtime import settings"),
        (boundaries.nobody_imports_the_tracer, WEBHOOK, "from aws_lambda_powertools import Logger"),
        (cold_start.init_stays_light, WEBHOOK, "def later(): import stripe"),
        (cold_start.init_stays_light, "functions/checkout_api/app.py", "import stripe"),
        (conduct.time_and_chance_come_through_ports, ROOM, "now = clock.now()"),
        (conduct.time_and_chance_come_through_ports, "layers/shared/tollgate/kernel/clock.py", "now = time.time()"),
        (conduct.time_and_chance_come_through_ports, ADAPTER, "import random"),
        (conduct.no_time_without_a_zone, ADAPTER, "now = datetime.now(tz=UTC)"),
        (conduct.no_scans, ADAPTER, "items = table.query(Limit=1)"),
        (conduct.no_floats_near_money, ADAPTER, "timeout = 0.5"),
        (conduct.no_floats_near_money, ROOM, "fee = amount * 290 // 10_000"),
    ],
)
def test_an_innocent_line_passes(rule: Rule, path: str, line: str) -> None:
    assert not list(rule([parse(path, f"{line}\n")]))


def test_an_import_for_the_type_checker_is_still_an_edge_but_loads_nothing() -> None:
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import stripe\n"
    assert list(boundaries.imports_flow_one_way([parse(ROOM, text)]))
    assert not list(cold_start.init_stays_light([parse(WEBHOOK, text)]))


def test_a_heavy_import_is_found_behind_our_own_modules() -> None:
    modules = [
        parse(WEBHOOK, "from tollgate.runtime import settings\n"),
        parse("layers/shared/tollgate/runtime/__init__.py", "import tollgate.adapters.dynamodb.items\n"),
        parse(RUNTIME, ""),
        parse(ADAPTER, "from pydantic import BaseModel\n"),
    ]
    assert [(each.path, each.line) for each in cold_start.init_stays_light(modules)] == [(ADAPTER, 1)]


def test_a_heavy_import_is_found_in_a_functions_own_second_file() -> None:
    modules = [
        parse(WEBHOOK, "import verification\n"),
        parse("functions/provider_webhook/verification.py", "import stripe\n"),
    ]
    assert [each.path for each in cold_start.init_stays_light(modules)] == [
        "functions/provider_webhook/verification.py"
    ]


def test_a_client_outside_the_layer_is_named() -> None:
    module = parse(ADAPTER, "client = boto3.client('sqs')\nother = session.client('events')\n")
    assert [each.line for each in conduct.clients_are_in_the_layer([module], {"events"})] == [1]


def test_a_long_file_is_named() -> None:
    assert list(sizes.files_are_short([parse(ROOM, "\n" * 301)]))
    assert not list(sizes.files_are_short([parse(ROOM, "\n" * 300)]))


@pytest.mark.parametrize(("statements", "caught"), [(20, False), (21, True)])
def test_a_handler_is_measured_without_its_docstring(statements: int, *, caught: bool) -> None:
    handler = dedent('''\
        def handler(event, context):
            """Two lines
            of words."""
        ''')
    module = parse(WEBHOOK, handler + "    event()\n" * statements)
    assert bool(list(sizes.handlers_are_thin([module]))) is caught


def test_an_app_without_a_handler_is_named() -> None:
    assert list(sizes.every_app_has_a_handler([parse(WEBHOOK, "def handle(event): ...\n")]))
    assert not list(sizes.every_app_has_a_handler([parse(WEBHOOK, "handler = build()\n")]))
