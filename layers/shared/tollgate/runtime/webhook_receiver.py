"""Where providers knock. Nothing is parsed before it is proven, and nothing acknowledged before it is stored."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tollgate.adapters.providers.stripe.signature import SignatureInvalid
from tollgate.inbox.model import ProviderEvent
from tollgate.inbox.ports import InboxRepository
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import RetryableError
from tollgate.kernel.secrets import Secrets, valid_secrets
from tollgate.runtime.http.payload import raw_body
from tollgate.runtime.observability import flush

MAX_BODY_BYTES = 256 * 1024
_PREFIX = "/webhooks/"
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")

type Verify = Callable[[bytes, str | None, Sequence[str], float], None]


@dataclass(frozen=True, slots=True)
class Door:
    """How one provider signs. `event_object` is what the envelope must call itself, where it does."""

    signature_header: str
    verify: Verify
    event_object: str | None = None


class WebhookReceiver:
    """One path per provider. A provider without a signing secret has no door."""

    def __init__(
        self,
        *,
        inbox: InboxRepository,
        secrets: Secrets,
        doors: Mapping[str, Door],
        clock: Clock,
        logger: Logger,
        metrics: Metrics,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._inbox = inbox
        self._secrets = secrets
        self._doors = doors
        self._clock = clock
        self._logger = logger
        self._metrics = metrics
        self._wall = wall

    def receive(self, request: Mapping[str, Any], request_id: str) -> dict[str, Any]:
        """Answer a function URL request: 2xx once the event is stored, however often it comes."""
        self._logger.set_correlation_id(request_id)
        path = str(request.get("rawPath", ""))
        provider = path.removeprefix(_PREFIX) if path.startswith(_PREFIX) else ""
        status, word = self._answer(provider, request)
        self._metrics.add_metric(f"Webhook.{word}", MetricUnit.Count, 1)
        log = self._logger.info if status < 400 else self._logger.warning
        log("webhook", provider=provider if provider in self._doors else "unknown", status=status, word=word)
        flush(self._metrics)
        return _response(status, word)

    def _answer(self, provider: str, request: Mapping[str, Any]) -> tuple[int, str]:
        door = self._doors.get(provider)
        if door is None:
            return 404, "not_found"
        if request["requestContext"]["http"]["method"] != "POST":
            return 405, "method_not_allowed"
        payload = raw_body(request)
        if payload is None:
            return 400, "malformed"
        if len(payload) > MAX_BODY_BYTES:
            return 413, "too_large"
        try:
            return self._store(provider, door, request.get("headers") or {}, payload)
        except RetryableError:
            self._logger.exception("webhook not stored", provider=provider)
            return 503, "try_again"

    def _store(self, provider: str, door: Door, headers: Mapping[str, str], payload: bytes) -> tuple[int, str]:
        signing_secrets = valid_secrets(self._secrets.get(f"{provider}/webhook").get("signing_secrets"))
        if not signing_secrets:
            return 404, "disabled"
        try:
            door.verify(payload, headers.get(door.signature_header), signing_secrets, self._wall())
        except SignatureInvalid:
            return 400, "invalid_signature"
        named = _name(payload, door)
        if named is None:
            return 400, "malformed"
        event_id, type_ = named
        stored = self._inbox.accept(ProviderEvent(provider, event_id, type_, payload, self._clock.now()))
        return 200, "received" if stored else "duplicate"


def _name(payload: bytes, door: Door) -> tuple[str, str] | None:
    """Id and type of a proven event; None for what is no event of this provider."""
    try:
        envelope = json.loads(payload)
        event_id, type_ = envelope["id"], envelope["type"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    named = all(isinstance(name, str) and _NAME.fullmatch(name) for name in (event_id, type_))
    fits = door.event_object is None or envelope.get("object") == door.event_object
    return (event_id, type_) if named and fits else None


def _response(status: int, word: str) -> dict[str, Any]:
    body = (
        {"received": True, "duplicate": word == "duplicate"}
        if status == 200
        else {"error": word.replace("_", " "), "code": word.upper()}
    )
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}
