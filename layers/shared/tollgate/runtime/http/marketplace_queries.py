"""Query strings of the marketplace."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tollgate.kernel.currencies import MINOR_DIGITS
from tollgate.kernel.errors import FieldError, ValidationFailed
from tollgate.marketplace.ports import Whose
from tollgate.marketplace.royalties import LONGEST_DAYS
from tollgate.runtime.http.principal import Person, Principal
from tollgate.runtime.http.queries import page_limit
from tollgate.runtime.http.venue import DEFAULT_CURRENCY

_VENUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
# Without dates, a report is of so many days, today included.
_USUAL_DAYS = 30


@dataclass(frozen=True, slots=True)
class ListingsWanted:
    """A page of a list."""

    whose: Whose
    limit: int
    cursor: str | None


@dataclass(frozen=True, slots=True)
class RoyaltiesWanted:
    """Days in UTC, both included, and one currency."""

    first: date
    last: date
    currency: str


def listings_wanted(principal: Principal, asked_tenant: str | None, parameters: Mapping[str, str]) -> ListingsWanted:
    """`venueId`, for what can be bought there, or `mine=true`, for all that a person has listed."""
    tenant = principal.viewer(asked_tenant).tenant
    errors = _unknown(parameters, {"venueId", "mine", "limit", "cursor"})
    limit = page_limit(parameters.get("limit"), errors)
    whose = _whose(principal, tenant, parameters, errors)
    if errors:
        raise ValidationFailed(errors)
    return ListingsWanted(whose, limit, parameters.get("cursor"))


def royalties_wanted(parameters: Mapping[str, str], now: datetime) -> RoyaltiesWanted:
    """`startDate` and `endDate`, days in UTC; the last thirty where they are not given. `currency`, or USD."""
    errors = _unknown(parameters, {"startDate", "endDate", "currency"})
    last = _day("endDate", parameters, now.date(), errors)
    first = _day("startDate", parameters, _before(last, _USUAL_DAYS - 1), errors)
    if not errors and not 0 <= (last - first).days < LONGEST_DAYS:
        errors.append(FieldError("startDate", f"at most {LONGEST_DAYS} days, and not after endDate"))
    currency = parameters.get("currency", DEFAULT_CURRENCY)
    if currency not in MINOR_DIGITS:
        errors.append(FieldError("currency", "an ISO 4217 code in capitals, such as USD"))
    if errors:
        raise ValidationFailed(errors)
    return RoyaltiesWanted(first, last, currency)


def _whose(principal: Principal, tenant: str, parameters: Mapping[str, str], errors: list[FieldError]) -> Whose:
    venue, mine = parameters.get("venueId"), parameters.get("mine")
    if (venue is None) == (mine is None):
        errors.append(FieldError("venueId", "give either venueId or mine=true"))
    if mine is not None and (mine != "true" or not isinstance(principal, Person)):
        errors.append(FieldError("mine", "true, for the person who asks"))
    if venue is not None and not _VENUE.fullmatch(venue):
        errors.append(FieldError("venueId", "not the id of a venue"))
    return Whose(tenant, principal.id if mine and isinstance(principal, Person) else None, venue)


def _day(field: str, parameters: Mapping[str, str], default: date, errors: list[FieldError]) -> date:
    text = parameters.get(field)
    if text is None:
        return default
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        errors.append(FieldError(field, "no such day"))
        return default
    errors.append(FieldError(field, "a day, such as 2026-01-31"))
    return default


def _before(day: date, days: int) -> date:
    """At the beginning of the calendar there is nothing before."""
    return day - timedelta(days=days) if day - date.min >= timedelta(days=days) else date.min


def _unknown(parameters: Mapping[str, str], known: set[str]) -> list[FieldError]:
    return [FieldError(name, "unknown parameter") for name in sorted(set(parameters) - known)]
