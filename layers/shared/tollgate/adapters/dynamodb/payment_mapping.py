"""Payment ↔ item."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.items import PaymentItem
from tollgate.adapters.dynamodb.store import Raw
from tollgate.kernel.clock import epoch, from_iso, from_milliseconds, to_iso, to_milliseconds
from tollgate.kernel.money import Money
from tollgate.payments.declines import DeclineClass
from tollgate.payments.deposits import Deposit, DepositKind
from tollgate.payments.disputes import Dispute, DisputeState
from tollgate.payments.lifecycle import State
from tollgate.payments.model import Capture, LineItem, Payment, Session
from tollgate.payments.refunds import Refund, RefundState
from tollgate.payments.tenders import Tender, TenderKind, TenderRefund, TenderState
from tollgate.payments.values import Billing, Period


def to_item(payment: Payment) -> PaymentItem:
    """The item of a payment, with the keys of its lists."""
    pk, sk = keys.payment(payment.tenant, payment.id)
    session = payment.session
    return PaymentItem(
        pk=pk,
        sk=sk,
        kind="payment",
        owner_key=keys.owner(payment.tenant, payment.owner),
        day_shard=keys.day_shard_of(payment),
        listed_at=keys.listed_at(payment.created_at, payment.id),
        amount=payment.amount.amount,
        currency=payment.amount.currency,
        items=_json([[line.code, line.name, line.quantity, line.unit.amount] for line in payment.items]),
        method=payment.method,
        provider=payment.provider,
        state=payment.state.value,
        version=payment.version,
        updated_at=to_milliseconds(payment.updated_at),
        fingerprint=payment.fingerprint,
        # Nothing is said of nothing: a condition on what remains refuses an absent attribute too.
        refundable=payment.refundable or None,
        consumer=payment.consumer,
        reference=payment.client_reference,
        session=session.reference if session else None,
        page_expires=to_milliseconds(session.expires_at) if session else None,
        page_link=session.link if session else None,
        captures=_captures_to_json(payment.captures),
        reason=payment.reason,
        review=payment.review,
        seller=payment.seller,
        fee=payment.fee or None,
        provider_fee=payment.provider_fee or None,
        route=payment.route,
        passed=" ".join(payment.passed) or None,
        refunds=_refunds_to_json(payment.refunds),
        disputes=_disputes_to_json(payment.disputes),
        reserve=payment.reserve or None,
        settled_at=to_milliseconds(payment.settled_at) if payment.settled_at else None,
        tenders=_tenders_to_json(payment.tenders),
        gift_card=payment.gift_card,
        direct=payment.direct or None,
        hold=payment.hold or None,
        decline=payment.decline,
        approved=payment.approved or None,
        refused_at=to_milliseconds(payment.refused_at) if payment.refused_at else None,
        parked=payment.parked or None,
        retry_of=payment.retry_of,
        billing=_billing_to_json(payment.billing),
        deposit=_deposit_to_json(payment.deposit),
        email=payment.email,
        due=keys.due_shard_of(pk) if payment.due_at else None,
        due_at=epoch(payment.due_at) if payment.due_at else None,
    )


def from_item(raw: Raw) -> Payment:
    """The payment of an item, as DynamoDB returns it."""
    text = {name: value["S"] for name, value in raw.items() if "S" in value}
    number = {name: int(value["N"]) for name, value in raw.items() if "N" in value}
    currency = text["currency"]
    _, tenant, payment_id = text["pk"].split("#", 2)
    return Payment(
        id=payment_id,
        tenant=tenant,
        owner=text["owner_key"].removeprefix(f"{tenant}#"),
        amount=Money(number["amount"], currency),
        items=tuple(
            LineItem(code, name, count, Money(unit, currency)) for code, name, count, unit in json.loads(text["items"])
        ),
        method=text["method"],
        provider=text["provider"],
        state=State(text["state"]),
        version=number["version"],
        created_at=from_iso(text["listed_at"].partition("#")[0]),
        updated_at=from_milliseconds(number["updated_at"]),
        fingerprint=text["fingerprint"],
        consumer=text.get("consumer"),
        client_reference=text.get("reference"),
        session=_session(text, number),
        captures=_captures_from_json(text.get("captures")),
        refundable=number.get("refundable", 0),
        reason=text.get("reason"),
        review=text.get("review"),
        seller=text.get("seller"),
        fee=number.get("fee", 0),
        provider_fee=number.get("provider_fee", 0),
        route=text.get("route"),
        passed=tuple(text.get("passed", "").split()),
        refunds=_refunds_from_json(text.get("refunds")),
        disputes=_disputes_from_json(text.get("disputes")),
        reserve=number.get("reserve", 0),
        settled_at=from_milliseconds(number["settled_at"]) if "settled_at" in number else None,
        tenders=_tenders_from_json(text.get("tenders")),
        gift_card=text.get("gift_card"),
        direct="direct" in raw,
        hold="hold" in raw,
        decline=DeclineClass(text["decline"]) if "decline" in text else None,
        approved=number.get("approved", 0),
        refused_at=from_milliseconds(number["refused_at"]) if "refused_at" in number else None,
        parked="parked" in raw,
        retry_of=text.get("retry_of"),
        billing=_billing_from_json(text.get("billing")),
        deposit=_deposit_from_json(text.get("deposit")),
        email=text.get("email"),
    )


def _session(text: dict[str, str], number: dict[str, int]) -> Session | None:
    if "session" not in text:
        return None
    return Session(text["session"], None, from_milliseconds(number["page_expires"]), text.get("page_link"))


def _captures_to_json(captures: tuple[Capture, ...]) -> str | None:
    if not captures:
        return None
    return _json(
        [[taken.reference, taken.amount.amount, taken.amount.currency, to_iso(taken.at)] for taken in captures]
    )


def _captures_from_json(text: str | None) -> tuple[Capture, ...]:
    if text is None:
        return ()
    return tuple(
        Capture(reference, Money(amount, currency), from_iso(at))
        for reference, amount, currency, at in json.loads(text)
    )


def _refunds_to_json(refunds: tuple[Refund, ...]) -> str | None:
    return _json([_row(each) for each in refunds]) if refunds else None


def _row(refund: Refund) -> list[Any]:
    """Its fields in their order, and nothing else: an item of a kilobyte holds several."""
    money = [refund.id, refund.amount, refund.state.value, refund.capture, to_milliseconds(refund.at), refund.fee]
    known = [*money, refund.reference, refund.reason, int(refund.settled), int(refund.held)]
    onto = [[each.tender, each.amount] for each in refund.tendered]
    return [*known, refund.tendered_fee, onto] if onto else known


def _refunds_from_json(text: str | None) -> tuple[Refund, ...]:
    return tuple(_refund(*row) for row in json.loads(text or "[]"))


def _refund(id_: str, amount: int, state: str, capture: str, at: int, fee: int, *more: Any) -> Refund:
    reference, reason, settled, held, *tendered = more
    known = Refund(id_, amount, RefundState(state), capture, from_milliseconds(at), fee, reference, reason)
    known = replace(known, settled=bool(settled), held=bool(held))
    if not tendered:
        return known
    of_fee, onto = tendered
    return replace(known, tendered_fee=of_fee, tendered=tuple(TenderRefund(*each) for each in onto))


def _tenders_to_json(tenders: tuple[Tender, ...]) -> str | None:
    rows = [[each.id, each.kind.value, each.account, each.amount, each.state.value] for each in tenders]
    return _json(rows) if rows else None


def _tenders_from_json(text: str | None) -> tuple[Tender, ...]:
    return tuple(
        Tender(id_, TenderKind(kind), account, amount, TenderState(state))
        for id_, kind, account, amount, state in json.loads(text or "[]")
    )


def _disputes_to_json(disputes: tuple[Dispute, ...]) -> str | None:
    if not disputes:
        return None
    return _json([_dispute_row(each) for each in disputes])


def _dispute_row(each: Dispute) -> list[Any]:
    known = [each.reference, each.amount, each.state.value, to_milliseconds(each.at), each.fee, int(each.settled)]
    return [*known, each.capture, int(each.held)]


def _disputes_from_json(text: str | None) -> tuple[Dispute, ...]:
    return tuple(_dispute(*row) for row in json.loads(text or "[]"))


def _dispute(reference: str, amount: int, state: str, at: int, fee: int, settled: int, *more: Any) -> Dispute:
    """Older ones do not say which capture is disputed."""
    capture, held = more or (None, 0)
    known = Dispute(reference, amount, DisputeState(state), from_milliseconds(at), fee, bool(settled))
    return replace(known, capture=capture, held=bool(held))


def _billing_to_json(billing: Billing | None) -> str | None:
    if billing is None:
        return None
    period = [to_milliseconds(billing.period.start), to_milliseconds(billing.period.end)] if billing.period else None
    return _json([billing.subscription, billing.invoice, period, billing.reference, billing.customer, billing.source])


def _billing_from_json(text: str | None) -> Billing | None:
    if text is None:
        return None
    subscription, invoice, period, *known = json.loads(text)
    return Billing(subscription, invoice, Period(*map(from_milliseconds, period)) if period else None, *known)


def _deposit_to_json(deposit: Deposit | None) -> str | None:
    if deposit is None:
        return None
    return _json([deposit.kind.value, deposit.id, deposit.shares, int(deposit.released), deposit.royalties])


def _deposit_from_json(text: str | None) -> Deposit | None:
    if text is None:
        return None
    kind, id_, shares, released, royalties = json.loads(text)
    return Deposit(DepositKind(kind), id_, tuple(shares), bool(released), royalties)


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
