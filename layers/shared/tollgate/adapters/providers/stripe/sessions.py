"""What a session in its present state says about its payment, whichever it sells."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tollgate.adapters.providers.stripe.invoices import first_capture, intent_of
from tollgate.adapters.providers.stripe.transformers import report_of_session
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Report


def sells_a_plan(session: Mapping[str, Any]) -> bool:
    return session.get("mode") == "subscription"


def report_of(session: Mapping[str, Any], at: datetime) -> Report:
    """With its invoice expanded, where it sells a plan: that is what pays it. Until then it is on its way."""
    if not sells_a_plan(session) or session["status"] == "expired":
        return report_of_session(session, at)
    invoice = session.get("invoice")
    if not isinstance(invoice, Mapping) or invoice["status"] != "paid":
        return Report(Fact.PROCESSING, at, about=session["id"])
    capture, billing = first_capture(invoice, intent_of(invoice), at)
    return Report(Fact.CAPTURED, at, capture=capture, billing=billing)
