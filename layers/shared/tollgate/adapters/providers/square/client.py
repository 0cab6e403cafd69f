"""Hosted checkout at Square: a payment link for an order, which we take down ourselves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from tollgate.adapters.providers.square.api import SquareApi
from tollgate.adapters.providers.square.echo import of_note
from tollgate.adapters.providers.square.errors import NoAnswer, answered
from tollgate.adapters.providers.square.payments import APPROVED, id_of_tender, payment_of_tender
from tollgate.adapters.providers.square.transformers import (
    echo_of_order,
    link_parameters,
    report_of_order,
    seen_session,
    session_of,
)
from tollgate.checkout.ports import (
    CheckoutProvider,
    CheckoutRequest,
    Closed,
    CloseOutcome,
    LookOutcome,
    Opened,
    OpenOutcome,
    Recovery,
    Rejected,
    Replay,
    SeenSession,
    StillOpen,
    Unknown,
    Unreachable,
    unavailable,
)
from tollgate.kernel.clock import Clock, to_iso
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Payment, Report, Session
from tollgate.payments.ports import PaymentKey
from tollgate.routing.router import Offer

_LINKS, _ORDERS, _PAYMENTS = "/v2/online-checkout/payment-links", "/v2/orders", "/v2/payments"
_PAGE_OF_ORDERS = 500

type Fields = Mapping[str, Any]


class SquareProvider(CheckoutProvider):
    """`locations` by the currency that each takes: a location has one. Without any there is nothing to offer."""

    def __init__(self, api: SquareApi, clock: Clock, *, enabled: bool, locations: Mapping[str, str]) -> None:
        self.api = api
        self.clock = clock
        self._enabled = enabled and bool(locations)
        self.locations = locations

    @property
    def offer(self) -> Offer:
        return Offer("square", frozenset({"card"}), frozenset(self.locations), enabled=self._enabled)

    @property
    def recovery(self) -> Recovery:
        # Square says that a key must be unique for ever, and not for how long it is remembered: a day is assumed. Were
        # it less, a second link would come of it, and nobody has seen the first.
        return Replay(timedelta(hours=23))

    def parameters(self, payment: Payment, request: CheckoutRequest) -> str:
        return link_parameters(payment, request, self.locations)

    def open(self, parameters: str, key: str) -> OpenOutcome:
        body = {"idempotency_key": key, **json.loads(parameters)}
        return answered(lambda: Opened(session_of(self.api.call("POST", _LINKS, body)["payment_link"])))

    def look(self, session: Session) -> LookOutcome:
        return answered(lambda: self._looked(session))

    def _looked(self, session: Session) -> Closed | StillOpen:
        report = self._report(self._order(session.reference))
        return Closed(report) if report else StillOpen()

    def close(self, session: Session) -> CloseOutcome:
        return answered(lambda: self._closed(session))

    def _closed(self, session: Session) -> Closed | Unknown:
        """The link goes first, so that no other try begins. It does not always take its order along: after a declined
        try Square was seen to leave the order open, and its page with it. So the order decides.
        """
        if session.link is not None:
            self._try("DELETE", f"{_LINKS}/{session.link}")
        order = self._order(session.reference)
        held = [each["id"] for each in self._payments(order) if each["status"] == APPROVED]
        for payment in held:
            self._try("POST", f"{_PAYMENTS}/{payment}/cancel", {})
        order = self._order(session.reference) if held else order
        report = self._report(order)
        if report is None or report.fact is Fact.FAILED:
            order = self._cancelled(order)
            report = self._report(order)
        ended = report is not None and (report.fact is not Fact.FAILED or order["state"] == "CANCELED")
        return Closed(report) if report and ended else Unknown("the order can still be paid", told=True)

    def _cancelled(self, order: Fields) -> Fields:
        """The order once it was asked to be; as it stands where that was refused, since it was paid just now."""
        changed = {"location_id": order["location_id"], "version": order["version"], "state": "CANCELED"}
        self._try("PUT", f"{_ORDERS}/{order['id']}", {"order": changed})
        return self._order(order["id"])

    def _try(self, method: str, path: str, body: Fields | None = None) -> None:
        """Asks for what may be done already, or be too late. What has become of it is looked at afterwards."""
        try:
            self.api.call(method, path, body)
        except NoAnswer as missing:
            if not isinstance(missing.outcome, Rejected):
                raise

    def list_sessions(self, since: datetime, until: datetime) -> Iterator[SeenSession]:
        """Orders, and not links: of links Square neither lists a stretch of time nor tells what became of them."""
        cursor: str | None = None
        while True:
            found = answered(partial(self._search, since, until, cursor))
            if isinstance(found, Rejected | Unreachable | Unknown):
                raise unavailable("square", found)
            seen, cursor = found
            # Its ends are inclusive.
            yield from (each for each in seen if since <= each.created_at < until)
            if cursor is None:
                return

    def _search(self, since: datetime, until: datetime, cursor: str | None) -> tuple[list[SeenSession], str | None]:
        query = {
            "filter": {
                "date_time_filter": {"created_at": {"start_at": to_iso(since), "end_at": to_iso(until)}},
                "state_filter": {"states": ["OPEN", "COMPLETED", "CANCELED", "DRAFT"]},
            },
            "sort": {"sort_field": "CREATED_AT", "sort_order": "ASC"},
        }
        wanted: dict[str, Any] = {
            "location_ids": sorted(set(self.locations.values())),
            "query": query,
            "limit": _PAGE_OF_ORDERS,
        }
        answer = self.api.call("POST", f"{_ORDERS}/search", {**wanted, **({"cursor": cursor} if cursor else {})})
        seen = [seen_session(each, self._report_of_ours(each)) for each in answer.get("orders") or []]
        return seen, answer.get("cursor") or None

    def _report_of_ours(self, order: Fields) -> Report | None:
        """Orders of other systems are not read any further."""
        return self._report(order) if all(echo_of_order(order)) else None

    def owner_of(self, reference: str) -> PaymentKey | None:
        """The payment that an order or a payment at Square was made for; None for somebody else's. Raises
        `ProviderUnavailable`.
        """
        found = answered(lambda: self._owner_of(reference))
        if isinstance(found, Unreachable | Unknown):
            raise unavailable("square", found)
        return None if isinstance(found, Rejected) else found

    def _owner_of(self, reference: str) -> PaymentKey | None:
        order = reference
        try:
            payment = self.api.call("GET", f"{_PAYMENTS}/{reference}")["payment"]
        except NoAnswer as missing:
            if not isinstance(missing.outcome, Rejected):
                raise
        else:
            if echo := of_note(payment.get("note")):
                return PaymentKey(*echo)
            order = payment.get("order_id")
        tenant, payment_id = echo_of_order(self._order(order)) if order else (None, None)
        return PaymentKey(tenant, payment_id) if tenant and payment_id else None

    def _order(self, reference: str) -> Fields:
        order: Fields = self.api.call("GET", f"{_ORDERS}/{reference}")["order"]
        return order

    def _report(self, order: Fields) -> Report | None:
        return report_of_order(order, self._payments(order), self.clock.now())

    def _payments(self, order: Fields) -> list[Fields]:
        """Of each of its tenders, in their order."""
        return [self._payment(each) for each in order.get("tenders") or []]

    def _payment(self, tender: Fields) -> Fields:
        """Square is asked only about what the order does not tell."""
        told = payment_of_tender(tender)
        if told is not None:
            return told
        payment: Fields = self.api.call("GET", f"{_PAYMENTS}/{id_of_tender(tender)}")["payment"]
        return payment
