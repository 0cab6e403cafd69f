"""Subscriptions: asked for by the merchant, approved by a buyer, and then charged as the clock passes."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from local.simulators.paypal.books import Body, Books, Refused, gone, new_id

RETRY_DAYS, MOST_RETRIES = 5, 2
_LONGEST_ECHO = 127
_MONTHS = {"MONTH": 1, "YEAR": 12}
# Whatever time of the day something began at, PayPal charges at this hour.
_HOUR = 10
_OVER = ("CANCELLED", "EXPIRED")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is charged each month or year, after a trial, and how many periods in vain until it is suspended."""

    id: str
    price: Decimal
    currency: str
    unit: str = "MONTH"
    trial_days: int = 0
    threshold: int = 1


@dataclass
class Agreement:
    """One subscription. `next_at` is when it is charged next, `cycle` the number of that charge after the first;
    `refusals` is how many of the next charges will be declined, `tried` how many of this cycle were.
    """

    id: str
    plan: Plan
    custom_id: str
    urls: Body
    made: datetime
    status: str = "APPROVAL_PENDING"
    since: datetime | None = None
    anchor: datetime | None = None
    next_at: datetime | None = None
    cycle: int = 0
    refusals: int = 0
    tried: int = 0
    failures: int = 0
    paid: int = 0
    outstanding: Decimal = Decimal(0)
    last: Body = field(default_factory=dict)

    def due(self, number: int) -> datetime:
        """When the charge of that number is due."""
        if self.anchor is None:
            raise LookupError(f"{self.id} has not begun")
        months = self.anchor.year * 12 + self.anchor.month - 1 + _MONTHS[self.plan.unit] * number
        year, month = divmod(months, 12)
        day = min(self.anchor.day, calendar.monthrange(year, month + 1)[1])
        return datetime(year, month + 1, day, _HOUR, tzinfo=UTC)

    def becomes(self, status: str, at: datetime) -> None:
        self.status, self.since = status, at

    def goes_on(self, after: datetime) -> None:
        """Charged again at the next time that is due after this."""
        while self.due(self.cycle) <= after:
            self.cycle += 1
        self.next_at, self.tried = self.due(self.cycle), 0


def written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def money(plan: Plan, value: Decimal) -> Body:
    return {"currency_code": plan.currency, "value": str(value)}


def create(books: Books, sent: Body, key: str) -> tuple[int, Body]:
    """201, or 200 with what was made under this request id."""
    if known := books.known(key):
        return 200, shown(books, books.agreements[known[1]])
    context, custom_id = sent.get("application_context", {}), sent.get("custom_id", "")
    plan = books.plans.get(sent.get("plan_id", ""))
    if plan is None:
        raise gone()
    complete = context.get("return_url") and context.get("cancel_url")
    if not complete or not 0 < len(custom_id) <= _LONGEST_ECHO or context.get("user_action") != "SUBSCRIBE_NOW":
        raise Refused(400, "MISSING_REQUIRED_PARAMETER", "INVALID_REQUEST")
    made = Agreement(f"I-{new_id(12)}", plan, custom_id, context, books.instant())
    books.agreements[made.id] = made
    books.keep(key, "agreement", made.id)
    tell(books, made, "CREATED")
    return 201, shown(books, made)


def agreement_of(books: Books, id_: str) -> Agreement:
    if id_ not in books.agreements:
        raise gone()
    return books.agreements[id_]


def shown(books: Books, of: Agreement) -> Body:
    """As the API and the events show it."""
    body: Body = {
        "id": of.id,
        "plan_id": of.plan.id,
        "custom_id": of.custom_id,
        "status": of.status,
        "quantity": "1",
        "create_time": written(of.made),
        "start_time": written(of.made),
        "status_update_time": written(of.since or of.made),
        "links": [books.link("self", f"/v1/billing/subscriptions/{of.id}")],
    }
    if of.status == "APPROVAL_PENDING":
        body["links"].insert(0, books.link("approve", f"/webapps/billing/subscriptions?ba_token={of.id}"))
        return body
    body["subscriber"] = {"email_address": "ada@example.com", "name": {"given_name": "Ada", "surname": "Buyer"}}
    body["billing_info"] = {
        "outstanding_balance": money(of.plan, of.outstanding),
        "cycle_executions": _cycles(of),
        "failed_payments_count": of.failures,
        **of.last,
        **({"next_billing_time": written(of.next_at)} if of.next_at else {}),
    }
    return body


def _cycles(of: Agreement) -> list[Body]:
    regular = {"tenure_type": "REGULAR", "sequence": 1, "cycles_completed": of.paid, "total_cycles": 0}
    if not of.plan.trial_days:
        return [regular]
    trial = {"tenure_type": "TRIAL", "sequence": 1, "cycles_completed": 1, "cycles_remaining": 0, "total_cycles": 1}
    return [trial, {**regular, "sequence": 2}]


def tell(books: Books, of: Agreement, what: str) -> None:
    books.emit(f"BILLING.SUBSCRIPTION.{what}", "subscription", shown(books, of))


def begin(books: Books, of: Agreement) -> None:
    """Its buyer has agreed."""
    if of.status != "APPROVAL_PENDING":
        raise Refused(422, "SUBSCRIPTION_STATUS_INVALID")
    at = books.instant()
    of.becomes("ACTIVE", at)
    of.anchor = at + timedelta(days=of.plan.trial_days)
    of.cycle = 0 if of.plan.trial_days else 1
    of.next_at = of.due(of.cycle)
    tell(books, of, "ACTIVATED")


def act(books: Books, id_: str, what: str, sent: Body) -> tuple[int, Body]:
    """204, or that its status does not allow it."""
    of, at = agreement_of(books, id_), books.instant()
    if not sent.get("reason"):
        raise Refused(400, "MISSING_REQUIRED_PARAMETER", "INVALID_REQUEST")
    before = {"suspend": ("ACTIVE",), "activate": ("SUSPENDED",), "cancel": ("ACTIVE", "SUSPENDED")}[what]
    if of.status not in before:
        raise Refused(422, "SUBSCRIPTION_STATUS_INVALID")
    end(books, of, at, {"suspend": "SUSPENDED", "activate": "ACTIVE", "cancel": "CANCELLED"}[what])
    return 204, {}


def end(books: Books, of: Agreement, at: datetime, status: str) -> None:
    """It stops, for a while or for good; or it goes on again."""
    of.becomes(status, at)
    of.next_at = None
    if status == "ACTIVE":
        of.goes_on(at)
    tell(books, of, "ACTIVATED" if status == "ACTIVE" else status)


def transactions(books: Books, id_: str, asked: Body) -> Body:
    """What was taken for it in a span of time."""
    of = agreement_of(books, id_)
    listed = [each for each in books.sales.values() if each["billing_agreement_id"] == of.id]
    return {
        "transactions": [
            {
                "id": each["id"],
                "status": each["state"].upper(),
                "time": each["create_time"],
                "amount_with_breakdown": {
                    "gross_amount": {"currency_code": each["amount"]["currency"], "value": each["amount"]["total"]}
                },
            }
            for each in listed
            if _instant(asked["start_time"]) <= _instant(each["create_time"]) <= _instant(asked["end_time"])
        ]
    }


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
