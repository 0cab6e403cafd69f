"""Notices changed sources: functions, the shared layer, workflows, configuration and the template."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from watchfiles import Change, DefaultFilter, awatch

from local.settings import LocalSettings

_FOLDERS = ("functions", "layers", "statemachines", "config")
_KINDS = {".py", ".json", ".yaml", ".yml", ".html", ".txt"}


class _Sources(DefaultFilter):
    def __call__(self, change: Change, path: str) -> bool:
        return Path(path).suffix in _KINDS and super().__call__(change, path)


async def watch_sources(settings: LocalSettings) -> AsyncIterator[set[Path]]:
    """Yields the files that changed together."""
    root = settings.source_root
    watched = [folder for name in _FOLDERS if (folder := root / name).is_dir()]
    async for changes in awatch(*watched, settings.template, watch_filter=_Sources(), debounce=300):
        yield {Path(path) for _, path in changes}
