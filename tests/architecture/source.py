"""The project's own Python, read as syntax trees. Nothing here is imported or run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LAYER = Path("layers/shared")


@dataclass(frozen=True)
class Import:
    """`module` is as specific as the statement can be: for `from a import b` it is `a.b`, and `package` is `a`."""

    module: str
    package: str
    line: int
    at_init: bool


@dataclass(frozen=True)
class Module:
    """`name` is dotted as Python would import it; a function's module is `functions.<folder>.<file>`."""

    name: str
    path: str
    tree: ast.Module
    lines: int

    @property
    def imports(self) -> list[Import]:
        return list(_imports(self.tree, at_init=True))

    @property
    def room(self) -> str:
        """The folder below `tollgate`: kernel, adapters, runtime, or the name of a room. Empty elsewhere."""
        parts = self.name.split(".")
        if parts[0] != "tollgate":
            return ""
        return parts[1] if len(parts) > 1 else "kernel"


@dataclass(frozen=True, order=True)
class Violation:
    path: str
    line: int
    rule: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}"


def parse(path: str, text: str) -> Module:
    """`path` is relative to the repository, and decides the module's name."""
    relative = Path(path)
    dotted = relative.relative_to(LAYER) if relative.is_relative_to(LAYER) else relative
    parts = dotted.with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return Module(name, relative.as_posix(), ast.parse(text, path), text.count("\n"))


def read(*folders: str, root: Path = ROOT) -> list[Module]:
    return [
        parse(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
        for folder in folders
        for path in sorted((root / folder).rglob("*.py"))
    ]


def deployed(root: Path = ROOT) -> list[Module]:
    """What runs in Lambda: the layer's package and the functions."""
    return read("layers/shared/tollgate", "functions", root=root)


def dotted(node: ast.expr) -> str:
    """`a.b.c` for such an expression, and an empty string for any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (base := dotted(node.value)):
        return f"{base}.{node.attr}"
    return ""


def _imports(node: ast.AST, *, at_init: bool) -> Iterator[Import]:
    """A function's body runs later, and a block for the type checker never does."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Import(names=names):
                yield from (Import(name.name, name.name, child.lineno, at_init) for name in names)
            case ast.ImportFrom(module=str(package), names=names):
                yield from (Import(f"{package}.{name.name}", package, child.lineno, at_init) for name in names)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                yield from _imports(child, at_init=False)
            case ast.If(test=test) if dotted(test).endswith("TYPE_CHECKING"):
                yield from _imports(child, at_init=False)
            case _:
                yield from _imports(child, at_init=at_init)
