"""What each operation may answer: by status, the shape, the codes and the headers."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from contract.operations import Key, Operation, Who
from contract.refusals import codes
from tollgate.runtime.http.errors import JSON

PLAIN = "text/plain"
_RETRY_AFTER = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}


def responses(operation: Operation) -> dict[str, Any]:
    """Answers, then refusals."""
    told = {str(status): _answer(operation, status) for status in (*operation.answers, *operation.plain)}
    if operation.who is not Who.PROVIDERS:
        told |= {str(status): _shared(_named(status, listed)) for status, listed in codes(operation).items()}
        told.setdefault("429", _shared("Throttled"))
    return dict(sorted(told.items()))


def shared_responses(operations: Iterable[Operation]) -> dict[str, Any]:
    """Every refusal, by its status and codes: many operations have it in common."""
    refusals = {_named(*each): _refusal(*each) for operation in operations for each in codes(operation).items()}
    throttled = {
        "description": "More requests than this route, or the account, takes.",
        "content": {JSON: {"schema": {"$ref": "#/components/schemas/Throttled"}}},
    }
    return {**dict(sorted(refusals.items())), "Throttled": throttled}


def _shared(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/responses/{name}"}


def _named(status: int, listed: tuple[str, ...]) -> str:
    return ".".join((str(status), *listed))


def _answer(operation: Operation, status: int) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if status in operation.answers:
        content[JSON] = {"schema": {"$ref": f"#/components/schemas/{operation.answers[status].__name__}"}}
    if status in operation.plain:
        content[PLAIN] = {"schema": {"type": "string"}}
    told: dict[str, Any] = {"description": HTTPStatus(status).phrase, "content": content}
    if operation.key is not Key.NONE and status < 400:
        told["headers"] = _headers(operation)
    return told


def _headers(operation: Operation) -> dict[str, Any]:
    replayed = {"Idempotency-Replayed": {"$ref": "#/components/headers/IdempotencyReplayed"}}
    key = {"Idempotency-Key": {"$ref": "#/components/headers/IdempotencyKey"}}
    return replayed | (key if operation.key in (Key.MADE, Key.HEADER_OR_BODY) else {})


def _refusal(status: int, listed: tuple[str, ...]) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "allOf": [{"$ref": "#/components/schemas/Error"}, {"properties": {"code": {"enum": list(listed)}}}]
    }
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        # A function's own, or API Gateway's before any function is asked.
        shape = {"anyOf": [shape, {"$ref": "#/components/schemas/Throttled"}]}
    told: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {JSON: {"schema": shape}},
    }
    return told | ({"headers": _RETRY_AFTER} if status in (409, 429, 502, 503) else {})


def shared_headers() -> dict[str, Any]:
    return {
        "IdempotencyKey": {"description": "The key that was sent, or made.", "schema": {"type": "string"}},
        "IdempotencyReplayed": {
            "description": "The answer was given before.",
            "schema": {"type": "string", "enum": ["true"]},
        },
        "RetryAfter": {
            "description": "Seconds after which the same request is worth another try.",
            "schema": {"type": "integer", "minimum": 1},
        },
    }
