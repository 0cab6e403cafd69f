"""The page that a buyer's browser sees."""

from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from local.simulators.square import payments
from local.simulators.square.books import Books
from local.simulators.square.errors import Body, SquareError
from local.simulators.square.simulator import Simulator

_HEADERS = {"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Square simulator</title>
<body style="font: 16px system-ui; max-width: 30rem; margin: 3rem auto">
<p>Square simulator: no real money moves here.</p>
{content}</body></html>"""
_FORM = """<h1>Checkout</h1><ul>{lines}</ul><p id="amount">{amount} minor units of {currency}</p>
<p id="error" role="alert">{error}</p><form method="post"><label for="card">Card number</label>
<input id="card" name="card" inputmode="numeric" autocomplete="off" placeholder="4111 1111 1111 1111">
<button id="pay" name="method" value="card">Pay</button><p>Or at once:
<button id="pay-good" name="quick" value="4111111111111111">Pay with a good card</button>
<button id="pay-declined" name="quick" value="4000000000000002">Be declined</button>
<button id="pay-by-bank" name="method" value="bank">Pay by bank (takes days)</button></p></form>"""


class Pages:
    """Square's pages lead on by `redirect_url`, to which they add the order's id."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def pay(self, request: Request) -> Response:
        """Show the page of a link, or try to pay it."""
        link = request.path_params["link"]
        sent = dict(parse_qsl((await request.body()).decode(errors="replace"))) if request.method == "POST" else None
        try:
            return await run_in_threadpool(self._simulator.perform, lambda books: _page(books, link, sent))
        except SquareError as refusal:
            return _html(f'<h1 id="status">Not available</h1><p>{escape(str(refusal))}</p>', refusal.status)


def onward(books: Books, order: Body) -> str | None:
    """Where a buyer goes who has paid."""
    pages = [each for each in books.of("pages").values() if each["order"] == order["id"]]
    address = pages[0]["options"].get("redirect_url") if pages else None
    if not address:
        return None
    plain, hash_, fragment = str(address).partition("#")
    return f"{plain}{'&' if '?' in plain else '?'}{urlencode({'orderId': order['id']})}{hash_}{fragment}"


def _page(books: Books, link: str, sent: dict[str, str] | None) -> Response:
    page = books.get("pages", link)
    order = books.get("orders", page["order"])
    error = ""
    if sent is not None and payments.can_be_paid(books, order):
        card = "".join(letter for letter in (sent.get("quick") or sent.get("card") or "") if letter.isdigit())
        try:
            paid = payments.pay(books, order, page["note"], card, sent.get("method", "card"))
            error = "" if paid["status"] != "FAILED" else "Your card was declined. Try another."
        except SquareError as refusal:
            error = str(refusal)
    if error or payments.can_be_paid(books, order):
        return _html(_form(order, error))
    address = onward(books, order) if order["state"] != "CANCELED" else None
    if sent is not None and address:
        return RedirectResponse(address, 303)
    what = "This page is closed." if order["state"] == "CANCELED" else "This order is paid."
    return _html(f'<h1 id="status">{what}</h1>')


def _form(order: Body, error: str) -> str:
    names = [f"{each.get('name')} x {each['quantity']}" for each in order["line_items"]]
    lines = "".join(f"<li>{escape(each)}</li>" for each in names)
    shown: dict[str, Any] = order["total_money"]
    return _FORM.format(lines=lines, amount=shown["amount"], currency=escape(shown["currency"]), error=escape(error))


def _html(content: str, status: int = 200) -> Response:
    return HTMLResponse(_PAGE.format(content=content), status, _HEADERS)
