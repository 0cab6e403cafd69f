"""Lists in pages, newest first, and the expansion of ids into objects."""

from collections.abc import Mapping
from typing import Any

from local.simulators.stripe.current import current
from local.simulators.stripe.errors import Body, invalid, missing_resource
from local.simulators.stripe.work import Work

_COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_DEEPEST = 4
# Fields that hold an id which may be replaced by its object, or lead to such a field, for each kind of object; parts
# that are no objects of their own go by their path.
_EXPANDABLE = {
    "checkout.session": "customer invoice line_items payment_intent payment_link setup_intent subscription",
    "payment_intent": "customer latest_charge payment_method on_behalf_of review application",
    "charge": "balance_transaction customer failure_balance_transaction payment_intent refunds review source_transfer "
    "transfer",
    "refund": "balance_transaction charge failure_balance_transaction payment_intent payment_method "
    "source_transfer_reversal transfer_reversal",
    "dispute": "charge payment_intent",
    "transfer": "balance_transaction destination destination_payment source_transaction",
    "transfer_reversal": "balance_transaction destination_payment_refund source_refund transfer",
    "payout": "balance_transaction destination failure_balance_transaction original_payout reversed_by",
    "balance_transaction": "source",
    "payment_method": "customer",
    "item": "price",
    "price": "product",
    "product": "default_price",
    "customer": "default_source invoice_settings",
    "customer.invoice_settings": "default_payment_method",
    "setup_intent": "customer latest_attempt mandate payment_method",
    "subscription": "customer default_payment_method default_source items latest_invoice pending_setup_intent schedule",
    "subscription_item": "plan price",
    "plan": "product",
    "invoice": "confirmation_secret customer default_payment_method default_source lines parent payments",
    "invoice.parent": "subscription_details",
    "invoice.parent.subscription_details": "subscription",
    "line_item": "pricing subscription",
    "line_item.pricing": "price_details",
    "line_item.pricing.price_details": "price",
    "invoice_payment": "invoice payment",
    "invoice_payment.payment": "payment_intent",
    "invoiceitem": "customer invoice",
}


def list_body(url: str, data: list[Body], *, has_more: bool) -> Body:
    """A list object."""
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def page_of(work: Work, kind: str, url: str, params: Body, conditions: Mapping[str, Any]) -> Body:
    """One page of a kind's objects under the given SQL conditions and the paging parameters."""
    if "starting_after" in params and "ending_before" in params:
        raise invalid("Only one of starting_after and ending_before may be given.", param="ending_before")
    limit = params.get("limit", 10)
    where = {**conditions, **_created(params)}
    tail = f"ORDER BY seq DESC LIMIT {limit + 1}"
    if "starting_after" in params:
        where["seq < ?"] = _cursor(work, kind, params, "starting_after")
    if "ending_before" in params:
        where["seq > ?"] = _cursor(work, kind, params, "ending_before")
        tail = f"ORDER BY seq ASC LIMIT {limit + 1}"
    found = work.tx.select(kind, where, tail=tail)
    shown = found[:limit]
    if "ending_before" in params:
        shown.reverse()
    return list_body(url, [current(work, record) for record in shown], has_more=len(found) > limit)


def _created(params: Body) -> dict[str, int]:
    bounds = params.get("created", {})
    return {f"json_extract(body, '$.created') {_COMPARISONS[word]} ?": moment for word, moment in bounds.items()}


def _cursor(work: Work, kind: str, params: Body, param: str) -> int:
    record = work.tx.find(params[param], kind)
    if record is None:
        raise missing_resource(kind, params[param], param=param)
    return record.seq


def expanded(work: Work, body: Body, paths: list[str]) -> Body:
    """The body with the ids at the given paths replaced by objects; `data.` leads into the entries of a list."""
    for path in paths:
        parts = path.split(".")
        if len(parts) > _DEEPEST + (parts[0] == "data"):
            raise invalid(f"Expansion goes at most {_DEEPEST} levels deep ({path}).", param="expand")
        body = _expand(work, body, parts, path)
    return body


def _expand(work: Work, body: Body, parts: list[str], path: str, place: str = "") -> Body:
    if not parts:
        return body
    kind = body.get("object", place)
    if kind == "list" and parts[0] == "data":
        return {**body, "data": [_expand(work, entry, parts[1:], path) for entry in body["data"]]}
    name, *rest = parts
    if name not in _EXPANDABLE.get(kind, "").split():
        raise invalid(f"The property {name} of a {kind} cannot be expanded ({path}).", param="expand")
    value = body.get(name)
    if isinstance(value, str):
        # What an object of this account names may belong to another account, such as a transfer's payment.
        record = work.tx.everywhere().find(value)
        value = current(work, record) if record else value
    elif name not in body:
        value = _includable(work, body, name)
    return {**body, name: _expand(work, value, rest, path, f"{kind}.{name}") if isinstance(value, dict) else value}


def _includable(work: Work, body: Body, name: str) -> Body | None:
    record = work.tx.find(body["id"])
    if name == "line_items" and record:
        return list_body(f"/v1/checkout/sessions/{body['id']}/line_items", record.private["line_items"], has_more=False)
    if name == "payments":
        paid = work.tx.select("invoice_payment", {"json_extract(body, '$.invoice') = ?": body["id"]})
        return list_body("/v1/invoice_payments", [each.body for each in paid], has_more=False)
    if name == "confirmation_secret" and record:
        intent = work.tx.find(record.private.get("intent") or "", "payment_intent")
        return {"client_secret": intent.body["client_secret"], "type": "payment_intent"} if intent else None
    if name == "refunds":
        refunds = work.tx.select("refund", {"json_extract(body, '$.charge') = ?": body["id"]})
        return list_body(
            f"/v1/charges/{body['id']}/refunds", [r.body for r in refunds[:10]], has_more=len(refunds) > 10
        )
    return None
