"""The lines of a file, whatever is in it: numbered, of bounded length, in UTF-8."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from operations.errors import OperationError

# Far past any record, whose longest fields are below three hundred characters.
LONGEST_LINE = 16_384
_AT_ONCE = 65_536
_OTHER_ENCODINGS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)


@dataclass(frozen=True, slots=True)
class Line:
    """`ended` by a line break: what is not may have been cut off."""

    number: int
    text: str
    ended: bool


@dataclass(frozen=True, slots=True)
class BadLine:
    """One that cannot be read; the reason repeats nothing of it."""

    number: int
    reason: str


def lines(stream: BinaryIO) -> Iterator[Line | BadLine]:
    """Those that are not empty, from 1 on. Raises `OperationError` for a file in another encoding."""
    number = 0
    while raw := stream.readline(LONGEST_LINE + 2):
        number += 1
        if number == 1:
            raw = _without_mark(raw)
        if len(raw.rstrip(b"\r\n")) > LONGEST_LINE:
            _skip(stream, raw)
            yield BadLine(number, f"longer than {LONGEST_LINE} bytes")
        elif raw.strip():
            yield _decoded(number, raw)


def _without_mark(raw: bytes) -> bytes:
    if raw.startswith(_OTHER_ENCODINGS):
        raise OperationError("The file is in UTF-16 or UTF-32.\nNext: save it as UTF-8")
    return raw.removeprefix(codecs.BOM_UTF8)


def _skip(stream: BinaryIO, raw: bytes) -> None:
    while raw and not raw.endswith(b"\n"):
        raw = stream.readline(_AT_ONCE)


def _decoded(number: int, raw: bytes) -> Line | BadLine:
    try:
        return Line(number, raw.decode().rstrip("\r\n"), raw.endswith(b"\n"))
    except UnicodeDecodeError as error:
        return BadLine(number, f"not UTF-8: its byte {error.start + 1} fits no character")
