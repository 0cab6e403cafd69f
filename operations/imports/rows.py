"""The records of a file as texts by field, from CSV or JSON lines. One line is one record, so that no line spoils
another.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from operations.errors import OperationError
from operations.imports.lines import BadLine, Line, lines
from tollgate.kernel.errors import FieldError

LINE = "line"
_NAME = re.compile(r"[A-Za-z0-9_ -]{1,40}", re.ASCII)


class Format(StrEnum):
    """How a file is written."""

    CSV = "csv"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class Row:
    """What a line says; what is left empty is absent."""

    number: int
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A line that is no record."""

    number: int
    errors: tuple[FieldError, ...]


def format_of(path: Path, named: str) -> Format:
    """As it is named, or by the file's extension; `OperationError` where neither tells."""
    text = named or path.suffix.removeprefix(".").lower()
    aliases = {"ndjson": Format.JSONL, "jsonlines": Format.JSONL, **{each.value: each for each in Format}}
    if text not in aliases:
        raise OperationError(f"What is {path.name} written in?\nNext: FORMAT=csv or FORMAT=jsonl")
    return aliases[text]


def rows(path: Path, written: Format, known: Collection[str]) -> Iterator[Row | BadRow]:
    """Every record of a file. Raises `OperationError` for one that cannot be opened, or whose columns are not all
    `known`.
    """
    try:
        with path.open("rb") as stream:
            found = lines(stream)
            yield from _of_csv(found, known) if written is Format.CSV else map(_of_json, found)
    except OSError as error:
        raise OperationError(f"{path} cannot be read: {error.strerror}\nNext: FILE=…") from error


def _of_csv(found: Iterator[Line | BadLine], known: Collection[str]) -> Iterator[Row | BadRow]:
    head = next(found, None)
    if head is None:
        raise OperationError("The file is empty.\nNext: its first line names the columns")
    columns = _columns(head, known)
    for each in found:
        yield _bad(each.number, each.reason) if isinstance(each, BadLine) else _csv_row(each, columns)


def _columns(head: Line | BadLine, known: Collection[str]) -> Sequence[str]:
    if isinstance(head, BadLine):
        raise OperationError(f"Line {head.number}, which names the columns, is {head.reason}.")
    columns = [each.strip() for each in next(csv.reader([head.text]))]
    unknown = [each if _NAME.fullmatch(each) else "one of another shape" for each in columns if each not in known]
    if unknown:
        separated = "" if len(columns) > 1 else " Columns are separated by commas."
        raise OperationError(
            f"Line {head.number} names columns that nobody knows: {', '.join(unknown)}.{separated}\n"
            f"Next: leave them out; there are {', '.join(sorted(known))}"
        )
    if twice := sorted({each for each in columns if columns.count(each) > 1}):
        raise OperationError(f"Line {head.number} names a column twice: {', '.join(twice)}.")
    return columns


def _csv_row(line: Line, columns: Sequence[str]) -> Row | BadRow:
    if not line.ended:
        return _bad(line.number, "it is the last and has no line break: perhaps it was cut off; end it with one if not")
    try:
        values = next(csv.reader([line.text], strict=True))
    except csv.Error:
        return _bad(line.number, "its quotes do not fit: a record is one line, and a quote within quotes is doubled")
    if len(values) != len(columns):
        return _bad(line.number, f"it has {len(values)} columns, and the first line names {len(columns)}")
    given = {name: value.strip() for name, value in zip(columns, values, strict=True)}
    return Row(line.number, {name: value for name, value in given.items() if value})


def _of_json(line: Line | BadLine) -> Row | BadRow:
    if isinstance(line, BadLine):
        return _bad(line.number, line.reason)
    try:
        found = json.loads(line.text, object_pairs_hook=_once, parse_float=str, parse_constant=str)
    except _Twice as twice:
        return _bad(line.number, str(twice))
    except (ValueError, RecursionError):
        cut = "" if line.ended else "; it is the last, and perhaps was cut off"
        return _bad(line.number, f"it is not JSON{cut}")
    if not isinstance(found, dict):
        return _bad(line.number, "it is not a JSON object")
    strange = [name for name, value in found.items() if not _is_plain(value)]
    if strange:
        return BadRow(line.number, tuple(FieldError(shown(name), "a text or a whole number") for name in strange))
    given = {name: str(value).strip() for name, value in found.items() if value is not None}
    return Row(line.number, {name: value for name, value in given.items() if value})


def shown(name: str) -> str:
    """A field's name, where it cannot be anything else."""
    return name if _NAME.fullmatch(name) else "a field"


class _Twice(Exception):
    """An object that names a field twice says two things."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Twice("it names a field twice")
    return found


def _is_plain(value: Any) -> bool:
    return value is None or (isinstance(value, str | int) and not isinstance(value, bool))


def _bad(number: int, reason: str) -> BadRow:
    return BadRow(number, (FieldError(LINE, reason),))
