"""Venues: who may see and move their money, what is asked, and what is shown."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from tollgate.kernel.currencies import MINOR_DIGITS
from tollgate.kernel.errors import FieldError, Forbidden, NotFound, ValidationFailed
from tollgate.kernel.idempotency import parse_key
from tollgate.payouts.answers import present
from tollgate.payouts.desk import SellerBalance
from tollgate.payouts.model import Seller, SellerRisk
from tollgate.payouts.ports import PayoutsPage
from tollgate.payouts.service import CreatePayout
from tollgate.runtime.http.principal import Person, Principal, Role
from tollgate.runtime.http.queries import page_limit
from tollgate.runtime.http.schemas import Body, CurrencyCode

DEFAULT_CURRENCY = "USD"
_VENUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)
_SEE, _MOVE = frozenset({Role.VENUE_OWNER, Role.VENUE_MANAGER}), frozenset({Role.VENUE_OWNER})


class PayoutBody(Body):
    """`POST /api/v1/venues/{id}/payout`; the amount is minor units."""

    amount: Annotated[int, Field(ge=1, le=10**12)]
    instant: bool = False
    currency: CurrencyCode = DEFAULT_CURRENCY


class AccountBody(Body):
    """`PUT /api/v1/venues/{id}/account`: all of it, as it is from now on."""

    stripe_account: Annotated[str, StringConstraints(pattern=r"^acct_[A-Za-z0-9_]{1,64}$")]
    risk: Annotated[SellerRisk, Field(strict=False)] = SellerRisk.STANDARD


@dataclass(frozen=True, slots=True)
class Venue:
    """A venue that the asker may ask about."""

    tenant: str
    id: str


def seen_venue(principal: Principal, asked_tenant: str | None, venue: str) -> Venue:
    """For admins, services, and the venue's owners and managers; raises `Forbidden`, `NotFound`."""
    return _venue(principal, asked_tenant, venue, _SEE)


def paid_venue(principal: Principal, asked_tenant: str | None, venue: str) -> Venue:
    """For admins, services, and the venue's owners."""
    return _venue(principal, asked_tenant, venue, _MOVE)


def connected_venue(principal: Principal, asked_tenant: str | None, venue: str) -> Venue:
    """For admins and services: whoever says where the money goes."""
    return _venue(principal, asked_tenant, venue, frozenset())


def payout_command(
    venue: Venue,
    principal: Principal,
    raw: dict[str, Any],
    body: PayoutBody,
    header_key: str | None,
    trace: str | None,
) -> CreatePayout:
    """What a request for a payout asks for. The key is required, in the header."""
    return CreatePayout(
        tenant=venue.tenant,
        caller=principal.id if isinstance(principal, Person) else f"service:{principal.name}",
        seller=venue.id,
        key=parse_key(header_key),
        body=raw,
        amount=body.amount,
        currency=body.currency,
        instant=body.instant,
        trace=trace,
    )


def balance_currency(parameters: Mapping[str, str]) -> str:
    """`GET /api/v1/venues/{id}/balance`: one currency."""
    errors = _unknown(parameters, {"currency"})
    asked = parameters.get("currency", DEFAULT_CURRENCY)
    if asked not in MINOR_DIGITS:
        errors.append(FieldError("currency", "an ISO 4217 code in capitals, such as USD"))
    if errors:
        raise ValidationFailed(errors)
    return asked


def page_wanted(parameters: Mapping[str, str]) -> tuple[int, str | None]:
    """`limit` and `cursor` of a list."""
    errors = _unknown(parameters, {"limit", "cursor"})
    limit = page_limit(parameters.get("limit"), errors)
    if errors:
        raise ValidationFailed(errors)
    return limit, parameters.get("cursor")


def balance(found: SellerBalance) -> dict[str, Any]:
    """Minor units. What is held back is available, and not payable."""
    return {
        "balance": {
            "available": found.available,
            "pending": found.pending,
            "reserved": found.reserved,
            "currency": found.currency,
        },
        "payoutInfo": {"available": found.available, "reserved": found.reserved, "payable": found.payable},
    }


def payouts(page: PayoutsPage) -> dict[str, Any]:
    """A page, newest first."""
    return {"payouts": [present(each) for each in page.payouts], "nextCursor": page.cursor}


def account(seller: Seller) -> dict[str, Any]:
    known = {"venueId": seller.id, "stripeAccount": seller.stripe_account}
    return known | {"risk": seller.risk.value, "reserveBasisPoints": seller.reserve}


def _venue(principal: Principal, asked_tenant: str | None, venue: str, roles: Collection[Role]) -> Venue:
    viewer = principal.viewer(asked_tenant)
    if viewer.user is not None and not _is_theirs(principal, venue, roles):
        raise Forbidden("this is for admins, for services, and for people of the venue whose role allows it")
    if not _VENUE.fullmatch(venue):
        raise NotFound("venue")
    return Venue(viewer.tenant, venue)


def _is_theirs(principal: Principal, venue: str, roles: Collection[Role]) -> bool:
    return isinstance(principal, Person) and principal.role in roles and venue in principal.venues


def _unknown(parameters: Mapping[str, str], known: Collection[str]) -> list[FieldError]:
    return [FieldError(name, "unknown parameter") for name in sorted(set(parameters) - set(known))]
