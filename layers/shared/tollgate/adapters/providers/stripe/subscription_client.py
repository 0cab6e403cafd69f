"""Subscriptions at Stripe, over the same client as its checkouts. Stripe charges the periods; its own retries are off,
and what is owed is charged when we say so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import stripe

from tollgate.adapters.providers.stripe.amounts import from_stripe, to_stripe
from tollgate.adapters.providers.stripe.declines import decline_of
from tollgate.adapters.providers.stripe.errors import outcome_of
from tollgate.adapters.providers.stripe.invoices import (
    PLAN,
    PLAN_NAME,
    Refusal,
    failed_of,
    intent_of,
    paid_of,
    reference,
    refusal_of,
    renews,
)
from tollgate.adapters.providers.stripe.subscription_events import InvoiceLookup
from tollgate.adapters.providers.stripe.subscription_shapes import CANCELED, ended_of, item_of, told_of
from tollgate.adapters.providers.stripe.transformers import SUBSCRIPTION, TENANT, instant
from tollgate.checkout.charge_ports import Declined
from tollgate.checkout.ports import Rejected, Unknown, Unreachable, unavailable
from tollgate.kernel.clock import Clock, epoch
from tollgate.kernel.errors import TollgateError
from tollgate.subscriptions.model import Subscription, Terms
from tollgate.subscriptions.providers import Answer, CardPage, Learned, Line, Proration, RecurringProvider
from tollgate.subscriptions.reports import Ended, Failed, Forgiven, Paid

type Fields = Mapping[str, Any]

_SUBSCRIPTIONS, _INVOICES, _SESSIONS = "/v1/subscriptions", "/v1/invoices", "/v1/checkout/sessions"
_MALFORMED = (AttributeError, IndexError, KeyError, TypeError, ValueError, OverflowError, TollgateError)
_WITH_PAYMENTS = {"expand": ["payments.data.payment.payment_intent"]}
_ALREADY_PAID = "invoice_already_paid"
_PAID = "paid"
# Nobody asks for it any more.
_FORGIVEN = ("void", "uncollectible")


class StripeSubscriptions(RecurringProvider, InvoiceLookup):
    """`client` gives the SDK's client, or None where there are no credentials."""

    def __init__(self, client: Callable[[], stripe.StripeClient | None], clock: Clock) -> None:
        self._client = client
        self._clock = clock

    @property
    def charges_when_asked(self) -> bool:
        return True

    def look(self, of: Subscription) -> Answer:
        def looked(client: stripe.StripeClient) -> Learned:
            asked = self._clock.now()
            found = _get(client, _at(of), {"expand": ["latest_invoice"]})
            learned, last = self._learned(found, asked), found.get("latest_invoice")
            return replace(learned, before=self._billed(client, last)) if isinstance(last, Mapping) else learned

        return self._answered(looked)

    def end_with_period(self, of: Subscription, *, ends: bool) -> Answer:
        return self._set(of, {"cancel_at_period_end": ends})

    def end_now(self, of: Subscription) -> Answer:
        def end(client: stripe.StripeClient) -> Answer:
            asked = self._clock.now()
            try:
                over = self._learned(_call(client, "delete", _at(of), {}), asked)
            except stripe.InvalidRequestError:
                over = self._learned(_get(client, _at(of)), asked)  # it is over
            # Whoever ends it knows that: the last invoice need not be heard of before.
            return Learned(replace(over.fact, latest_invoice=None)) if isinstance(over.fact, Ended) else over

        return self._answered(end)

    def pause(self, of: Subscription, *, paused: bool) -> Answer:
        return self._set(of, {"pause_collection": {"behavior": "void"} if paused else ""})

    def change(self, of: Subscription, terms: Terms, at: datetime, key: str) -> Answer:
        def changed(client: stripe.StripeClient) -> Answer:
            asked = self._clock.now()
            found = _get(client, _at(of))
            told = told_of(found, at)
            if (told.plan, told.unit, told.interval) == (terms.code, terms.unit, terms.interval):
                return self._learned(found, asked)  # it was asked for before, and the answer was lost
            named = {PLAN: terms.code, PLAN_NAME: terms.name}
            moved = {"items": [_item(found, terms)], "metadata": named, **_prorated(at)}
            # What it costs is charged at once, or the plan stays as it is.
            paid = {"payment_behavior": "error_if_incomplete"}
            try:
                return self._learned(_call(client, "post", _at(of), moved | paid, key), asked)
            except stripe.CardError as error:
                return Declined(decline_of(_told(error)))

        return self._answered(changed)

    def preview(self, of: Subscription, terms: Terms, at: datetime) -> Proration | Rejected | Unreachable | Unknown:
        def seen(client: stripe.StripeClient) -> Proration:
            details = {"items": [_item(_get(client, _at(of)), terms)], **_prorated(at)}
            asked = {"subscription": of.reference, "subscription_details": details}
            return _proration(_call(client, "post", f"{_INVOICES}/create_preview", asked), at)

        return self._answered(seen)

    def pay(self, of: Subscription, invoice: str, key: str) -> Answer:
        def tried(client: stripe.StripeClient) -> bool:
            try:
                _call(client, "post", f"{_INVOICES}/{invoice}/pay", {"off_session": True}, key)
            except stripe.CardError:
                return False
            except stripe.InvalidRequestError as error:
                if error.code != _ALREADY_PAID and _invoice(client, invoice)["status"] != _PAID:
                    raise
            return True

        paid = self._answered(tried)
        if not isinstance(paid, bool):
            return paid
        read = _paid if paid else _failed
        told = self._answered(lambda client: Learned(read(client, invoice, self._clock.now())))
        # The try is made: what Stripe could not tell of it is asked for under the same key.
        return replace(told, key_spent=False) if isinstance(told, Unknown) else told

    def card_page(
        self, of: Subscription, success_url: str, cancel_url: str, key: str
    ) -> CardPage | Rejected | Unreachable | Unknown:
        echo = {TENANT: of.tenant, SUBSCRIPTION: of.id}
        asked = {
            "mode": "setup",
            "customer": of.customer,
            "currency": of.terms.unit.currency.lower(),
            "client_reference_id": of.id,
            "metadata": echo,
            "setup_intent_data": {"metadata": echo},
            "success_url": success_url,
            "cancel_url": cancel_url,
        }

        def made(client: stripe.StripeClient) -> CardPage:
            session = _call(client, "post", _SESSIONS, asked, key)
            return CardPage(session["id"], session["url"], instant(session["expires_at"]))

        return self._answered(made)

    def adopt_card(self, of: Subscription, setup: str) -> Answer:
        def adopted(client: stripe.StripeClient) -> Answer:
            asked = self._clock.now()
            given = _get(client, f"/v1/setup_intents/{setup}")
            if reference(given.get("customer")) != of.customer or given["status"] != "succeeded":
                return Rejected("card_not_given")
            card = {"default_payment_method": reference(given["payment_method"])}
            return self._learned(_call(client, "post", _at(of), card), asked)

        return self._answered(adopted)

    def intent_of(self, invoice: str) -> str | None:
        found = self._answered(lambda client: (intent_of(_invoice(client, invoice)),))
        if not isinstance(found, tuple):
            raise unavailable("stripe", found)
        return found[0]

    def refusal_of(self, invoice: str) -> Refusal:
        found = self._answered(lambda client: refusal_of(_invoice(client, invoice)))
        if not isinstance(found, Refusal):
            raise unavailable("stripe", found)
        return found

    def _billed(self, client: stripe.StripeClient, invoice: Fields) -> tuple[Paid | Failed | Forgiven, ...]:
        """What has become of the last invoice, where it has become something."""
        if not renews(invoice):
            return ()
        if invoice["status"] == _PAID:
            return (_paid(client, invoice["id"], self._clock.now()),)
        if invoice["status"] in _FORGIVEN:
            return (Forgiven(invoice["id"], self._clock.now()),)
        tried = invoice["status"] == "open" and invoice["attempted"]
        return (_failed(client, invoice["id"], self._clock.now()),) if tried else ()

    def _set(self, of: Subscription, fields: Mapping[str, Any]) -> Answer:
        asked = self._clock.now()
        return self._answered(lambda client: self._learned(_call(client, "post", _at(of), fields), asked))

    def _learned(self, subscription: Fields, asked: datetime) -> Learned:
        """Stripe tells no time of its answers: ours, from before it was asked, so that no slow answer overrules what
        came later; in its whole seconds, so that an event of this second is asked about.
        """
        at = asked.replace(microsecond=0)
        over = subscription["status"] == CANCELED
        return Learned(ended_of(subscription, at) if over else told_of(subscription, at))

    def _answered[T](self, ask: Callable[[stripe.StripeClient], T]) -> T | Rejected | Unreachable | Unknown:
        """What was asked for, or what is known without it."""
        try:
            client = self._client()
            if client is None:
                return Unreachable("no credentials", credentials_refused=True)
            return ask(client)
        except stripe.StripeError as error:
            return outcome_of(error)
        except _MALFORMED as error:
            return Unknown(f"an answer that cannot be read: {type(error).__name__}")


def _told(error: stripe.CardError) -> Fields:
    told = error.json_body.get("error") if isinstance(error.json_body, dict) else None
    return told if isinstance(told, dict) else {}


def _at(of: Subscription) -> str:
    return f"{_SUBSCRIPTIONS}/{of.reference}"


def _get(client: stripe.StripeClient, path: str, parameters: Mapping[str, Any] | None = None) -> Fields:
    return _call(client, "get", path, parameters or {})


def _call(
    client: stripe.StripeClient, method: str, path: str, parameters: Mapping[str, Any], key: str | None = None
) -> Fields:
    """Raw: turning the answer into the SDK's objects takes longer than the call itself."""
    named = {"idempotency_key": key} if key else {}
    answer = client.raw_request(method, path, **named, **parameters)
    found: Fields = answer.data
    return found


def _invoice(client: stripe.StripeClient, invoice: str) -> Fields:
    return _get(client, f"{_INVOICES}/{invoice}", _WITH_PAYMENTS)


def _paid(client: stripe.StripeClient, invoice: str, now: datetime) -> Paid:
    found = _invoice(client, invoice)
    return paid_of(found, intent_of(found), now)


def _failed(client: stripe.StripeClient, invoice: str, now: datetime) -> Failed:
    found = _invoice(client, invoice)
    return failed_of(found, refusal_of(found), now)


def _item(subscription: Fields, terms: Terms) -> Fields:
    """The one thing that it sells, at another price of the same product."""
    item = item_of(subscription)
    price = {
        "currency": terms.unit.currency.lower(),
        "product": reference(item["price"]["product"]),
        "unit_amount": to_stripe(terms.unit),
        "recurring": {"interval": terms.interval.value},
    }
    return {"id": item["id"], "price_data": price}


def _prorated(at: datetime) -> dict[str, Any]:
    return {"proration_behavior": "always_invoice", "proration_date": epoch(at)}


def _proration(invoice: Fields, at: datetime) -> Proration:
    currency = invoice["currency"]
    lines = [
        Line(str(each.get("description") or ""), from_stripe(each["amount"], currency))
        for each in invoice["lines"]["data"]
    ]
    total, due = (from_stripe(invoice[name], currency) for name in ("total", "amount_due"))
    return Proration(at, total, due, tuple(lines))
