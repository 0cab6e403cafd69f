"""What Segpay's consumer support answers to a wish about a membership: always with 200, and a text."""

from __future__ import annotations

from enum import Enum

from tollgate.adapters.providers.segpay.errors import NO_CREDENTIALS, NoUse
from tollgate.checkout.ports import Rejected, Unknown


class Said(Enum):
    """What it says of itself."""

    DONE = "done"
    NOT_ACTIVE = "not active"  # it will not be charged any more


def reply_of(text: str) -> Said | NoUse:
    """The texts that are documented. Whatever else it says, it may have done it."""
    match text.lower().rstrip("."):
        case "successful":
            return Said.DONE
        case said if said.startswith("subscription not active"):
            return Said.NOT_ACTIVE
        case "invalid merchant":
            return NO_CREDENTIALS
        case "missing parameter":
            return Rejected("missing_parameter")
        case said if said.endswith("/merchantid mismatch"):
            return Rejected("merchant_mismatch")
    return Unknown("an answer that is not documented", told=True)
