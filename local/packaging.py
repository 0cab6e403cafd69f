"""Source folders → the zip files that Lambda takes. Equal sources give equal bytes, so nothing is deployed twice."""

from __future__ import annotations

import hashlib
import io
import py_compile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from local.errors import LocalError

_EPOCH = (1980, 1, 1, 0, 0, 0)
_SKIPPED = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}


class PackagingError(LocalError):
    """A source folder cannot be packaged; the message names it."""


def function_zip(folder: Path) -> bytes:
    """Everything in a function's folder."""
    return _zip((path.relative_to(folder).as_posix(), path) for path in _files(folder))


def layer_zip(folder: Path) -> bytes:
    """The layer's packages under `python/`; what they depend on comes from the environment the engine runs in."""
    packages = [path for path in sorted(folder.iterdir()) if (path / "__init__.py").exists()] if folder.is_dir() else []
    if not packages:
        raise PackagingError(f"The layer {folder} holds no Python package (a folder with __init__.py).")
    return _zip(
        (f"python/{package.name}/{path.relative_to(package).as_posix()}", path)
        for package in packages
        for path in _files(package)
    )


def content_hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def _files(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise PackagingError(f"The template points to {folder}, which does not exist.")
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not _SKIPPED & set(path.parts) and path.suffix != ".pyc":
            yield path


def _zip(entries: Iterator[tuple[str, Path]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, tempfile.TemporaryDirectory() as scratch:
        for name, path in entries:
            _add(archive, name, path.read_bytes())
            if path.suffix == ".py" and (compiled := _compiled(path, Path(scratch))):
                _add(archive, _cached_name(name), compiled)
    return out.getvalue()


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED, compresslevel=1)


def _cached_name(name: str) -> str:
    folder, _, file = name.rpartition("/")
    return f"{folder}/__pycache__/{file[:-3]}.cpython-313.pyc".lstrip("/")


def _compiled(path: Path, scratch: Path) -> bytes | None:
    """Byte code that tracebacks trace to the real file; None for a file that does not parse (it fails on import)."""
    target = scratch / "one.pyc"
    try:
        py_compile.compile(
            str(path),
            cfile=str(target),
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
    except (py_compile.PyCompileError, SyntaxError):
        return None
    return target.read_bytes()
