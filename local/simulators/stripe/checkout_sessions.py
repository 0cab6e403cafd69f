"""`/v1/checkout/sessions`."""

from local.simulators.stripe import checkout_payment
from local.simulators.stripe.charges import changed
from local.simulators.stripe.checkout_rules import check, check_rhythm, one_currency
from local.simulators.stripe.checkout_shapes import line_item, session_body
from local.simulators.stripe.checkout_subscription import trial_end_of
from local.simulators.stripe.currencies import check_amount
from local.simulators.stripe.errors import Body, invalid
from local.simulators.stripe.listing import list_body, page_of
from local.simulators.stripe.setup_intents import new_setup_intent
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work

_SHORTEST = 30 * 60
_LONGEST = 24 * 3600


def create(work: Work, _ids: Body, params: Body) -> Body:
    """`POST /v1/checkout/sessions`: a payment, a subscription or a card to be saved, on the hosted page."""
    mode = params["mode"]
    check(work, params)
    expires_at = _expiry(work, params)
    items = [line_item(work, index, item) for index, item in enumerate(params.get("line_items", []))]
    check_rhythm(mode, items)
    data = params.get("subscription_data", {})
    currency, total = (params.get("currency"), None) if mode == "setup" else _price(items)
    if trial_end_of(work, data):
        total = 0
    body = session_body(work, params, currency, total, expires_at)
    private = {"line_items": items, "intent_data": params.get("payment_intent_data", {}), "intent": None,
               "subscription_data": data}  # fmt: skip
    session = work.add("checkout.session", body, private, due=expires_at)
    if mode == "setup":
        _begin_setup(work, session, params)
    return session.body


def _price(items: list[Body]) -> tuple[str, int]:
    currency, total = one_currency(items), sum(item["amount_total"] for item in items)
    check_amount(total, currency, param="line_items")
    return currency, total


def _begin_setup(work: Work, session: Record, params: Body) -> None:
    fields = {"customer": params.get("customer"), **params.get("setup_intent_data", {})}
    intent = new_setup_intent(work, session.id, fields)
    session.body["setup_intent"] = session.private["intent"] = intent.id
    work.save(session)


def _expiry(work: Work, params: Body) -> int:
    expires_at = int(params.get("expires_at", work.second + _LONGEST))
    if not _SHORTEST <= expires_at - work.second <= _LONGEST:
        raise invalid("expires_at must be between 30 minutes and 24 hours from now.", param="expires_at")
    return expires_at


def retrieve(work: Work, ids: Body, _params: Body) -> Body:
    """`GET /v1/checkout/sessions/{id}`."""
    return work.at_path("checkout.session", ids["id"], "session").body


def update(work: Work, ids: Body, params: Body) -> Body:
    """`POST /v1/checkout/sessions/{id}`: metadata."""
    session = work.at_path("checkout.session", ids["id"], "session")
    changed(session, params)
    work.save(session)
    return session.body


def expire(work: Work, ids: Body, _params: Body) -> Body:
    """`POST /v1/checkout/sessions/{id}/expire`: only an open session."""
    session = work.at_path("checkout.session", ids["id"], "session")
    if session.body["status"] != "open":
        message = f"Only an open session can be expired; this one has the status {session.body['status']}."
        raise invalid(message, executed=True)
    checkout_payment.expire(work, session)
    return session.body


def line_items(work: Work, ids: Body, params: Body) -> Body:
    """`GET /v1/checkout/sessions/{id}/line_items`, in the order they were given."""
    session = work.at_path("checkout.session", ids["id"], "session")
    items: list[Body] = session.private["line_items"]
    places = {item["id"]: place for place, item in enumerate(items)}
    for param in ("starting_after", "ending_before"):
        if param in params and params[param] not in places:
            raise invalid(f"There is no line item with the id '{params[param]}'.", param=param, code="resource_missing")
    limit = params.get("limit", 10)
    stop = places[params["ending_before"]] if "ending_before" in params else len(items)
    start = places[params["starting_after"]] + 1 if "starting_after" in params else 0
    if "ending_before" in params:
        shown, more = items[max(0, stop - limit) : stop], stop > limit
    else:
        shown, more = items[start : start + limit], start + limit < len(items)
    return list_body(f"/v1/checkout/sessions/{session.id}/line_items", shown, has_more=more)


def list_all(work: Work, _ids: Body, params: Body) -> Body:
    """`GET /v1/checkout/sessions`, newest first. An intent finds its session even before it is paid."""
    names = ("customer", "status", "subscription")
    conditions = {f"json_extract(body, '$.{name}') = ?": params[name] for name in names if name in params}
    if "payment_intent" in params:
        conditions["json_extract(private, '$.intent') = ?"] = params["payment_intent"]
    if "customer_details" in params:
        conditions["json_extract(body, '$.customer_details.email') = ?"] = params["customer_details"]["email"]
    return page_of(work, "checkout.session", "/v1/checkout/sessions", params, conditions)
