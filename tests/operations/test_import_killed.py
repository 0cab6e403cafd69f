"""A run that dies is begun again, and ends as one that did not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any
from unittest.mock import patch

import pytest

from operations import __main__ as command_line
from tests.architecture.source import ROOT
from tests.operations.importing import NOW, Fields, Moving, a_purchase, a_subscription, charged_by_us, went_back
from tests.simulators.world import wait_until
from tests.support.deployment import Deployment, deployment
from tests.support.engine import Engine
from tollgate.adapters.dynamodb.store import Table
from tollgate.adapters.dynamodb.unit_of_work import DynamoUnitOfWork
from tollgate.kernel.clock import to_iso
from tollgate.kernel.errors import StoreUnavailable
from tollgate.kernel.unit_of_work import Write

ROWS: list[Fields] = [
    a_subscription(1),
    a_purchase(1),
    charged_by_us(2),
    a_subscription(3, user_id="user-1"),
    a_purchase(2, **went_back(100)),
    a_subscription(4, status="past_due"),
]
STORED = 4


class Killed(BaseException):
    """The end of the process, which nothing of ours catches."""


@contextmanager
def dying(at: int, *, after: bool, end: type[BaseException]) -> Iterator[None]:
    """With the commit of that number, before it or after; nothing is stored from then on."""
    commit, lock, begun = DynamoUnitOfWork.commit, Lock(), [0]

    def committing(unit_of_work: DynamoUnitOfWork, *writes: Write) -> None:
        with lock:
            begun[0] += 1
            dies = begun[0] >= at
            try:
                if not dies or (after and begun[0] == at):
                    commit(unit_of_work, *writes)
            finally:
                if dies:
                    raise end("the end")

    with patch.object(DynamoUnitOfWork, "commit", committing):
        yield


@pytest.fixture
def moving(deployed: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Moving:
    monkeypatch.setattr(command_line, "_now", lambda _: NOW)
    return Moving(deployed, tmp_path)


@pytest.fixture
def untouched(engine: Engine, moving: Moving) -> Iterator[Moving]:
    """Where the same file was imported and nobody died."""
    with deployment(engine, made_up_events=True) as other:
        there = Moving(other, moving.folder / "untouched")
        there.folder.mkdir()
        assert there.run(ROWS).counts == (STORED, 0, 2)
        yield there


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, STORED + 2))
def test_killed_at_any_write_and_begun_again_it_ends_as_if_nothing_had_been(
    moving: Moving, untouched: Moving, at: int, *, after: bool
) -> None:
    path = moving.file(ROWS)
    with pytest.raises(Killed), dying(at, after=after, end=Killed):
        moving.asked(path)
    stored = len(moving.deployed.stored("import"))
    assert stored == at - 1 + after or at > STORED
    told = moving.again(path)
    assert told.counts == (STORED - stored, stored, 2)
    assert moving.items() == untouched.items()
    assert moving.report() == untouched.report()


@pytest.mark.parametrize("end", [KeyboardInterrupt, StoreUnavailable])
def test_stopped_it_says_so_and_goes_on_when_it_is_run_again(moving: Moving, end: type[BaseException]) -> None:
    with dying(2, after=False, end=end):
        told = moving.run(ROWS)
    assert told.code == 1
    assert told.summary["stopped"]
    assert not told.summary["complete"]
    assert "Run the same command again" in told.progress
    assert moving.again(moving.folder / "billing.jsonl").counts == (STORED - 1, 1, 2)


def test_a_record_is_stored_whole_or_not_at_all(moving: Moving, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it goes to the store in one request."""
    asked: list[int] = []
    commit = DynamoUnitOfWork.commit

    def counting(unit_of_work: DynamoUnitOfWork, *writes: Write) -> None:
        asked.append(len(writes))
        commit(unit_of_work, *writes)

    monkeypatch.setattr(DynamoUnitOfWork, "commit", counting)
    assert moving.run([a_subscription(1), charged_by_us(2), a_purchase(3)]).counts == (3, 0, 0)
    assert sorted(asked) == [4, 4, 5]


def test_two_at_once_import_each_record_once(moving: Moving, untouched: Moving) -> None:
    """The other is always faster by a moment: it imports everything between our look and our write."""
    call, path, others = Table.call, moving.file(ROWS), [True]

    def overtaken(table: Table, operation: str, request: Any) -> Any:
        answer = call(table, operation, request)
        if others and "IMPORT#" in str(request):
            others.clear()
            assert moving.again(path, "--rejected", str(moving.folder / "other.jsonl")).counts == (STORED, 0, 2)
        return answer

    with patch.object(Table, "call", overtaken):
        assert moving.again(path).counts == (0, STORED, 2)
    assert moving.items() == untouched.items()
    assert moving.report() == untouched.report()


def test_killed_by_the_system_it_goes_on_where_it_was(deployed: Deployment, tmp_path: Path) -> None:
    """A process of its own, which has no chance to do anything about its end."""
    moving, now = Moving(deployed, tmp_path), datetime.now(UTC)
    period = {"period_start": to_iso(now - timedelta(days=9)), "period_end": to_iso(now + timedelta(days=20))}
    bought = {"paid_at": "2020-02-29T09:00:00Z"}
    rows = [row for number in range(300) for row in (a_subscription(number, **period), a_purchase(number, **bought))]
    path = moving.file(rows)
    words = ["import-billing", "--file", str(path), "--core-table", deployed.environment["CORE_TABLE"]]
    process = subprocess.Popen(
        [sys.executable, "-m", "operations", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "layers/shared"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: len(deployed.stored("import")) >= 25, "the first records", seconds=60)
    finally:
        process.kill()
        process.wait()
    stored = len(deployed.stored("import"))
    assert 25 <= stored < len(rows)
    assert moving.again(path).counts == (len(rows) - stored, stored, 0)
    kinds = Counter(item["kind"]["S"] for item in deployed.items())
    assert {kind: kinds[kind] for kind in ("import", "subscription", "payment", "seat")} == {
        "import": 600,
        "subscription": 300,
        "payment": 300,
        "seat": 300,
    }
    assert (kinds["event"], kinds["reference"], kinds["subscription_reference"]) == (600, 300, 300)
