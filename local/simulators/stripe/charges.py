"""Charges: one try to take money with an instrument, successful or not."""

from typing import Any

from local.simulators.stripe.balance_transactions import book_charge
from local.simulators.stripe.cards import Decline, TestCard, card_known_as
from local.simulators.stripe.errors import Body
from local.simulators.stripe.events import emit
from local.simulators.stripe.ids import new_id
from local.simulators.stripe.listing import page_of
from local.simulators.stripe.parameter_kinds import Metadata, Text
from local.simulators.stripe.parameters import EXPAND, PAGE, Group, Unsettable
from local.simulators.stripe.payment_methods import EXPIRY, card_of, fingerprint
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work

RETRIEVE = Group(EXPAND)
UPDATE = Group(
    {**EXPAND, "metadata": Metadata(merges=True), "description": Unsettable(Text())},
    unbuilt="customer fraud_details receipt_email shipping transfer_group",
)
LIST = Group({**PAGE, "customer": Text(), "payment_intent": Text(), "transfer_group": Text()})

AUTHORIZATION_SECONDS = 7 * 86_400


def retrieve(work: Work, ids: Body, _params: Body) -> Body:
    """`GET /v1/charges/{id}`."""
    return work.at_path("charge", ids["id"], "charge").body


def list_all(work: Work, _ids: Body, params: Body) -> Body:
    """`GET /v1/charges`, newest first."""
    names = ("customer", "payment_intent", "transfer_group")
    conditions = {f"json_extract(body, '$.{name}') = ?": params[name] for name in names if name in params}
    return page_of(work, "charge", "/v1/charges", params, conditions)


def update(work: Work, ids: Body, params: Body) -> Body:
    """`POST /v1/charges/{id}`: metadata and description."""
    charge = work.at_path("charge", ids["id"], "charge")
    previous = changed(charge, params)
    work.save(charge)
    if previous:
        emit(work, "charge.updated", charge, previous)
    return charge.body


def changed(record: Record, params: Body) -> Body:
    """Set the given fields on an object, merging metadata; returns what they were, for those that differ."""
    previous: Body = {}
    for name, value in params.items():
        if name == "expand":
            continue
        before = record.body[name]
        after = merged_metadata(before, value) if name == "metadata" else value
        if after != before:
            previous[name] = before
            record.body[name] = after
    return previous


def merged_metadata(before: Body, given: Body) -> Body:
    """Names given with an empty value go, the others are set; nothing given at all clears everything."""
    merged = {**before, **given} if given else {}
    return {name: value for name, value in merged.items() if value != ""}


def new_charge(work: Work, intent: Record, method: Record, *, status: str, decline: Decline | None = None) -> Record:
    """A charge of the intent's amount; not yet captured. `status` is succeeded, pending or failed."""
    card = card_of(method)
    copied = ("amount", "currency", "customer", "description", "metadata", "receipt_email", "shipping",
              "statement_descriptor", "statement_descriptor_suffix", "transfer_group")  # fmt: skip
    suffix = intent.body["statement_descriptor_suffix"]
    body: Body = {
        "id": new_id("py" if card.is_bank_debit else "ch"),
        "object": "charge",
        **{name: intent.body[name] for name in copied},
        **dict.fromkeys(NOT_APPLICABLE),
        "amount_captured": 0,
        "amount_refunded": 0,
        "billing_details": method.body["billing_details"],
        "calculated_statement_descriptor": f"SIMULATED* {suffix}" if suffix else "SIMULATED",
        "captured": False,
        "created": work.second,
        "disputed": False,
        "failure_code": decline.code if decline else None,
        "failure_message": decline.message if decline else None,
        "fraud_details": {},
        "livemode": False,
        "outcome": _outcome(decline, status),
        "paid": status == "succeeded",
        "payment_intent": intent.id,
        "payment_method": method.id,
        "payment_method_details": _details(work, intent, card),
        "radar_options": {},
        "receipt_url": f"{work.public_base}/receipts/{intent.id}" if status == "succeeded" else None,
        "refunded": False,
        "status": status,
    }
    return work.add("charge", body, {"card": card.number})


# Fields that no charge of this simulator fills when it is made.
NOT_APPLICABLE = (
    "application", "application_fee", "application_fee_amount", "balance_transaction", "failure_balance_transaction",
    "on_behalf_of", "receipt_number", "review", "source", "source_transfer", "transfer_data",
)  # fmt: skip


def _outcome(decline: Decline | None, status: str) -> Body | None:
    if status == "pending":
        return None
    outcome: dict[str, Any] = {
        "advice_code": decline.advice if decline else None,
        "network_advice_code": decline.network_advice if decline else None,
        "network_decline_code": decline.network_code if decline else None,
        "network_status": "approved_by_network",
        "reason": None,
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": "Payment complete.",
        "type": "authorized",
    }
    if decline is None:
        return outcome
    reason = decline.decline_code or decline.code
    if decline.blocked:
        blocked = {"network_status": "not_sent_to_network", "reason": "highest_risk_level", "type": "blocked"}
        return {**outcome, **blocked, "risk_level": "highest", "risk_score": 95, "seller_message": "Blocked."}
    declined = {"network_status": "declined_by_network", "reason": reason, "type": "issuer_declined"}
    return {**outcome, **declined, "seller_message": f"The issuer declined: {reason}."}


def _details(work: Work, intent: Record, card: TestCard) -> Body:
    if card.is_bank_debit:
        account = {
            "account_holder_type": "individual", "account_type": "checking", "bank_name": "STRIPE TEST BANK",
            "expected_debit_date": None, "fingerprint": fingerprint(card), "last4": card.last4, "mandate": None,
            "payment_reference": None, "routing_number": "110000000",
        }  # fmt: skip
        return {"type": "us_bank_account", "us_bank_account": account}
    manual = intent.body["capture_method"] == "manual"
    multicapture = "available" if intent.private.get("multicapture") else "unavailable"
    details: Body = {
        "amount_authorized": intent.body["amount"],
        "authorization_code": "123456",
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        **EXPIRY,
        "extended_authorization": {"status": "disabled"},
        "fingerprint": fingerprint(card),
        "funding": card.funding,
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "last4": card.last4,
        "mandate": None,
        "multicapture": {"status": multicapture},
        "network": card.brand,
        "network_token": {"used": False},
        "network_transaction_id": "104102978678771",
        "overcapture": {"maximum_amount_capturable": intent.body["amount"], "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": _three_d_secure(intent),
        "wallet": None,
    }
    if manual:
        details["capture_before"] = work.second + AUTHORIZATION_SECONDS
    return {"type": "card", "card": details}


def _three_d_secure(intent: Record) -> Body | None:
    if not intent.private.get("authenticated"):
        return None
    return {
        "authentication_flow": "challenge", "electronic_commerce_indicator": "05", "exemption_indicator": None,
        "result": "authenticated", "result_reason": None, "transaction_id": new_id("tds"), "version": "2.2.0",
    }  # fmt: skip


def capture(work: Work, charge: Record, amount: int, *, final: bool, at_once: bool) -> None:
    """Take `amount` of an authorised charge. What a final capture leaves is released, which is not a refund.

    A card that leads to a dispute does so right afterwards.
    """
    transaction = book_charge(work, charge, amount, at_once=at_once)
    charge.body["balance_transaction"] = transaction.id
    charge.body["amount_captured"] += amount
    charge.body["captured"] = charge.body["captured"] or final
    if final and card_known_as(charge.private["card"]).dispute:
        charge.due = work.now


def refundable(charge: Record) -> int:
    """How much of the captured money has not been refunded."""
    return int(charge.body["amount_captured"]) - int(charge.body["amount_refunded"])
