"""The routes that the functions handle, read from their syntax trees."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.architecture.source import Module, dotted, read


@dataclass(frozen=True)
class Route:
    """`POST /payments/checkout/{}`: what stands in a path is nobody's name. `body` is the model that it parses."""

    route: str
    function: str
    handler: str
    body: str | None


def handled() -> list[Route]:
    return [route for module in read("functions") for route in _of(module)]


def nameless(route: str) -> str:
    """Template and handlers call the parts of a path by different names."""
    return re.sub(r"\{\w+\}|<\w+>", "{}", route)


def _of(module: Module) -> Iterator[Route]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and ".routes." in f".{dotted(decorator.func)}":
                    yield _route(module, node, decorator)


def _route(module: Module, node: ast.FunctionDef, decorator: ast.Call) -> Route:
    method = dotted(decorator.func).rpartition(".")[2].upper()
    (path,) = decorator.args
    assert isinstance(path, ast.Constant)
    return Route(f"{method} {nameless(str(path.value))}", module.name.split(".")[1], node.name, _body(node))


def _body(node: ast.FunctionDef) -> str | None:
    parsed = [
        dotted(call.args[0]).rpartition(".")[2]
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and dotted(call.func) == "parse"
    ]
    return parsed[0] if parsed else None
