"""Where providers tell what happened, at an address of its own."""

from __future__ import annotations

from typing import Literal

from contract.operations import Operation, Parameter, Who
from contract.shapes import Answer


class Received(Answer):
    """The event is stored, now or before."""

    received: Literal[True]
    duplicate: bool


class WebhookRefused(Answer):
    """Nothing was stored."""

    error: str
    code: Literal[
        "NOT_FOUND", "DISABLED", "METHOD_NOT_ALLOWED", "MALFORMED", "INVALID_SIGNATURE", "TOO_LARGE", "TRY_AGAIN"
    ]


_POSTING = ["mock", "paypal", "segpay", "square", "stripe"]
_REFUSED = dict.fromkeys((400, 404, 405, 413, 503), WebhookRefused)

OPERATIONS = (
    Operation(
        "POST /webhooks/{provider}",
        "receiveWebhook",
        "Webhooks",
        "Take in an event of a provider",
        {200: Received, **_REFUSED},
        "The provider signs the bytes as it always does, or calls with a password. An event is answered with 200 once "
        "it is stored, however often it comes: Segpay's with the text that it expects. A provider without a secret has "
        "no door: 404.",
        who=Who.PROVIDERS,
        path=(Parameter("provider", "Who tells.", {"type": "string", "enum": _POSTING}),),
        plain=(200,),
    ),
    Operation(
        "GET /webhooks/{provider}",
        "receivePostback",
        "Webhooks",
        "Take in an event of a provider that tells it in the address",
        _REFUSED,
        "As with POST.",
        who=Who.PROVIDERS,
        path=(Parameter("provider", "Who tells.", {"type": "string", "enum": ["segpay"]}),),
        plain=(200,),
    ),
)
