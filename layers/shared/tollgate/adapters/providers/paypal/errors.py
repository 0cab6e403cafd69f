"""PayPal's refusals to the outcomes of a call, decided by `details[].issue`. Only what surely had no effect is
`Unreachable`; when in doubt it is `Unknown`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tollgate.checkout.ports import Rejected, Unknown, Unreachable
from tollgate.kernel.errors import TollgateError

# Whatever a field that is missing, or of another kind than it should be, leads to.
UNREADABLE = (AttributeError, IndexError, KeyError, TypeError, ValueError, OverflowError, TollgateError)
_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,63}")

# The buyer's try failed, or they have to agree anew: the page is still theirs.
DECLINES = frozenset(
    {
        "INSTRUMENT_DECLINED",
        "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING",
        "PAYER_CANNOT_PAY",
        "TRANSACTION_LIMIT_EXCEEDED",
        "TRANSACTION_REFUSED",
        "PAYER_ACCOUNT_LOCKED_OR_CLOSED",
        "PAYER_ACCOUNT_RESTRICTED",
        "PAYEE_BLOCKED_TRANSACTION",
        "TRANSACTION_BLOCKED_BY_PAYEE",
        "COMPLIANCE_VIOLATION",
        "REFERENCED_CARD_EXPIRED",
        "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED",
        "ORDER_NOT_APPROVED",
        "PAYER_ACTION_REQUIRED",
    }
)
# It was done before: what there is, is read.
DUPLICATES = frozenset({"ORDER_ALREADY_CAPTURED", "PREVIOUSLY_CAPTURED", "DUPLICATE_INVOICE_ID"})
_STILL_AT_IT = frozenset({"INTERNAL_SERVER_ERROR", "ORDER_COMPLETION_IN_PROGRESS"})
_CONFLICT = 409


def issue_of(body: Mapping[str, Any], status: int) -> str:
    """The code of a refusal; the texts beside it may quote what was sent."""
    details = body.get("details")
    first = details[0] if isinstance(details, list) and details and isinstance(details[0], Mapping) else {}
    for code in (first.get("issue"), body.get("name"), body.get("error")):
        if isinstance(code, str) and _CODE.fullmatch(code.upper()):
            return code.upper()
    return f"HTTP_{status}"


def is_gone(status: int) -> bool:
    """What has expired is not there any more."""
    return status == 404


def outcome_of(status: int, body: Mapping[str, Any]) -> Rejected | Unreachable | Unknown:
    """What is known after an answer that is no success."""
    issue = issue_of(body, status)
    if status in (401, 403):
        return Unreachable(issue, credentials_refused=True)
    if status == 429:
        return Unreachable(issue)
    if status >= 500 or status == _CONFLICT or issue in _STILL_AT_IT:
        # Whether a failure is kept under its request id is nowhere said.
        return Unknown(f"{issue} {status}", key_spent=status == 500)
    return Rejected(issue) if 400 <= status < 500 else Unknown(f"{issue} {status}")
