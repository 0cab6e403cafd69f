"""Files of another system, and the command that takes them over."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from operations import __main__ as command_line
from tests.support.deployment import Deployment

NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)

type Fields = dict[str, Any]


def a_subscription(number: int = 1, **fields: Any) -> Fields:
    """One that Stripe goes on charging, each of a user of its own; None takes a field out."""
    return _with(
        {
            "kind": "subscription",
            "tenant": "demo",
            "legacy_id": f"leg-{number}",
            "user_id": f"user-{number}",
            "email": f"zoe.{number}@mail.example",
            "provider": "stripe",
            "plan": "gold_month",
            "status": "active",
            "provider_subscription": f"sub_{number}",
            "provider_customer": f"cus_{number}",
            "period_start": "2026-10-20T09:00:00Z",
            "period_end": "2026-11-20T09:00:00Z",
        },
        fields,
    )


def charged_by_us(number: int = 1, **fields: Any) -> Fields:
    """One that the platform charges from then on."""
    ours = {"renewed_by": "platform", "provider_subscription": None, "source": f"cus_{number}/pm_{number}"}
    return a_subscription(number, **(ours | fields))


def a_purchase(number: int = 1, **fields: Any) -> Fields:
    return _with(
        {
            "kind": "purchase",
            "tenant": "demo",
            "legacy_id": f"order-{number}",
            "user_id": f"user-{number}",
            "email": f"zoe.{number}@mail.example",
            "provider": "stripe",
            "amount": 5000,
            "currency": "USD",
            "item": "concert_ticket",
            "provider_payment": f"pi_{number}",
            "paid_at": "2026-09-01T18:30:00+02:00",
        },
        fields,
    )


def went_back(amount: int = 5000, **fields: Any) -> Fields:
    """The fields of a refund."""
    return {"refunded_amount": amount, "provider_refund": "re_1", "refunded_at": "2026-09-02T09:00:00Z"} | fields


def _with(given: Fields, fields: Mapping[str, Any]) -> Fields:
    return {name: value for name, value in (given | dict(fields)).items() if value is not None}


def as_csv(rows: Sequence[Fields]) -> str:
    """With a column for each field that any of them has."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    written = io.StringIO()
    writer = csv.DictWriter(written, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


def as_jsonl(rows: Iterable[Fields]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@dataclass
class Told:
    """What a run said."""

    code: int
    summary: Fields
    progress: str

    @property
    def counts(self) -> tuple[int, int, int]:
        """Imported, unchanged, rejected."""
        return sum(self.summary["imported"].values()), self.summary["unchanged"], self.summary["rejected"]


@dataclass
class Moving:
    """An operator with a file, in front of a deployment."""

    deployed: Deployment
    folder: Path

    def file(self, rows: Sequence[Fields] | str | bytes, name: str = "billing.jsonl") -> Path:
        path = self.folder / name
        written = rows if isinstance(rows, str | bytes) else (as_csv if name.endswith(".csv") else as_jsonl)(rows)
        path.write_bytes(written if isinstance(written, bytes) else written.encode())
        return path

    def run(self, rows: Sequence[Fields] | str | bytes, *words: str, name: str = "billing.jsonl") -> Told:
        return self.again(self.file(rows, name), *words)

    def again(self, path: Path, *words: str) -> Told:
        code, out, progress = self.asked(path, *words)
        return Told(code, json.loads(out), progress)

    def asked(self, path: Path, *words: str) -> tuple[int, str, str]:
        """The exit code, and what came to either output of the command: functions write their logs elsewhere."""
        core = self.deployed.environment["CORE_TABLE"]
        with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as progress:
            code = command_line.main(["import-billing", "--file", str(path), "--core-table", core, *words])
        return code, out.getvalue(), progress.getvalue()

    def report(self, name: str = "billing.jsonl") -> list[Fields]:
        """What was rejected."""
        path = self.folder / f"{name}.rejected.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def reasons(self) -> list[tuple[int, str, str]]:
        """Line, code and the field of each."""
        return [(each["line"], each["code"], each["errors"][0]["field"]) for each in self.report()]

    def items(self) -> list[Fields]:
        """All that is stored, in one order."""
        return sorted(self.deployed.items(), key=lambda item: (item["pk"]["S"], item["sk"]["S"]))
