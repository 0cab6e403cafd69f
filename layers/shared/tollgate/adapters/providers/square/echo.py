"""Our own words where Square has only notes for them: on a payment, and as the reason of a refund."""

from __future__ import annotations

import re

# A tenant is up to 64 characters, our ids are 30: far below the 500 of a note, and the 192 of a reason.
_NOTE = re.compile(r"tollgate:(.{1,128}):(pay_[0-9a-z]{26})")
# Of what is only to be set aside: Square says in the same words of what it is about to take that it is authorised.
_HOLD = re.compile(rf"{_NOTE.pattern}:hold")
_REASON = re.compile(rf"{_NOTE.pattern}:(ref_[0-9a-z]{{26}})")


def note(tenant: str, payment_id: str) -> str:
    """Put on the link; Square adds it to the payment that comes of it."""
    return f"tollgate:{tenant}:{payment_id}"


def note_of_hold(tenant: str, payment_id: str) -> str:
    """The same of what is taken only once we say so."""
    return f"{note(tenant, payment_id)}:hold"


def reason(tenant: str, payment_id: str, refund_id: str) -> str:
    """Why a refund is made."""
    return f"{note(tenant, payment_id)}:{refund_id}"


def of_note(text: object) -> tuple[str, str] | None:
    """Tenant and payment; None for a note that somebody else wrote."""
    found = (_NOTE.fullmatch(text) or _HOLD.fullmatch(text)) if isinstance(text, str) else None
    return (found[1], found[2]) if found else None


def is_of_hold(text: object) -> bool:
    """Whether that is the note of a hold."""
    return isinstance(text, str) and _HOLD.fullmatch(text) is not None


def of_reason(text: object) -> tuple[str, str, str] | None:
    """Tenant, payment and refund; None for a reason that somebody else wrote."""
    found = _REASON.fullmatch(text) if isinstance(text, str) else None
    return (found[1], found[2], found[3]) if found else None
