"""What browsers do: a payer pays, authenticates and reads receipts; an account's owner answers questions."""

from urllib.parse import urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from local.simulators.stripe import account_links, checkout_payment, form, page_html
from local.simulators.stripe.cards import (
    AUTHENTICATION_FAILED,
    BANK_DEBIT,
    GENERIC_DECLINE,
    Decline,
    TestCard,
    card_of_number,
)
from local.simulators.stripe.currencies import formatted
from local.simulators.stripe.errors import Body, StripeError
from local.simulators.stripe.simulator import Simulator
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work

_HEADERS = {"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
_LONGEST_EMAIL = 512
_ERRORS = {
    "authentication": "The bank could not confirm that it was you. Try again or use another card.",
    "declined": GENERIC_DECLINE,
}


def html(text: str, status: int = 200) -> HTMLResponse:
    """A page that no cache keeps and that loads nothing."""
    return HTMLResponse(text, status, _HEADERS)


def success_address(session: Body) -> str:
    """The merchant's success address with the session's id in its place."""
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


class Pages:
    """The hosted pages. Addresses inside them are relative or start at the public base, so any prefix works."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def pay(self, request: Request) -> Response:
        """Show the form of a session, or try to pay it."""
        identifier = request.path_params["session"]
        error = _ERRORS.get(request.query_params.get("error", ""))
        try:
            sent = form.decode(await request.body()) if request.method == "POST" else None
            return await run_in_threadpool(
                self._simulator.perform,
                lambda work: _pay(work, identifier, sent) if sent is not None else _show(work, identifier, error),
            )
        except StripeError as failure:
            return html(page_html.notice("Not available", str(failure)), failure.status)

    async def authenticate(self, request: Request) -> Response:
        """Show the bank's question, or take the answer."""
        identifier = request.path_params["intent"]
        try:
            sent = form.decode(await request.body()) if request.method == "POST" else None
            return await run_in_threadpool(self._simulator.perform, lambda work: _authenticate(work, identifier, sent))
        except StripeError as failure:
            return html(page_html.notice("Not available", str(failure)), failure.status)

    async def receipt(self, request: Request) -> Response:
        """What was paid, for the address in `receipt_url`."""
        identifier = request.path_params["intent"]
        try:
            intent = await run_in_threadpool(
                self._simulator.perform, lambda work: work.at_path("payment_intent", identifier).body
            )
        except StripeError as failure:
            return html(page_html.notice("Not available", str(failure)), failure.status)
        return html(page_html.notice("Receipt", formatted(intent["amount_received"], intent["currency"])))

    async def onboard(self, request: Request) -> Response:
        """Show the owner of a connected account what is asked of them, or take the answers."""
        account, token = request.path_params["account"], request.path_params["token"]
        answered = request.method == "POST"
        try:
            return await run_in_threadpool(
                self._simulator.perform, lambda work: _onboard(work, account, token, answered=answered)
            )
        except StripeError as failure:
            return html(page_html.notice("Not available", str(failure)), failure.status)


def _onboard(work: Work, identifier: str, token: str, *, answered: bool) -> Response:
    account, valid = account_links.account_of(work, identifier, token)
    if not valid:
        return RedirectResponse(account.private["link"]["refresh_url"], 303, _HEADERS)
    if answered:
        return RedirectResponse(account_links.complete(work, account), 303, _HEADERS)
    return html(page_html.onboarding(account.body))


def _show(work: Work, identifier: str, error: str | None, status: int = 200) -> Response:
    session = work.at_path("checkout.session", identifier)
    if session.body["status"] == "open":
        return html(page_html.payment(session.body, session.private["line_items"], error), status)
    completed = session.body["status"] == "complete"
    onward = success_address(session.body) if completed else session.body["cancel_url"]
    return html(page_html.closed(session.body, onward), status)


def _pay(work: Work, identifier: str, sent: form.Form) -> Response:
    session = work.at_path("checkout.session", identifier)
    if session.body["status"] != "open":
        return _show(work, identifier, None, 409)
    instrument = _instrument(session, sent)
    if isinstance(instrument, TestCard) and instrument.is_bank_debit and not _takes_debits(session):
        return _show(work, identifier, "This payment cannot be made by bank debit.", 400)
    email = str(sent.get("email") or "")[:_LONGEST_EMAIL]
    payer = {"email": email or session.body["customer_email"], "name": None}
    decline = checkout_payment.pay(work, session, instrument, payer)
    if decline:
        return _show(work, identifier, decline.message, 402)
    if session.body["status"] == "open":
        return RedirectResponse(f"{work.public_base}/authenticate/{session.private['intent']}", 303, _HEADERS)
    return RedirectResponse(success_address(session.body), 303, _HEADERS)


def _takes_debits(session: Record) -> bool:
    return "us_bank_account" in session.body["payment_method_types"]


def _instrument(session: Record, sent: form.Form) -> TestCard | Decline | None:
    if not sent.get("card") and "quick" not in sent and not checkout_payment.needs_card(session):
        return None
    if "quick" in sent:
        return card_of_number(str(sent["quick"]))
    return BANK_DEBIT if sent.get("method") == "bank_debit" else card_of_number(str(sent.get("card", "")))


def _authenticate(work: Work, identifier: str, sent: form.Form | None) -> Response:
    intent = work.at_path("setup_intent" if identifier.startswith("seti_") else "payment_intent", identifier)
    if intent.body["status"] != "requires_action":
        return html(page_html.notice("Nothing to confirm", "This payment does not wait for you."), 409)
    if sent is None:
        return html(page_html.challenge(intent.body))
    decline = checkout_payment.authenticate(work, intent, passed=sent.get("outcome") == "succeeded")
    session = work.tx.find(intent.private.get("session") or "", "checkout.session")
    if session is None:
        return _back_to_merchant(intent, decline)
    if decline is None:
        return RedirectResponse(success_address(session.body), 303, _HEADERS)
    error = "authentication" if decline is AUTHENTICATION_FAILED else "declined"
    return RedirectResponse(f"{work.public_base}/pay/{session.id}?error={error}", 303, _HEADERS)


def _back_to_merchant(intent: Record, decline: Decline | None) -> Response:
    address = intent.private.get("return_url")
    if not address:
        return html(page_html.notice("Done" if decline is None else "Not confirmed", "You may close this page."))
    told = {
        "payment_intent": intent.id,
        "payment_intent_client_secret": intent.body["client_secret"],
        "redirect_status": "failed" if decline else "succeeded",
    }
    joiner = "&" if urlsplit(address).query else "?"
    return RedirectResponse(f"{address}{joiner}{urlencode(told)}", 303, _HEADERS)
