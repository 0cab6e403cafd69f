"""The document renders from results, and what is committed was rendered so."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bench import document
from bench.contestants import DOES
from bench.figures import Figure

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
SECTIONS = [
    "Where and when",
    "Counts",
    "CPU and cold start",
    "Beside what people use",
    "Growth",
    "10,000 renewals",
    "A million card payments",
]
MACHINE = {
    "at": "2026-11-22T10:00:00+00:00",
    "cores": 2,
    "cpu": "a processor",
    "python": "3.13.0",
    "load_before": [0.5, 0.4, 0.3],
    "load_after": [1.5, 0.4, 0.3],
}


def _costs() -> dict[str, Any]:
    figures = [
        Figure("webhook apply: write units", 10, "units", "counted", 10, note="beside: 6 of indexes"),
        Figure("cpu: webhook_accept over raw_put_event", 0.671, "ratio", "timed", 1.3),
    ]
    cost = {"usd_per_million_payments": {"sqs: requests": 1.6, "lambda: requests": 1.5}, "assumptions": {"one": 2}}
    return {"machine": MACHINE, "figures": [figure.as_json() for figure in figures], "cost": cost}


def _growth() -> dict[str, Any]:
    part = {"write_units": 0, "index_write_units": 0, "read_units": 2.0, "bytes_out": 1, "bytes_in": 2}
    figure = Figure("growth: own list: calls and units", 1, "ratio", "counted", 1)
    return {
        "machine": MACHINE,
        "figures": [figure.as_json()],
        "stored": [{"payments": 100_000, "items": 700_000, "seconds": 61.2}],
        "operations": {"own_list": {"10": {"calls": 28, **part}, "1000": {"calls": 4, **part}}},
    }


def _peers() -> dict[str, Any]:
    work = {"sql_statements": {"SELECT": 19, "INSERT": 5}, "requests_to_stripe": {"GET /v1/payment_intents/{id}": 1}}
    asks: dict[str, Any] = {name: {"dynamodb.PutItem": 1} for name in DOES} | {
        "dj_stripe": {"first": work, "duplicate": work}
    }
    return {
        "machine": MACHINE,
        "versions": {"dj-stripe": "2.11.0"},
        "ratios": {"dj_stripe over webhook_accept_and_apply": 12.5},
        "contestants": {
            name: {**does, "median_cpu_microseconds": 812.3, "work": asks[name]} for name, does in DOES.items()
        },
    }


def _renewals() -> dict[str, Any]:
    calls = {"dynamodb.GetItem": 3.597, "dynamodb.TransactWriteItems": 2.03}
    told = {"charged": 10_000, "wrong": {}, "seconds": 331.1, "calls per renewal": calls, "runs": [{}] * 14}
    return {"machine": MACHINE, "due": 10_000, **told}


@pytest.fixture
def rendered() -> str:
    return document.render(_costs(), _growth(), _peers(), _renewals())


def _well_formed(text: str) -> None:
    """Every section is there, and each row of a table has the cells of its head."""
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
    assert len(tables) == len(SECTIONS) + 1
    for lines in tables:
        assert len(lines) > 2
        assert len({line.count(" | ") for line in lines}) == 1, lines
    assert "nan" not in text.split()
    assert text.endswith("\n")


def test_every_result_has_its_place(rendered: str) -> None:
    _well_formed(rendered)
    assert "| webhook apply: write units | 10 | 10 | ok | beside: 6 of indexes |" in rendered
    assert "| cpu: webhook_accept over raw_put_event | 0.671 | 1.3 | ok |  |" in rendered
    assert "| own list | 28 / 4 | 0 | 0 | 2 | 3 | 1 |" in rendered
    assert (
        "12.5 times `webhook_accept_and_apply` | 24 SQL statements (SELECT 19, INSERT 5); requests to Stripe: 1"
        in rendered
    )
    assert "| **together** | **3.10** |" in rendered
    assert "| charged once | 10,000 |" in rendered


def test_the_load_is_told_with_every_run(rendered: str) -> None:
    assert rendered.count("| 2026-11-22T10:00:00+00:00 | 2 cores, a processor | 3.13.0 | 0.5 | 1.5 |") == 4


def test_each_contestant_says_what_it_keeps_and_what_is_left_out(rendered: str) -> None:
    for name, does in DOES.items():
        assert f"| `{name}` | {does['does']} | {does['kept']} | {does['order']} | {does['stubbed']} |" in rendered


def test_it_is_written_from_the_files_of_the_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, result in (("latest", _costs()), ("growth", _growth()), ("peers", _peers()), ("renewing", _renewals())):
        (tmp_path / f"{name}.json").write_text(json.dumps(result))
    output = tmp_path / "performance.md"
    monkeypatch.setattr("sys.argv", ["document", "--results", str(tmp_path), "--output", str(output)])
    assert document.main() == 0
    _well_formed(output.read_text())


def test_a_run_that_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["document", "--results", str(tmp_path), "--output", str(tmp_path / "none.md")])
    assert document.main() == 1
    assert "peers.json" in capsys.readouterr().err


def test_what_is_committed_is_well_formed() -> None:
    text = DOCUMENT.read_text()
    _well_formed(text)
    for name in DOES:
        assert f"| `{name}` |" in text
    assert "100,000 payments are" in text
