"""Payouts as callers see them; amounts are minor units."""

from __future__ import annotations

import json

from tollgate.kernel.clock import to_iso
from tollgate.kernel.idempotency import Response
from tollgate.payouts.model import Payout, PayoutState


def present(payout: Payout) -> dict[str, object]:
    """A payout in a list or alone."""
    return {
        "id": payout.id,
        "venueId": payout.seller,
        "amount": payout.amount,
        "fee": payout.fee,
        "net": payout.net,
        "currency": payout.currency,
        "type": _type(payout),
        "status": payout.state.value,
        "reason": payout.reason,
        "reference": payout.reference,
        "createdAt": to_iso(payout.created_at),
        "updatedAt": to_iso(payout.updated_at),
    }


def respond(payout: Payout) -> Response:
    """The answer to a request for a payout; one that was refused is an error."""
    if payout.state is PayoutState.FAILED:
        refusal = {"error": "the payment provider refused this payout; the money goes back", "code": "PAYOUT_FAILED"}
        return Response(502, json.dumps(refusal, separators=(",", ":")))
    body = {
        "success": True,
        "message": "Payout initiated",
        "payoutId": payout.id,
        "amount": payout.amount,
        "fee": payout.fee,
        "net": payout.net,
        "currency": payout.currency,
        "type": _type(payout),
        "estimatedArrival": "30 minutes" if payout.instant else "1-2 business days",
        "status": payout.state.value,
    }
    return Response(200, json.dumps(body, separators=(",", ":")))


def _type(payout: Payout) -> str:
    return "instant" if payout.instant else "standard"
