"""Notices changed sources: functions, the shared layer, workflows, configuration and the template."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from watchfiles import Change, DefaultFilter, awatch

from local.settings import LocalSettings

_FOLDERS = ("functions", "layers", "statemachines", "config")
_KINDS = {".py", ".json", ".yaml", ".yml", ".html", ".txt"}
_FIRST_LOOK_MILLISECONDS = 200

Times = Mapping[Path, int]


class _Sources(DefaultFilter):
    def __call__(self, change: Change, path: str) -> bool:
        return Path(path).suffix in _KINDS and super().__call__(change, path)


def source_times(settings: LocalSettings) -> Times:
    """When each source file was last written."""
    files = [path for folder in _watched(settings) for path in folder.rglob("*") if path.suffix in _KINDS]
    return {path: path.stat().st_mtime_ns for path in (*files, settings.template) if path.exists()}


async def watch_sources(settings: LocalSettings, deployed: Times) -> AsyncIterator[set[Path]]:
    """Yields the files that changed together, beginning with those changed since `deployed` was taken.

    Watching begins a moment after the stack was deployed, and what is saved in between must not be missed.
    """
    first = True
    folders = _watched(settings)
    async for changes in awatch(
        *folders,
        settings.template,
        watch_filter=_Sources(),
        debounce=300,
        rust_timeout=_FIRST_LOOK_MILLISECONDS,
        yield_on_timeout=True,
    ):
        found = {Path(path) for _, path in changes}
        if first:
            found |= _differing(deployed, source_times(settings))
            first = False
        if found:
            yield found


def _watched(settings: LocalSettings) -> list[Path]:
    return [folder for name in _FOLDERS if (folder := settings.source_root / name).is_dir()]


def _differing(before: Times, after: Times) -> set[Path]:
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
