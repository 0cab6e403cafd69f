"""The mails that functions have sent, as the engine's SES keeps them. Nothing leaves this machine."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import Any

import httpx

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Outbox</title>
<style>
  :root {{ color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); }}
  body {{ font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 2rem 1rem 4rem; max-width: 62rem; }}
  h1 {{ font-size: 1.5rem; margin: 0 0 .25rem; }} h2 {{ font-size: 1.05rem; margin: 0; }}
  article {{ border-top: 1px solid var(--line); padding: 1rem 0; }} p {{ margin: .25rem 0; }}
  pre {{ font: 13px/1.45 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }}
  iframe {{ width: 100%; height: 26rem; border: 1px solid var(--line); background: #fff; }}
</style>
</head>
<body>
<h1>Outbox</h1>
<p>{count}, the newest first. None has left this machine.
<a href="/local">Console</a>, <a href="?format=json">as JSON</a></p>
{mails}
</body>
</html>
"""
_MAIL = """\
<article>
<h2>{subject}</h2>
<p>{sent_at} to {to}, from {source}</p>
<pre>{text}</pre>
<details><summary>as HTML</summary><iframe sandbox title="{subject}" srcdoc="{html}"></iframe></details>
</article>
"""
# A mail's markup loads nothing and runs nothing, here as in a frame of its own.
PAGE_HEADERS = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'", "cache-control": "no-store"}


def sent_mails(engine_url: str) -> list[dict[str, Any]]:
    """Newest first. Raises httpx.HTTPError while the engine does not answer."""
    answer = httpx.get(f"{engine_url}/_ministack/ses/messages", timeout=5.0, trust_env=False)
    accounts = answer.raise_for_status().json()["messages"]
    mails = [_shown(each) for messages in accounts.values() for each in messages]
    return sorted(mails, key=lambda mail: str(mail["sent_at"]), reverse=True)


def page(mails: list[dict[str, Any]]) -> str:
    """All of them as one page."""
    count = "1 mail" if len(mails) == 1 else f"{len(mails)} mails"
    return _PAGE.format(count=count, mails="".join(_article(mail) for mail in mails))


def _shown(message: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": message["MessageId"],
        "sent_at": datetime.fromtimestamp(message["Timestamp"], UTC).isoformat(timespec="microseconds"),
        "from": message["Source"],
        "to": message["To"],
        "subject": message["Subject"],
        "text": message["BodyText"],
        "html": message["BodyHtml"] or "",
    }


def _article(mail: dict[str, Any]) -> str:
    told = {name: escape(str(mail[name])) for name in ("subject", "sent_at", "text", "html")}
    return _MAIL.format(**told, to=escape(", ".join(mail["to"])), source=escape(mail["from"]))
