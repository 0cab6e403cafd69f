"""Stripe over its official SDK: pinned API version, explicit timeouts, our own idempotency keys, no retries of its
own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, cast

import stripe

from tollgate.adapters.providers.stripe import sessions, transformers
from tollgate.adapters.providers.stripe.errors import SecretsUnread, outcome_of
from tollgate.adapters.providers.stripe.invoices import owner_of, reference
from tollgate.adapters.providers.stripe.transport import Transport
from tollgate.checkout.ports import (
    CheckoutProvider,
    CheckoutRequest,
    Closed,
    CloseOutcome,
    LookOutcome,
    Opened,
    OpenOutcome,
    Recovery,
    Replay,
    SeenSession,
    StillOpen,
    Unknown,
    Unreachable,
    unavailable,
)
from tollgate.kernel.clock import Clock, epoch
from tollgate.kernel.errors import StoreUnavailable
from tollgate.kernel.secrets import Secrets
from tollgate.payments.model import Payment, Session
from tollgate.payments.ports import PaymentKey
from tollgate.routing.router import Offer

API_VERSION = "2026-10-28.endive"
# Two calls of a request fit into the function's 28 seconds, with room for the transactions.
CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS = 2.0, 10.0
_SESSIONS = "/v1/checkout/sessions"

# It would tell Stripe how long each call took, and name this machine by an id that it writes into the home folder.
stripe.enable_telemetry = False


class StripeProvider(CheckoutProvider):
    """Hosted checkout on Stripe. `api_base` is empty for the official address."""

    def __init__(self, secrets: Secrets, clock: Clock, *, enabled: bool, api_base: str = "") -> None:
        self._secrets = secrets
        self.clock = clock
        self._enabled = enabled
        self._api_base = api_base
        self._clients: dict[str, stripe.StripeClient] = {}

    @property
    def offer(self) -> Offer:
        return Offer("stripe", frozenset({"card"}), enabled=self._enabled, recurring=True)

    @property
    def recovery(self) -> Recovery:
        # Stripe keeps keys "at least 24 hours"; an hour is left for clocks that disagree.
        return Replay(timedelta(hours=23))

    def parameters(self, payment: Payment, request: CheckoutRequest) -> str:
        return transformers.session_parameters(payment, request)

    def open(self, parameters: str, key: str) -> OpenOutcome:
        try:
            client = self.client()
            if client is None:
                return Unreachable("no credentials", credentials_refused=True)
            # Raw: turning the answer into the SDK's objects takes longer than the call itself.
            answer = client.raw_request("post", _SESSIONS, idempotency_key=key, **json.loads(parameters))
        except stripe.StripeError as error:
            return outcome_of(error)
        return Opened(transformers.session_of(answer.data))

    def look(self, session: Session) -> LookOutcome:
        try:
            client = self.client()
            if client is None:
                return Unreachable("no credentials", credentials_refused=True)
            found = _retrieve(client, session)
        except stripe.StripeError as error:
            return outcome_of(error)
        if found["status"] == "open":
            return StillOpen()
        return Closed(sessions.report_of(found, self.clock.now()))

    def list_sessions(self, since: datetime, until: datetime) -> Iterator[SeenSession]:
        try:
            client = self.client()
            if client is None:
                raise unavailable("stripe", Unreachable("no credentials", credentials_refused=True))
            first, last = epoch(since), epoch(until)
            listed = client.v1.checkout.sessions.list({"created": {"gte": first, "lt": last}, "limit": 100})
            for session in listed.auto_paging_iter():
                yield self._seen(client, _plain(session))
        except stripe.StripeError as error:
            raise unavailable("stripe", outcome_of(error)) from error

    def close(self, session: Session) -> CloseOutcome:
        try:
            client = self.client()
            if client is None:
                return Unreachable("no credentials", credentials_refused=True)
            ended = self._end(client, session)
        except stripe.StripeError as error:
            return outcome_of(error)
        if ended["status"] == "open":
            return Unknown("the session is still open", told=True)
        return Closed(sessions.report_of(ended, self.clock.now()))

    def owner_of(self, intent: str) -> PaymentKey | None:
        """The payment that an intent was made for; None for somebody else's. That of an invoice may not be here yet.
        Raises `ProviderUnavailable`.
        """
        try:
            client = self.client()
            if client is None:
                raise unavailable("stripe", Unreachable("no credentials", credentials_refused=True))
            echo = _plain(client.v1.payment_intents.retrieve(intent)).get("metadata") or {}
            if transformers.TENANT not in echo or transformers.PAYMENT not in echo:
                return _owner_by_invoice(client, intent)
        except stripe.InvalidRequestError:
            return None
        except stripe.StripeError as error:
            raise unavailable("stripe", outcome_of(error)) from error
        return PaymentKey(echo[transformers.TENANT], echo[transformers.PAYMENT])

    def _seen(self, client: stripe.StripeClient, session: Mapping[str, Any]) -> SeenSession:
        """A list does not show the invoice that pays a plan."""
        if not transformers.has_ended(session):
            return transformers.seen_session(session, None)
        whole = _retrieve(client, transformers.session_of(session)) if sessions.sells_a_plan(session) else session
        return transformers.seen_session(session, sessions.report_of(whole, self.clock.now()))

    def _end(self, client: stripe.StripeClient, session: Session) -> Mapping[str, Any]:
        """The session once it cannot be paid any more. Stripe refuses to expire one that is complete or expired
        already.
        """
        try:
            return _plain(client.v1.checkout.sessions.expire(session.reference))
        except stripe.InvalidRequestError:
            return _retrieve(client, session)

    def client(self) -> stripe.StripeClient | None:
        """The SDK's client with the key of the moment; None without one. Raises `SecretsUnread`."""
        try:
            secret = self._secrets.get("stripe/api")
        except StoreUnavailable as error:
            raise SecretsUnread from error
        key = str(secret.get("secret_key", "")).strip()
        if not key:
            return None
        if key not in self._clients:
            http = Transport(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS)
            addresses = {"api": self._api_base} if self._api_base else None
            self._clients = {
                key: stripe.StripeClient(
                    key,
                    http_client=http,
                    max_network_retries=0,
                    stripe_version=API_VERSION,
                    base_addresses=cast(Any, addresses),
                )
            }
        return self._clients[key]


def _retrieve(client: stripe.StripeClient, session: Session) -> Mapping[str, Any]:
    """With its intent: only that tells whether a payment that takes days is still on its way. And with the invoice that
    pays the first period of a plan.
    """
    expand = ["payment_intent", "invoice.payments", "subscription"]
    return _plain(client.v1.checkout.sessions.retrieve(session.reference, {"expand": expand}))


def _owner_by_invoice(client: stripe.StripeClient, intent: str) -> PaymentKey | None:
    """Stripe charges subscriptions with intents that carry nothing of ours; their invoices do."""
    asked = {"payment": {"type": "payment_intent", "payment_intent": intent}, "limit": 1}
    rows = client.raw_request("get", "/v1/invoice_payments", **asked).data["data"]
    if not rows:
        return None
    return owner_of(client.raw_request("get", f"/v1/invoices/{reference(rows[0]['invoice'])}").data)


def _plain(answer: stripe.StripeObject) -> Mapping[str, Any]:
    """The response as a dictionary, so that no code of ours depends on the SDK's objects."""
    return cast(Mapping[str, Any], answer.to_dict())
