# a repair reaches into the engine's modules
"""SES: what was sent stays sent.

Engine: sent mails are in memory only, and gone after a restart; at level INFO its log names every recipient.
AWS: a mail that was accepted is on its way.
Here: the last mails are part of the engine's snapshot, and no log has an address.
"""

from __future__ import annotations

import copy
import logging
from importlib import import_module
from typing import Any

_KEPT = 200
_NAME = "_sent_emails"


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
