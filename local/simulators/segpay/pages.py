"""The payment page. A buyer types a card number, or presses the button that tries one which is declined."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from local.simulators.segpay.books import APPROVED_CARD, DECLINED_CARD, Books, Offered, Refused, Transaction

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Segpay checkout (simulated)</title>
<body style="font: 16px system-ui; max-width: 30rem; margin: 3rem auto"><h1>Segpay checkout (simulated)</h1>
<p id="what">{what}</p><p id="amount">{amount}</p><p id="then">{then}</p><p id="message">{message}</p>
<form method="post"><p><label>Card number <input id="card" name="card" value="{card}" size="22"></label></p>
<button id="pay">Pay</button> <button id="decline" name="card" value="{declined}">Try a card that is declined</button>
</form><p><a id="cancel" href="{cancel}">Back to the shop</a></p></body></html>"""


class Pages:
    """What a link says is all that a page knows."""

    def __init__(self, books: Books, tell: Callable[[Transaction], None]) -> None:
        self._books = books
        self._tell = tell

    async def show(self, request: Request) -> Response:
        return self._page(dict(request.query_params), "")

    async def pay(self, request: Request) -> Response:
        link = dict(request.query_params)
        sent = parse_qs((await request.body()).decode(errors="replace"))
        try:
            told = self._books.pay(link, sent.get("card", [""])[-1])
        except Refused:
            return self._page(link, "")
        self._tell(told)
        if told.approved:
            return RedirectResponse(link.get("x-auth-link", "/"), 303)
        return self._page(link, "The card was declined. Try another one.")

    def _page(self, link: Mapping[str, str], message: str) -> Response:
        try:
            offered = self._books.offered(link)
        except Refused as refused:
            return HTMLResponse(f"<p id='message'>{html.escape(str(refused))}</p>", 400)
        shown = {
            "what": link.get("dynamicdesc", ""),
            "amount": f"{offered.amount} {offered.currency}",
            "then": _then(offered),
            "message": message,
            "card": APPROVED_CARD,
            "declined": DECLINED_CARD,
            "cancel": link.get("x-decl-link", "#"),
        }
        return HTMLResponse(_PAGE.format(**{name: html.escape(text, quote=True) for name, text in shown.items()}))


def _then(offered: Offered) -> str:
    """What is charged later, if anything."""
    if offered.terms is None:
        return ""
    terms = offered.terms
    return f"after {terms.first_days} days {terms.later} {offered.currency}, and again every {terms.later_days} days"
