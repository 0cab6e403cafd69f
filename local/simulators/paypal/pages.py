"""The pages on which a buyer agrees. No scripts, no outside assets; everything variable is escaped."""

from __future__ import annotations

from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from local.simulators.paypal import agreements, orders
from local.simulators.paypal.agreements import Agreement
from local.simulators.paypal.books import Body, Books, Refused
from local.simulators.paypal.course import INSTRUMENTS, Course

_HEADERS = {"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
_BUTTONS = {
    "pays": "Pay with the balance",
    "waits": "Pay with an eCheck, which takes days",
    "declines": "Pay with a card that will be declined",
    "declines_and_stays": "Pay with a card that will be declined, and stay agreed",
}
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<body style="font: 16px system-ui; max-width: 30rem; margin: 3rem auto">
<p>PayPal simulator: no real money moves here.</p><h1 id="status">{title}</h1>{content}</body></html>"""


class Pages:
    """`GET` shows the order or the subscription, `POST` agrees to it with the form field `with`."""

    def __init__(self, books: Books, course: Course) -> None:
        self._books = books
        self._course = course

    async def checkout(self, request: Request) -> Response:
        order_id = request.query_params.get("token", "")
        sent = dict(parse_qsl((await request.body()).decode(errors="replace"))) if request.method == "POST" else None
        with self._books.lock:
            try:
                order = self._books.order(order_id)
                if sent is None or sent.get("with") not in orders.INSTRUMENTS:
                    return self._show(order)
                orders.approve(self._books, order_id, sent["with"])
            except Refused as error:
                return _page("Not available", f"<p>{escape(str(error))}</p>", error.status)
            return RedirectResponse(self._back(order_id), 303, _HEADERS)

    async def subscribe(self, request: Request) -> Response:
        id_ = request.query_params.get("ba_token", "")
        sent = dict(parse_qsl((await request.body()).decode(errors="replace"))) if request.method == "POST" else None
        with self._books.lock:
            try:
                of = agreements.agreement_of(self._books, id_)
                if sent is None or sent.get("with") not in INSTRUMENTS:
                    return _show_plan(of)
                self._course.approve(of, sent["with"])
            except Refused as error:
                return _page("Not available", f"<p>{escape(str(error))}</p>", error.status)
            return RedirectResponse(_with(of.urls["return_url"], subscription_id=of.id, ba_token=id_), 303, _HEADERS)

    def _show(self, order: Body) -> Response:
        if order["status"] == "COMPLETED":
            return _page("This payment is complete", "")
        unit, cancel = order["purchase_units"][0], self._books.returns[order["id"]]["cancel_url"]
        rows = "".join(f"<li>{escape(each['name'])} x {escape(each['quantity'])}</li>" for each in unit["items"])
        buttons = "".join(_button(name) for name in _BUTTONS)
        amount = escape(f"{unit['amount']['value']} {unit['amount']['currency_code']}")
        content = f'<ul>{rows}</ul><p id="amount">{amount}</p><form method="post">{buttons}</form>'
        return _page("Checkout", f'{content}<p><a id="cancel" href="{escape(cancel)}">Back to the shop</a></p>')

    def _back(self, order_id: str) -> str:
        return _with(self._books.returns[order_id]["return_url"], token=order_id, PayerID="SIMULATEDPAYER")


def _button(name: str) -> str:
    return f'<p><button id="{name}" name="with" value="{name}">{_BUTTONS[name]}</button></p>'


def _with(address: str, **told: str) -> str:
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(told)}"


def _show_plan(of: Agreement) -> Response:
    if of.status != "APPROVAL_PENDING":
        return _page("This is agreed", "")
    trial = f"after {of.plan.trial_days} days " if of.plan.trial_days else ""
    text = escape(f"{trial}{of.plan.price} {of.plan.currency} each {of.plan.unit.lower()}")
    buttons = "".join(_button(name) for name in INSTRUMENTS)
    cancel = f'<p><a id="cancel" href="{escape(of.urls["cancel_url"])}">Back to the shop</a></p>'
    return _page("Subscribe", f'<p id="amount">{text}</p><form method="post">{buttons}</form>{cancel}')


def _page(title: str, content: str, status: int = 200) -> Response:
    return HTMLResponse(_PAGE.format(title=escape(title), content=content), status, _HEADERS)
