"""Shows log files as they are, and as they grow."""

from __future__ import annotations

import time
from pathlib import Path


def last_lines(file: Path, count: int) -> list[str]:
    """The end of the file; nothing when there is no file yet."""
    return file.read_text(errors="replace").splitlines()[-count:] if file.exists() else []


def follow(file: Path) -> None:
    """Print what is added, until interrupted."""
    at = _size(file)
    while True:
        size = _size(file)
        if size < at:
            at = 0  # the file was cut or replaced
        if size > at:
            with file.open(errors="replace") as opened:
                opened.seek(at)
                print(opened.read(), end="", flush=True)
                at = opened.tell()
        time.sleep(0.3)


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
