"""What the documents point at is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ("README.md", "CONTRIBUTING.md", *(f"docs/{each.name}" for each in sorted((ROOT / "docs").glob("*.md"))))
_ROOMS = ROOT / "layers/shared/tollgate"
# Paths are written from the root, from the rooms' package, or from where the adapters lie.
_BASES = (ROOT, _ROOMS, _ROOMS / "adapters/providers")
# What begins with a dot is made at run time.
_PATH = re.compile(r"`((?!\.)(?:[\w.-]+/)+[\w-]+\.(?:py|md|json|yaml|toml|txt))(?:::\w+)?`")
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")


def paths(text: str) -> set[str]:
    return set(_PATH.findall(text))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_is_named_exists(document: str) -> None:
    text = (ROOT / document).read_text()
    named = {path for path in paths(text) if not any((base / path).exists() for base in _BASES)}
    linked = {link for link in _LINK.findall(text) if not ((ROOT / document).parent / link).exists()}
    assert not named | linked


def test_a_guide_to_adding_a_provider_names_the_files_to_read() -> None:
    named = paths((ROOT / "docs/adding-a-provider.md").read_text())
    assert {"adapters/providers/mock/client.py", "runtime/composition/providers.py", "checkout/ports.py"} <= named
