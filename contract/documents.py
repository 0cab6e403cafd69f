"""The files that `make docs` writes, and whether they still say what the code does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from contract.event_schemas import event_schemas
from contract.openapi import document

ROOT = Path(__file__).resolve().parents[1]
OPENAPI = Path("docs/api/openapi.json")
EVENTS = Path("docs/events")


def documents() -> dict[Path, str]:
    """What each file should say."""
    schemas = {EVENTS / f"{name}.schema.json": _text(schema) for name, schema in event_schemas().items()}
    return {OPENAPI: _text(document()), **schemas}


def stale(root: Path = ROOT) -> list[str]:
    """The files that say something else, are missing, or should not be there."""
    wanted = documents()
    wrong = [path for path, text in wanted.items() if not _says(root / path, text)]
    return sorted(map(str, [*wrong, *_unwanted(root, wanted)]))


def write(root: Path = ROOT) -> list[str]:
    """Make them say it; what was changed."""
    changed, wanted = stale(root), documents()
    for path in _unwanted(root, wanted):
        (root / path).unlink()
    for path, text in wanted.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return changed


def _says(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def _unwanted(root: Path, wanted: dict[Path, str]) -> list[Path]:
    there = [path.relative_to(root) for path in (root / EVENTS).glob("*")]
    return [path for path in there if path not in wanted]


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
