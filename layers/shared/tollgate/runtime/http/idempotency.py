"""The answer to an idempotent request, as HTTP."""

from __future__ import annotations

import json

from aws_lambda_powertools.event_handler import Response

from tollgate.kernel import idempotency
from tollgate.runtime.http.edge import Edge
from tollgate.runtime.http.errors import respond


def idempotent_response(edge: Edge, answer: idempotency.Response, counted: str = "CheckoutCreated") -> Response[str]:
    """The stored status and body; a stored refusal gets the time and path that every error has."""
    headers = replayed(answer.replayed)
    edge.count("IdempotentReplay" if answer.replayed else counted)
    if answer.status < 400:
        return respond(answer.status, answer.body, headers)
    return respond(answer.status, edge.error_of(json.loads(answer.body)), headers)


def replayed(again: bool) -> dict[str, str]:
    """The header that tells an answer from a repeated one."""
    return {"Idempotency-Replayed": "true"} if again else {}
