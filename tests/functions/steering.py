"""Leads made-up requests to where something happens: to things that exist, and past the first checks of a body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st
from schemathesis import Case

from contract.openapi import OPERATIONS
from contract.operations import Operation
from tests.functions.asking import body_for
from tests.functions.callers import ADMIN, ANOTHER_BUYER, OWNER, SERVICE, THE_BUYER, THEIR_ADMIN, Caller
from tests.functions.paying_out import VENUE
from tests.functions.trading import BUYER, DEMO, Trade
from tests.functions.trading_tickets import Tickets
from tests.support.requests import ORIGIN
from tollgate.runtime.http.gift_cards import RedeemBody

type MadeUp = Case[Any]
type Headers = dict[str, str]

# Who may do most comes first: a service may do what an admin may, and more.
CALLERS = (SERVICE, ADMIN, OWNER, THE_BUYER, ANOTHER_BUYER, THEIR_ADMIN)
_CREDENTIALS = ("authorization", "x-internal-signature", "x-platform-internal-token", "x-tenant-id")
_CODES = ("concert_ticket", "tokyo_ticket", "kuwait_ticket", "retired_poster", "gold_month", "unheard_of")
_ADDRESSES = (f"{ORIGIN}/thanks", f"{ORIGIN}/{{CHECKOUT_SESSION_ID}}?a=\N{SNOWMAN}#b", "https://evil.example/")
# Values that are worth more than made-up ones, by the field's name.
_WORTHWHILE: Mapping[str, tuple[Any, ...]] = {
    "successUrl": _ADDRESSES,
    "cancelUrl": _ADDRESSES,
    "items": tuple([{"code": code, "quantity": quantity}] for code in _CODES for quantity in (1, 100)),
    "pricingItemCode": _CODES,
    "consumerTenantId": (DEMO,),
    "method": ("card", "mock"),
    "provider": ("stripe", "mock", None),
    "providerKey": ("stripe", "mock", None),
    "currency": ("USD", "JPY", "KWD"),
    "amount": (1, 5_000, 10_000, 4_000_000, 10**12),
    "venueId": (VENUE, None),
    "userId": (None,),
    "idempotencyKey": (None,),
    "stripeAccount": ("acct_unheard_of",),
    "from": ("2020-01-01T00:00:00Z", "2026-01-31T00:00:00+05:30"),
    "to": ("2100-01-01T00:00:00Z",),
    "user": (BUYER,),
    "consumer": ("funnel",),
    "limit": (1, 100),
}
# Three times of four.
_MOSTLY = st.integers(0, 3).map(lambda number: number < 3)


@dataclass(frozen=True)
class Known:
    """What exists, for each part of a path."""

    values: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, trade: Trade) -> Known:
        made = [trade.opened(), trade.opened(method="card"), trade.told("failed")]
        made += [trade.told("captured") for _ in range(4)]
        payments = tuple(str(each["id"]) for each in made)
        sessions = tuple(str(each["providerCheckoutSessionId"]) for each in made)
        cards = [trade.card() for _ in range(2)]
        groups = tuple(trade.group() for _ in range(2))
        tickets = Tickets(trade)
        escrows = (tickets.escrow(), tickets.escrow(disputed=True))
        return cls(
            {
                "gift-cards": (*(each.code for each in cards), *(each.id for each in cards)),
                "payments": payments,
                "transactions": payments,
                "transaction": payments,
                "retry-payment": payments,
                "checkout": payments,
                "checkout-sessions": sessions,
                "pricing-items": (trade.priced(), trade.priced()),
                "reconciliation": (trade.finding(),),
                "subscriptions": (trade.subscription().id, trade.subscription().id, trade.ordered()),
                "tenants": (DEMO, "unheard_of"),
                "event-deliveries": (trade.delivery(),),
                "group-payments": groups,
                # Of the group that was made last.
                "contribute": tuple(trade.members),
                "listings": (tickets.listing(), tickets.listing("seller-1")),
                "escrows": escrows,
                "transfers": escrows,
                "tickets": (tickets.ticket(), tickets.ticket()),
                "venues": (VENUE, "ven_2"),
                "payouts": (trade.payout(),),
                "accounts": ("platform_fees", f"seller_available:{VENUE}", f"seller_pending:{VENUE}", "gas"),
                "webhooks": ("mock", "stripe"),
            }
        )

    def parts(self, address: str) -> dict[str, st.SearchStrategy[str]]:
        """By the name that the address has for it; the word before it says what it is."""
        words = address.strip("/").split("/")
        return {
            word.strip("{}"): st.sampled_from(self.values[before])
            for before, word in pairwise(words)
            if word.startswith("{")
        }


@st.composite
def steered(draw: st.DrawFn, cases: st.SearchStrategy[MadeUp], known: Known, trade: Trade) -> tuple[MadeUp, Headers]:
    """A case with the credentials of one of the callers, or, now and then, with those that were made up."""
    case = draw(cases)
    for name, values in known.parts(case.operation.path).items():
        if draw(_MOSTLY):
            case.path_parameters[name] = draw(values)
    if isinstance(case.query, dict):
        case.query = draw(_worthwhile({name: value for name, value in case.query.items() if draw(_MOSTLY)}))
    if isinstance(case.body, dict) and draw(_MOSTLY):
        case.body = draw(_bodies(case.body, _operation(case), trade))
    return case, _signed(case, draw(st.sampled_from(CALLERS))) if draw(_MOSTLY) else {}


@st.composite
def _bodies(draw: st.DrawFn, made_up: dict[str, Any], operation: Operation, trade: Trade) -> dict[str, Any]:
    """A body that is accepted, with some of the fields that were made up."""
    if operation.body is RedeemBody:
        trade.card()
    accepted = body_for(operation, trade, DEMO) or {}
    kept = {name: value for name, value in made_up.items() if draw(st.integers(0, 3)) == 3}
    return draw(_worthwhile({**accepted, **kept}))


@st.composite
def _worthwhile(draw: st.DrawFn, fields: dict[str, Any]) -> dict[str, Any]:
    changed = {name for name in fields if name in _WORTHWHILE and draw(st.booleans())}
    return {name: draw(st.sampled_from(_WORTHWHILE[name])) if name in changed else fields[name] for name in fields}


def _operation(case: MadeUp) -> Operation:
    return next(each for each in OPERATIONS if each.route == case.operation.label)


def _signed(case: MadeUp, caller: Caller) -> Headers:
    for name in _CREDENTIALS:
        case.headers.pop(name, None)
    return dict(caller.headers)
