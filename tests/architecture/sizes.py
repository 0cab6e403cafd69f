"""How long files, functions and handlers are.

`python -m tests.architecture.sizes` prints the figures; the tests hold the limits.
"""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterable, Iterator, Sequence

from tests.architecture.source import Module, Violation, read

LONGEST_FILE = 300
LONGEST_HANDLER = 20
FOLDERS = ("layers/shared/tollgate", "functions", "contract", "local", "operations", "tests", "bench")


def files_are_short(modules: Iterable[Module]) -> Iterator[Violation]:
    for module in modules:
        if module.lines > LONGEST_FILE:
            yield Violation(module.path, LONGEST_FILE, f"{module.lines} lines, at most {LONGEST_FILE}: split it")


def handlers_are_thin(modules: Iterable[Module]) -> Iterator[Violation]:
    """A handler parses, makes one call and maps errors; more belongs in a room."""
    for module in modules:
        if not (module.name.startswith("functions.") and module.name.endswith(".app")):
            continue
        for function in functions(module):
            if body_length(function) > LONGEST_HANDLER:
                rule = f"{function.name} has {body_length(function)} lines, at most {LONGEST_HANDLER}"
                yield Violation(module.path, function.lineno, rule)


def every_app_has_a_handler(modules: Iterable[Module]) -> Iterator[Violation]:
    for module in modules:
        if module.name.startswith("functions.") and module.name.endswith(".app") and not _defines_handler(module):
            yield Violation(module.path, 1, "the module defines no `handler`")


def functions(module: Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(module.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def body_length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body, without the docstring."""
    body = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    return (body[-1].end_lineno or body[-1].lineno) - body[0].lineno + 1 if body else 0


def _defines_handler(module: Module) -> bool:
    assigned = {
        target.id
        for node in module.tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    defined = {node.name for node in module.tree.body if isinstance(node, ast.FunctionDef)}
    return "handler" in assigned | defined


def _summary(name: str, figures: Sequence[int]) -> str:
    ordered = sorted(figures)
    p95 = ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)]
    return f"{name:<34} {len(ordered):>5} {statistics.median(ordered):>7.0f} {p95:>5} {ordered[-1]:>5}"


def report(folders: Sequence[str] = FOLDERS) -> str:
    rows = [f"{'lines':<34} {'count':>5} {'median':>7} {'p95':>5} {'most':>5}"]
    for folder in folders:
        if modules := read(folder):
            rows.append(_summary(f"{folder}: files", [module.lines for module in modules]))
            if bodies := [body_length(each) for module in modules for each in functions(module)]:
                rows.append(_summary(f"{folder}: functions", bodies))
    return "\n".join(rows)


if __name__ == "__main__":
    print(report())
