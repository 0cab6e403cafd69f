"""How a letter looks, as text and as HTML: both from one page, so that they say the same, and escaped in one place."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from tollgate.mails.model import Mail

# Neither belongs into a mail: characters that steer a terminal or a header, and halves of characters.
_UNPRINTABLE = {"Cc", "Cs"}
# They turn the order of what is read, also of what stands after them.
_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_LONGEST_SUBJECT = 150
# Of a name in a subject; the letter has all of it.
LONGEST_NAME = 60

_HTML = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{subject}</title></head>
<body style="margin:0;padding:24px;font:16px/1.5 sans-serif;color:#222;background:#fff">
<div style="max-width:560px;margin:0 auto">
{body}
</div>
</body>
</html>
"""
_PARAGRAPH = '<p style="margin:0 0 16px">{}</p>'
_QUOTE = '<blockquote style="margin:0 0 16px;padding:0 0 0 16px;border-left:3px solid #ccc">{}</blockquote>'
_PROMINENT = '<p style="margin:0 0 16px;font:bold 24px/1.5 monospace;letter-spacing:1px">{}</p>'
_LINK = '<p style="margin:0 0 16px"><a href="{0}">{0}</a></p>'
_TABLE = '<table style="margin:0 0 16px;border-collapse:collapse">\n{}\n</table>'
_ROW = '<tr><td style="padding:4px 24px 4px 0">{}</td><td style="padding:4px 0">{}</td></tr>'


@dataclass(frozen=True, slots=True)
class Page:
    """The parts of a letter in their order. `quote` is what somebody else wrote, `prominent` what is looked for, `link`
    where to go on.
    """

    subject: str
    opening: tuple[str, ...]
    rows: tuple[tuple[str, str], ...]
    closing: tuple[str, ...] = ()
    quote: str | None = None
    prominent: str | None = None
    link: str | None = None


def rendered(recipient: str, page: Page) -> Mail:
    """The page as a mail. Whatever was written elsewhere is taken as text, never as markup or as a header."""
    return Mail(recipient, one_line(page.subject)[:_LONGEST_SUBJECT], _text(page), _html(page))


def day(at: datetime) -> str:
    """The day that it is in UTC, written out."""
    utc = at.astimezone(UTC)
    return f"{utc.day} {utc:%B %Y}"


def minute(at: datetime) -> str:
    """The minute that it is in UTC, written out."""
    return f"{day(at)}, {at.astimezone(UTC):%H:%M} UTC"


def one_line(text: str) -> str:
    """Printable, and in one line."""
    return " ".join("".join(map(_printable, text.translate(_TURNING))).split())


def _printable(character: str) -> str:
    return " " if unicodedata.category(character) in _UNPRINTABLE else character


def _lines(text: str) -> list[str]:
    return [one_line(line) for line in text.strip().splitlines()]


def _text(page: Page) -> str:
    parts = [*map(one_line, page.opening)]
    if page.quote:
        parts.append("\n".join(f"> {line}".rstrip() for line in _lines(page.quote)))
    if page.prominent:
        parts.append(f"    {one_line(page.prominent)}")
    if page.link:
        parts.append(one_line(page.link))
    parts.append("\n".join(f"{one_line(name)}: {one_line(value)}" for name, value in page.rows))
    parts += map(one_line, page.closing)
    return "\n\n".join(parts) + "\n"


def _html(page: Page) -> str:
    parts = [_PARAGRAPH.format(_escaped(each)) for each in page.opening]
    if page.quote:
        parts.append(_QUOTE.format("<br>\n".join(map(_escaped, _lines(page.quote)))))
    if page.prominent:
        parts.append(_PROMINENT.format(_escaped(page.prominent)))
    if page.link:
        parts.append(_LINK.format(_escaped(page.link)))
    rows = "\n".join(_ROW.format(_escaped(name), _escaped(value)) for name, value in page.rows)
    parts.append(_TABLE.format(rows))
    parts += [_PARAGRAPH.format(_escaped(each)) for each in page.closing]
    return _HTML.format(subject=_escaped(page.subject), body="\n".join(parts))


def _escaped(text: str) -> str:
    return escape(one_line(text))
