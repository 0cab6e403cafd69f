"""What came of a run, and the report of what was refused."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from operations.errors import DONE, LEFT_OVER, OperationError
from tollgate.kernel.errors import FieldError

# Why a record was refused, besides being wrong in itself.
INVALID, DIFFERS = "invalid", "differs"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that was not imported. Nothing of it is told but where it stands and what it is called there."""

    number: int
    legacy_id: str | None
    code: str
    errors: tuple[FieldError, ...]

    def told(self) -> dict[str, Any]:
        errors = [{"field": each.field, "reason": each.message} for each in self.errors]
        return {"line": self.number, "legacy_id": self.legacy_id, "code": self.code, "errors": errors}


@dataclass(slots=True)
class Outcome:
    """Counts of records. `why` is told where the run did not come to the end."""

    total: int
    dry_run: bool = False
    imported: Counter[str] = field(default_factory=Counter)
    unchanged: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    why: str = ""

    @property
    def done(self) -> int:
        return self.imported.total() + self.unchanged + self.refused.total()

    @property
    def exit_code(self) -> int:
        return LEFT_OVER if self.refused or self.why else DONE

    def counts(self) -> str:
        """In words."""
        done = "to import" if self.dry_run else "imported"
        return f"{self.imported.total():,} {done}, {self.unchanged:,} unchanged, {self.refused.total():,} rejected"

    def summary(self) -> dict[str, Any]:
        return {
            "dry_run": self.dry_run,
            "complete": self.exit_code == DONE,
            "rows": self.total,
            "imported": {"subscriptions": self.imported["sub"], "purchases": self.imported["pay"]},
            "unchanged": self.unchanged,
            "rejected": self.refused.total(),
            "reasons": dict(sorted(self.refused.items())),
            "stopped": self.why or None,
        }


class Report:
    """JSON lines, one for each refusal, of this run alone. Where nothing was refused, there is no file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = 0

    def __enter__(self) -> Self:
        try:
            self._file = self.path.open("w", encoding="utf-8")
        except OSError as error:
            raise OperationError(
                f"The report {self.path} cannot be written: {error.strerror}\nNext: name another, REJECTED=…"
            ) from error
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._file.close()
        if not self.lines:
            self.path.unlink(missing_ok=True)

    def add(self, refusals: Sequence[Refusal]) -> None:
        """In the order of their lines; on disk with this call."""
        for each in sorted(refusals, key=lambda refusal: refusal.number):
            self._file.write(json.dumps(each.told(), ensure_ascii=False) + "\n")
        self._file.flush()
        self.lines += len(refusals)
