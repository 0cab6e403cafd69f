"""A file may be anything: each line that is no record is told with its number, and the others are imported."""

from __future__ import annotations

import codecs
import json
from pathlib import Path

import pytest

from operations import __main__ as command_line
from operations.imports.lines import LONGEST_LINE
from operations.imports.reading import KNOWN
from operations.imports.rows import BadRow, Format, Row, format_of, rows
from tests.operations.importing import NOW, Moving, a_purchase, a_subscription, as_csv, as_jsonl
from tests.operations.test_command_line import _make
from tests.operations.world import World
from tests.support.deployment import Deployment

HEAD = "kind,legacy_id,name\n"


def _read(folder: Path, content: bytes | str, written: Format = Format.CSV) -> list[Row | BadRow]:
    path = folder / f"file.{written}"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(rows(path, written, KNOWN))


def _bad(found: list[Row | BadRow]) -> list[tuple[int, str]]:
    return [(each.number, each.errors[0].message) for each in found if isinstance(each, BadRow)]


def _good(found: list[Row | BadRow]) -> list[tuple[int, dict[str, str]]]:
    return [(each.number, dict(each.fields)) for each in found if isinstance(each, Row)]


def test_columns_are_named_by_the_first_line_and_lines_are_counted_as_an_editor_does(tmp_path: Path) -> None:
    text = 'kind, legacy_id,name\r\npurchase,a, "x"\r\n\r\npurchase,b,"say ""hi"", twice"\r\n'
    found = _read(tmp_path, text.replace(' "x"', '"x"'))
    assert _good(found) == [
        (2, {"kind": "purchase", "legacy_id": "a", "name": "x"}),
        (4, {"kind": "purchase", "legacy_id": "b", "name": 'say "hi", twice'}),
    ]


@pytest.mark.parametrize("written", list(Format))
def test_a_mark_of_the_byte_order_is_no_part_of_the_file(tmp_path: Path, written: Format) -> None:
    text = HEAD + "purchase,a,x\n" if written is Format.CSV else as_jsonl([a_purchase()])
    assert len(_good(_read(tmp_path, codecs.BOM_UTF8 + text.encode(), written))) == 1


@pytest.mark.parametrize("written", list(Format))
def test_empty_lines_are_no_records(tmp_path: Path, written: Format) -> None:
    text = f"\n{HEAD}\n \n\n" if written is Format.CSV else "\n\n  \n"
    assert _read(tmp_path, text, written) == []


@pytest.mark.parametrize("written", list(Format))
@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"x" * (LONGEST_LINE + 1), f"longer than {LONGEST_LINE} bytes"),
        (b"x" * 300_000, f"longer than {LONGEST_LINE} bytes"),
        (b"purchase,caf\xe9,x", "not UTF-8: its byte 13 fits no character"),
    ],
    ids=["long", "huge", "latin"],
)
def test_a_line_that_cannot_be_read_spoils_no_other(tmp_path: Path, written: Format, line: bytes, reason: str) -> None:
    first = "purchase,a,x\n" if written is Format.CSV else as_jsonl([a_purchase(1)])
    head = HEAD if written is Format.CSV else ""
    found = _read(tmp_path, (head + first).encode() + line + b"\n" + first.encode(), written)
    number = 3 if head else 2
    assert _bad(found) == [(number, reason)]
    assert [each for each, _ in _good(found)] == [number - 1, number + 1]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('purchase,"a,x', "quotes do not fit"),
        ('purchase,"a"b,x', "quotes do not fit"),
        ("purchase,a", "2 columns, and the first line names 3"),
        ("purchase,a,x,y", "4 columns"),
    ],
)
def test_a_line_of_csv_that_is_none_is_told(tmp_path: Path, line: str, said: str) -> None:
    found = _read(tmp_path, f"{HEAD}purchase,a,x\n{line}\npurchase,b,y\n")
    assert [number for number, _ in _good(found)] == [2, 4]
    ((number, reason),) = _bad(found)
    assert number == 3
    assert said in reason


def test_a_last_line_of_csv_that_does_not_end_may_have_been_cut_off(tmp_path: Path) -> None:
    found = _read(tmp_path, f"{HEAD}purchase,a,x\npurchase,b,y")
    assert len(_good(found)) == 1
    assert "cut off" in _bad(found)[0][1]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"kind": "purchase"', "cut off"),
        ('["purchase"]', "not a JSON object"),
        ("purchase", "not JSON"),
        ('{"kind": "purchase", "kind": "subscription"}', "a field twice"),
        ('{"name": ["x"]}', "a text or a whole number"),
        ('{"name": {"first": "x"}}', "a text or a whole number"),
        ('{"amount": true}', "a text or a whole number"),
        ("[" * 5000, "not JSON"),
        ('{"amount": ' + "9" * 5000 + "}", "not JSON"),
    ],
)
def test_a_line_of_json_that_is_none_is_told(tmp_path: Path, line: str, said: str) -> None:
    found = _read(tmp_path, f"{as_jsonl([a_purchase()])}{line}", Format.JSONL)
    assert len(_good(found)) == 1
    ((number, reason),) = _bad(found)
    assert number == 2
    assert said in reason


def test_a_whole_last_line_of_json_needs_no_line_break_and_nothing_is_as_good_as_absent(tmp_path: Path) -> None:
    found = _read(tmp_path, '{"amount": 5, "name": null, "item": " "}', Format.JSONL)
    assert _good(found) == [(1, {"amount": "5"})]


def test_how_a_file_is_written_is_told_by_its_name_or_by_word() -> None:
    names = {"a.csv": Format.CSV, "a.CSV": Format.CSV, "a.jsonl": Format.JSONL, "a.ndjson": Format.JSONL}
    assert {name: format_of(Path(name), "") for name in names} == names
    assert format_of(Path("a.txt"), "csv") is Format.CSV


# --- what an operator sees ---


@pytest.fixture
def moving(deployed: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Moving:
    monkeypatch.setattr(command_line, "_now", lambda _: NOW)
    return Moving(deployed, tmp_path)


def test_good_lines_are_imported_and_bad_ones_are_reported_with_their_numbers(moving: Moving) -> None:
    good = [json.dumps(a_subscription(number)) for number in (1, 2)]
    told = moving.run("\ufeff" + "\n".join([good[0], "", "{", "x" * 20_000, json.dumps(a_purchase(colour=1)), good[1]]))
    assert (told.code, told.counts) == (1, (2, 0, 3))
    assert moving.reasons() == [(3, "invalid", "line"), (4, "invalid", "line"), (5, "invalid", "colour")]
    assert [each["legacy_id"] for each in moving.report()] == [None, None, "order-1"]


def test_a_report_goes_where_it_is_wanted(moving: Moving) -> None:
    path = moving.folder / "elsewhere.jsonl"
    told = moving.run([a_purchase(amount=0)], "--rejected", str(path))
    assert told.summary["report"] == str(path)
    assert len(path.read_text().splitlines()) == 1
    assert moving.report() == []


@pytest.mark.parametrize(
    ("name", "content", "words", "said"),
    [
        ("billing.csv", "", [], "The file is empty"),
        ("billing.csv", "legacy_id,colour,kind,zoe@mail.example\n", [], "colour, one of another shape"),
        ("billing.csv", "kind;legacy_id\n", [], "separated by commas"),
        ("billing.csv", "kind,kind\n", [], "a column twice: kind"),
        ("billing.csv", "kind\n".encode("utf-16"), [], "UTF-16"),
        ("billing.csv", b"kind,\xe9\n", [], "not UTF-8"),
        ("billing.txt", "{}\n", [], "FORMAT=csv"),
        ("billing.jsonl", "{}\n", ["--format", "xml"], "FORMAT=csv"),
        ("billing.jsonl", "{}\n", ["--kind", "gift_card"], "KIND=gift_card is none of"),
        ("billing.jsonl", "{}\n", ["--tenant", "a#b"], "TENANT=a#b is no tenant"),
        ("billing.jsonl", "{}\n", ["--rejected", "/nowhere/at/all"], "REJECTED=…"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_before_anything_is_stored(
    moving: Moving, name: str, content: str | bytes, words: list[str], said: str
) -> None:
    path, before = moving.file(content, name), moving.items()
    code, out, told = moving.asked(path, *words)
    assert (code, out) == (2, "")
    assert said in told
    assert moving.items() == before


def test_a_file_and_a_stack_must_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, said in (
        (["--core-table", "x"], "FILE="),
        (["--file", str(tmp_path / "none.csv"), "--core-table", "x"], "cannot be read"),
        (["--file", "x.csv"], "STACK=local"),
    ):
        assert command_line.main(["import-billing", *words]) == 2
        assert said in capsys.readouterr().err


def test_make_hands_everything_on(world: World, tmp_path: Path) -> None:
    """By the clock of the machine, so that the record is of long ago."""
    path = tmp_path / "members.txt"
    path.write_text(as_csv([a_purchase(kind=None, tenant=None, paid_at="2021-03-01T09:00:00Z")]))
    words = ["import-billing", f"FILE={path}", "FORMAT=csv", f"STACK={world.stack}", "TENANT=demo", "KIND=purchase"]
    for more, dry_run, counts in (["DRY_RUN=1"], True, (1, 0)), ([], False, (1, 0)), ([], False, (0, 1)):
        done = _make(*words, *more, env={})
        assert done.returncode == 0, done.stderr
        summary = json.loads(done.stdout)
        assert summary["dry_run"] is dry_run
        assert (summary["imported"]["purchases"], summary["unchanged"]) == counts
    path.write_text(as_csv([a_purchase(kind=None, tenant="other")]))
    done = _make(*words, f"REJECTED={tmp_path}/no.jsonl", env={})
    assert done.returncode != 0
    assert json.loads((tmp_path / "no.jsonl").read_text())["errors"][0]["field"] == "tenant"
