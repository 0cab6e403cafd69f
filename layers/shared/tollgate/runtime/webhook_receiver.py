"""Where providers knock. Nothing is parsed before it is proven, and nothing acknowledged before it is stored."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tollgate.inbox.doors import Door, Knock, SignatureInvalid, Thanks
from tollgate.inbox.model import ProviderEvent
from tollgate.inbox.ports import InboxRepository
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import RetryableError
from tollgate.kernel.secrets import Secrets
from tollgate.runtime.http.payload import raw_body
from tollgate.runtime.observability import flush

MAX_BODY_BYTES = 256 * 1024
_PREFIX = "/webhooks/"


@dataclass(frozen=True, slots=True)
class _Answer:
    """`word` says for metrics and logs what became of it."""

    status: int
    word: str
    told: Thanks

    def response(self) -> dict[str, Any]:
        return {
            "statusCode": self.status,
            "headers": {"Content-Type": self.told.content_type},
            "body": self.told.body,
        }


class WebhookReceiver:
    """One path per provider. A provider without a signing secret has no door, which is told as a mistake of those that
    are `awaited`.
    """

    def __init__(
        self,
        *,
        inbox: InboxRepository,
        secrets: Secrets,
        doors: Mapping[str, Door],
        awaited: frozenset[str],
        clock: Clock,
        logger: Logger,
        metrics: Metrics,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._inbox = inbox
        self._secrets = secrets
        self._doors = doors
        self._awaited = awaited
        self._clock = clock
        self._logger = logger
        self._metrics = metrics
        self._wall = wall

    def receive(self, request: Mapping[str, Any], request_id: str) -> dict[str, Any]:
        """Answer a function URL request: 2xx once the event is stored, however often it comes."""
        self._logger.set_correlation_id(request_id)
        path = str(request.get("rawPath", ""))
        provider = path.removeprefix(_PREFIX) if path.startswith(_PREFIX) else ""
        answer = self._answer(provider, request)
        self._metrics.add_metric(f"Webhook.{answer.word}", MetricUnit.Count, 1)
        log = self._logger.info if answer.status < 400 else self._logger.warning
        known = provider if provider in self._doors else "unknown"
        log("webhook", provider=known, status=answer.status, word=answer.word)
        flush(self._metrics)
        return answer.response()

    def _answer(self, provider: str, request: Mapping[str, Any]) -> _Answer:
        door = self._doors.get(provider)
        if door is None:
            return _refused(404, "not_found")
        if request["requestContext"]["http"]["method"] not in door.methods:
            return _refused(405, "method_not_allowed")
        payload = raw_body(request)
        if payload is None:
            return _refused(400, "malformed")
        if len(payload) + len(request.get("rawQueryString") or "") > MAX_BODY_BYTES:
            return _refused(413, "too_large")
        try:
            return self._store(provider, door, self._knock(request, payload))
        except RetryableError:
            self._logger.exception("webhook not stored", provider=provider)
            return _refused(503, "try_again")

    def _knock(self, request: Mapping[str, Any], payload: bytes) -> Knock:
        called = request["requestContext"]["http"]
        headers = {name.lower(): value for name, value in (request.get("headers") or {}).items()}
        query = request.get("rawQueryString") or ""
        return Knock(called["method"], query, headers, payload, called.get("sourceIp", ""), self._wall())

    def _store(self, provider: str, door: Door, knock: Knock) -> _Answer:
        secret = self._secrets.get(f"{provider}/webhook")
        if not door.is_open(secret):
            return _refused(404, "disabled" if provider in self._awaited else "not_found")
        try:
            door.prove(knock, secret)
        except SignatureInvalid:
            return _refused(400, "invalid_signature")
        event = door.name(knock)
        if event is None:
            return _refused(400, "malformed")
        told = ProviderEvent(provider, event.id, event.type, event.payload, self._clock.now())
        duplicate = not self._inbox.accept(told)
        return _taken(door.thanks(duplicate=duplicate), "duplicate" if duplicate else "received")


def _taken(thanks: Thanks, word: str) -> _Answer:
    return _Answer(200, word, thanks)


def _refused(status: int, word: str) -> _Answer:
    body = json.dumps({"error": word.replace("_", " "), "code": word.upper()})
    return _Answer(status, word, Thanks("application/json", body))
