"""The layer: how large its last build is, and a stand-in for it that this machine's Python can import."""

from __future__ import annotations

import re
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from bench import limits
from bench.figures import Figure

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / ".aws-sam" / "build" / "SharedLayer"
REQUIREMENTS = ROOT / "layers" / "shared" / "requirements.txt"
_NAME = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==", re.MULTILINE)


def measure() -> tuple[list[Figure], dict[str, Any]]:
    """Megabytes unzipped, by top-level name; no figure without a build."""
    if not BUILD.is_dir():
        return [], {"built": False, "note": "not built here: make build"}
    sizes: dict[str, int] = {}
    for path in BUILD.rglob("*"):
        if path.is_file():
            parts = path.relative_to(BUILD).parts
            name = parts[1] if len(parts) > 1 else parts[0]
            sizes[name] = sizes.get(name, 0) + path.stat().st_size
    whole = sum(sizes.values()) / 1e6
    largest = sorted(sizes.items(), key=lambda entry: -entry[1])[:10]
    figure = Figure("layer: unzipped", whole, "MB", "counted", limits.LAYER_UNZIPPED_MEGABYTES)
    return [figure], {"built": True, "largest_mb": {name: round(size / 1e6, 1) for name, size in largest}}


def stand_in(folder: Path) -> Path:
    """A folder of links to the layer's own packages as they are installed here, and to no other: a library that looks
    for optional ones must find as few as on Lambda.
    """
    for name in _NAME.findall(REQUIREMENTS.read_text()):
        found = distribution(name)
        for top in {file.parts[0] for file in found.files or () if not file.parts[0].startswith((".", "__"))}:
            source = Path(str(found.locate_file(top)))
            if source.exists() and not (folder / top).exists():
                (folder / top).symlink_to(source)
    return folder
