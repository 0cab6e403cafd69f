"""How a dispute looks."""

from local.simulators.stripe.errors import Body
from local.simulators.stripe.ids import new_id
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work

REASONS = tuple(
    """
    bank_cannot_process check_returned credit_not_processed customer_initiated debit_not_authorized duplicate fraudulent
    general incorrect_account_details insufficient_funds noncompliant product_not_received product_unacceptable
    subscription_canceled unrecognized
    """.split()
)
TEXT_EVIDENCE = tuple(
    """
    access_activity_log billing_address cancellation_policy_disclosure cancellation_rebuttal customer_email_address
    customer_name customer_purchase_ip duplicate_charge_explanation duplicate_charge_id product_description
    refund_policy_disclosure refund_refusal_explanation service_date shipping_address shipping_carrier shipping_date
    shipping_tracking_number uncategorized_text
    """.split()
)
FILE_EVIDENCE = tuple(
    """
    cancellation_policy customer_communication customer_signature duplicate_charge_documentation receipt refund_policy
    service_documentation shipping_documentation uncategorized_file
    """.split()
)

_DAY = 86_400
_DAYS_TO_ANSWER = 9
# Visa's codes for the reasons that have one.
_NETWORK_CODES = {
    "credit_not_processed": "13.7", "duplicate": "12.6.1", "fraudulent": "10.4", "product_not_received": "13.1",
    "product_unacceptable": "13.3", "subscription_canceled": "13.2",
}  # fmt: skip


def dispute_body(work: Work, charge: Record, amount: int, reason: str, *, inquiry: bool) -> Body:
    """A dispute that waits for an answer, before any money has moved."""
    code = _NETWORK_CODES.get(reason)
    if code and inquiry:
        code = code.partition(".")[0]
    return {
        "id": new_id("du"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge.id,
        "created": work.second,
        "currency": charge.body["currency"],
        "enhanced_eligibility_types": [],
        "evidence": _evidence(charge),
        "evidence_details": _details(work),
        "intended_submission_method": None,
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "network_reason_code": code,
        "payment_intent": charge.body["payment_intent"],
        "payment_method_details": _instrument(charge, code, inquiry=inquiry),
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }


def _evidence(charge: Record) -> Body:
    payer = charge.body["billing_details"]
    known = {"customer_email_address": payer["email"], "customer_name": payer["name"]}
    return {**dict.fromkeys(TEXT_EVIDENCE + FILE_EVIDENCE), **known, "enhanced_evidence": {}}


def _details(work: Work) -> Body:
    """Evidence is due by the last second (UTC) of the ninth day."""
    return {
        "due_by": (work.second // _DAY + _DAYS_TO_ANSWER + 1) * _DAY - 1,
        "enhanced_eligibility": {},
        "has_evidence": False,
        "past_due": False,
        "submission_count": 0,
        "submission_method": "not_submitted",
    }


def _instrument(charge: Record, code: str | None, *, inquiry: bool) -> Body | None:
    card = charge.body["payment_method_details"].get("card")
    if card is None:
        return None
    kind = "inquiry" if inquiry else "chargeback"
    return {
        "type": "card",
        "card": {"brand": card["brand"], "case_type": kind, "network": card["network"], "network_reason_code": code},
    }
