"""Segpay's answers: a text, wrapped in one of several ways, or an ADO.NET diffgram. Read on the standard library, and a
document that declares a type or an entity is refused.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from xml.parsers import expat

_ROWS, _GRAM, _TEXT = "NewDataSet", "diffgram", "string"


class NotUnderstood(ValueError):
    """The answer is none of these."""


class _Document:
    """What is wanted of a document: its rows, or the text of a lone `<string>`."""

    def __init__(self) -> None:
        self.path: list[str] = []
        self.names: set[str] = set()
        self.rows: list[dict[str, str]] = []
        self.text: list[str] = []

    def started(self, name: str, _attributes: object) -> None:
        self.path.append(name.rpartition(":")[2])
        self.names.add(self.path[-1])
        if self.path[-2:-1] == [_ROWS]:
            self.rows.append({})

    def ended(self, _name: str) -> None:
        self.path.pop()

    def said(self, text: str) -> None:
        if self.path[-3:-2] == [_ROWS]:
            self.rows[-1][self.path[-1]] = self.rows[-1].get(self.path[-1], "") + text
        elif self.path == [_TEXT]:
            self.text.append(text)


def text_of(body: bytes, names: Sequence[str] = ()) -> str:
    """The text of `<string>…</string>`, of a JSON text, of a field so named of a JSON object, or all of it."""
    plain = body.decode("utf-8-sig", errors="replace").strip()
    if plain.startswith("<"):
        return "".join(_read(body).text).strip()
    if plain.startswith(('"', "{")):
        return _json_text(plain, names)
    return plain


def rows_of(body: bytes) -> list[dict[str, str]]:
    """The rows of a diffgram, by the names of their columns. An error comes as some other document: that it has no rows
    says nothing.
    """
    document = _read(body)
    if _GRAM not in document.names:
        raise NotUnderstood("no diffgram")
    return document.rows


def _read(body: bytes) -> _Document:
    document, parser = _Document(), expat.ParserCreate()
    parser.StartElementHandler = document.started
    parser.EndElementHandler = document.ended
    parser.CharacterDataHandler = document.said
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.buffer_text = True
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise NotUnderstood("no document") from error
    return document


def _refuse(*_declared: object) -> None:
    raise NotUnderstood("a document type is declared")


def _json_text(plain: str, names: Sequence[str]) -> str:
    try:
        found = json.loads(plain)
    except (ValueError, RecursionError):
        return plain
    if isinstance(found, dict):
        found = next((value for name, value in found.items() if name.lower() in names), None)
    if not isinstance(found, str):
        raise NotUnderstood("no text in it")
    return found.strip()
