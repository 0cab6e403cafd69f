"""A log file of pickled records that can be cut anywhere by a kill and still be read up to the cut."""

from __future__ import annotations

import pickle
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_HEAD = struct.Struct(">II")


class RecordLog:
    """Appends reach the operating system before `append` returns, so they survive the end of this process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("ab", buffering=0)
        self.size = self._file.tell()

    def append(self, record: Any) -> None:
        body = pickle.dumps(record, protocol=pickle.HIGHEST_PROTOCOL)
        line = _HEAD.pack(len(body), zlib.crc32(body)) + body
        self._file.write(line)
        self.size += len(line)

    def close(self) -> None:
        self._file.close()


def read_records(path: Path) -> Iterator[Any]:
    """Whole records in order; a torn or damaged tail ends the iteration."""
    if not path.exists():
        return
    data = memoryview(path.read_bytes())
    at = 0
    while at + _HEAD.size <= len(data):
        length, checksum = _HEAD.unpack_from(data, at)
        body = data[at + _HEAD.size : at + _HEAD.size + length]
        if len(body) < length or zlib.crc32(body) != checksum:
            return
        yield pickle.loads(body)
        at += _HEAD.size + length
