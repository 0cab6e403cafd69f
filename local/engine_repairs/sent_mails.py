# a repair reaches into the engine's modules
"""SES: what was sent stays sent, and who sends needs the right to the sender.

Engine: sent mails are in memory only, and gone after a restart; at level INFO its log names every recipient. With
AUTH=true, a right to one identity is not enough to send from it.
AWS: a mail that was accepted is on its way; sending is judged by the identity of the sender.
Here: the last mails are part of the engine's snapshot, and no log has an address.
"""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any

_KEPT = 200
_NAME = "_sent_emails"
_SENDING = ("POST", "/v2/email/outbound-emails")

type ResourceOf = Callable[[str, str, bytes, str, str], str]


def install() -> None:
    """Keep sent mails with the rest of what SES knows."""
    service: Any = import_module("ministack.services.ses")
    get_state, load = service.get_state, service.load_persisted_state

    def state_with_mails() -> dict[str, Any]:
        for entries in service._sent_emails.all_values():
            del entries[:-_KEPT]
        return dict(get_state()) | {_NAME: copy.deepcopy(service._sent_emails)}

    def load_with_mails(state: dict[str, Any]) -> None:
        load(state)
        if _NAME in state:
            service._sent_emails.update(state[_NAME])

    service.get_state, service.load_persisted_state = state_with_mails, load_with_mails
    for name in ("ses", "ses-v2"):
        logging.getLogger(name).setLevel(logging.WARNING)
    actions: Any = import_module("ministack.core.iam_actions")
    actions._ses_v2_resource_arn = naming_the_sender(actions._ses_v2_resource_arn)


def naming_the_sender(resource_of: ResourceOf) -> ResourceOf:
    """What a request needs a right to; for a mail, the sender's address."""

    def resource(method: str, path: str, body: bytes, region: str, account: str) -> str:
        if (method, path) != _SENDING:
            return resource_of(method, path, body, region, account)
        return f"arn:aws:ses:{region}:{account}:identity/{json.loads(body).get('FromEmailAddress', '')}"

    return resource
