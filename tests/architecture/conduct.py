"""What code may not do: read the clock on its own, draw ids, scan a table, touch money with a float."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from tests.architecture.boundaries import layer_of
from tests.architecture.source import Module, Violation, dotted

PORTS = {"tollgate.kernel.clock", "tollgate.kernel.ids"}
_WALL_CLOCK = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns")
_CHANCE = ("uuid4", "uuid1", "uuid7", "token_hex", "token_bytes", "token_urlsafe", "urandom")
_CHANCE_MODULES = {"random", "secrets"}


def time_and_chance_come_through_ports(modules: Iterable[Module]) -> Iterator[Violation]:
    """Kernel and rooms are told the time and their ids, so that a test can tell them too."""
    for module in modules:
        if layer_of(module) not in {"kernel", "room"} or module.name in PORTS:
            continue
        for imported in module.imports:
            if imported.package in _CHANCE_MODULES or imported.module in _CHANCE_MODULES:
                yield Violation(module.path, imported.line, f"{imported.package} belongs behind kernel.ids")
        for call in _calls(module):
            if _ends(dotted(call.func), _WALL_CLOCK):
                yield Violation(module.path, call.lineno, f"{dotted(call.func)}() belongs behind kernel.clock")
            if _ends(dotted(call.func), _CHANCE):
                yield Violation(module.path, call.lineno, f"{dotted(call.func)}() belongs behind kernel.ids")


def no_time_without_a_zone(modules: Iterable[Module]) -> Iterator[Violation]:
    for module in modules:
        for call in _calls(module):
            name = dotted(call.func)
            naive_now = _ends(name, ("datetime.now",)) and not call.args and not call.keywords
            if naive_now or _ends(name, ("datetime.utcnow",)):
                yield Violation(module.path, call.lineno, f"{name}() has no time zone")


def no_scans(modules: Iterable[Module]) -> Iterator[Violation]:
    """A scan reads the whole table: slower and dearer with every customer."""
    for module in modules:
        for call in _calls(module):
            if isinstance(call.func, ast.Attribute) and call.func.attr in {"scan", "parallel_scan"}:
                yield Violation(module.path, call.lineno, "no table is scanned: use a key or an index")
            if any(isinstance(arg, ast.Constant) and arg.value == "scan" for arg in call.args):
                yield Violation(module.path, call.lineno, "no table is scanned: use a key or an index")


def no_floats_near_money(modules: Iterable[Module]) -> Iterator[Violation]:
    for module in modules:
        if layer_of(module) != "room" and module.name != "tollgate.kernel.money":
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, float):
                yield Violation(module.path, node.lineno, f"{node.value} is a float; money and rates are integers")
            if isinstance(node, ast.Call) and dotted(node.func) == "float":
                yield Violation(module.path, node.lineno, "float() has no place near money")


def clients_are_in_the_layer(modules: Iterable[Module], bundled: set[str]) -> Iterator[Violation]:
    """The layer carries botocore's description of `bundled` services only; making another client fails."""
    for module in modules:
        for call in _calls(module):
            if not isinstance(call.func, ast.Attribute) or call.func.attr not in {
                "client",
                "resource",
                "create_client",
            }:
                continue
            service = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
            if isinstance(service, str) and service not in bundled:
                yield Violation(module.path, call.lineno, f"add {service} to AWS_SERVICES in layers/shared/Makefile")


def _calls(module: Module) -> list[ast.Call]:
    return [node for node in ast.walk(module.tree) if isinstance(node, ast.Call)]


def _ends(name: str, endings: tuple[str, ...]) -> bool:
    return any(name == ending or name.endswith(f".{ending}") for ending in endings)
