"""`docs/reliability.md` tells of the operations, faults and promises that there are."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import pytest

from tests.support.crashing import Operation, Point, Tried, report
from tests.support.crashing_faults import FAULTS
from tests.support.crashing_report import DOCUMENT, KINDS, MAKE, NAMES, document, lists, results
from tests.support.crashing_wire import Call
from tests.support.deployment import ROOT

STALE = f"docs/reliability.md is not of this code: run `{MAKE}`"
_POINT = Point(0, Call("dynamodb.GetItem"), FAULTS[0])
_ROW = re.compile(r"^\| ([^|*]+) \| \d+ \| \d+ \| \d+ \| (\d+) \|$", re.MULTILINE)


def rows(text: str) -> list[tuple[str, int]]:
    """Operations of the summary, with their violations."""
    return [(name, int(violations)) for name, violations in _ROW.findall(text)]


def test_the_report_tells_of_exactly_the_operations_that_are_tried() -> None:
    assert [name for name, _ in rows(DOCUMENT.read_text(encoding="utf-8"))] == list(NAMES), STALE


def test_the_report_tells_of_the_faults_and_promises_that_there_are() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert [name for name, part in lists().items() if part not in text] == [], STALE


def test_nothing_is_reported_that_did_not_hold() -> None:
    assert [row for row in rows(DOCUMENT.read_text(encoding="utf-8")) if row[1]] == []


def test_every_operation_that_is_written_is_tried() -> None:
    written = {
        each.name
        for path in (ROOT / "tests" / "crash").glob("operations_*.py")
        for value in vars(import_module(f"tests.crash.{path.stem}")).values()
        if isinstance(value, tuple)
        for each in value
        if isinstance(each, Operation)
    }
    assert written <= set(NAMES)


def test_every_fault_has_one_column() -> None:
    columns = {fault.name: [kind.column for kind in KINDS if kind.holds(fault.name)] for fault in FAULTS}
    assert {name: found for name, found in columns.items() if len(found) != 1} == {}


class TestFigures:
    """Of made-up operations."""

    def written(self, folder: Path, *names: str) -> Path:
        path = folder / "crash-points.json"
        one = {
            "calls": ["dynamodb.GetItem", "dynamodb.TransactWriteItems"],
            "matrix": [(0, "crash before", False), (1, "crash before", True), (1, "throttled, once", False)],
            "violations": [],
        }
        path.write_text(json.dumps(dict.fromkeys(names, one)))
        return path

    def test_a_cell_counts_points_and_those_that_needed_the_reconciler(self, tmp_path: Path) -> None:
        text = document(results(self.written(tmp_path, "sell"), ["sell"]))
        assert "| sell | 2 | 3 | 1 | 0 |" in text
        assert "| 1. `dynamodb.GetItem` | 1 |  |  |  |  |  |  |" in text
        assert "| 2. `dynamodb.TransactWriteItems` | 1 (1) |  |  |  |  | 1 |  |" in text
        assert "<!--" not in text

    def test_what_is_written_down_in_another_order_makes_the_same_document(self, tmp_path: Path) -> None:
        names = ["sell", "buy"]
        texts = [document(results(self.written(tmp_path, *order), names)) for order in (names, names[::-1])]
        assert texts[0] == texts[1]
        assert [name for name, _ in rows(texts[0])] == names

    def test_an_operation_without_figures_makes_no_document_but_says_what_to_run(self, tmp_path: Path) -> None:
        with pytest.raises(SystemExit, match="no figures for buy: run `make reliability`"):
            results(self.written(tmp_path, "sell"), ["sell", "buy"])

    def test_those_who_write_at_once_lose_nothing_of_each_other(self, tmp_path: Path) -> None:
        names, path = [f"sell {number}" for number in range(40)], tmp_path / "crash-points.json"
        tried = [[Tried(name, calls=[_POINT.call.name], points=[_POINT])] for name in names]
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda each: report(each, path), tried))
        assert [name for name, _ in rows(document(results(path, names)))] == names

    def test_what_did_not_hold_is_told(self, tmp_path: Path) -> None:
        path = self.written(tmp_path, "sell")
        told = json.loads(path.read_text())
        told["sell"]["violations"] = ["sell: call 1: money_is_kept: it is not"]
        path.write_text(json.dumps(told))
        text = document(results(path, ["sell"]))
        assert rows(text) == [("sell", 1)]
        assert "- sell: call 1: money_is_kept: it is not" in text
