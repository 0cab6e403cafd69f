"""Query strings of the admin's lists and figures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tollgate.kernel.access import Viewer
from tollgate.kernel.currencies import MINOR_DIGITS
from tollgate.kernel.errors import FieldError, ValidationFailed
from tollgate.kernel.idempotency import fingerprint
from tollgate.payments.errors import InvalidCursor
from tollgate.payments.lifecycle import State
from tollgate.payments.ports import Page, PaymentRepository, Selection
from tollgate.runtime.http.queries import ListQuery, list_query

DEFAULT_CURRENCY = "USD"
_PROVIDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
_LONGEST_USER = 128
_STATES = frozenset(state.value for state in State)


@dataclass(frozen=True, slots=True)
class AdminList:
    """A page of a tenant's payments, or of one of its users'. `bound_to` stands for everything that was asked but the
    page: a cursor leads on in the list that gave it only.
    """

    viewer: Viewer
    selection: Selection
    query: ListQuery
    bound_to: str

    def page(self, payments: PaymentRepository) -> Page:
        """Raises `InvalidCursor` for a cursor of another list."""
        found = payments.list(
            self.viewer,
            since=self.query.since,
            until=self.query.until,
            limit=self.query.limit,
            cursor=_unbound(self.query.cursor, self.bound_to),
            selection=self.selection,
        )
        return Page(found.payments, f"{self.bound_to}.{found.cursor}" if found.cursor else None)


def transactions(parameters: Mapping[str, str], viewer: Viewer, now: datetime) -> AdminList:
    """`GET /admin/transactions`: `status` (words of the lifecycle, separated by commas), `provider`, `user`, and what
    every list takes.
    """
    errors: list[FieldError] = []
    states = _states(parameters.get("status"), errors)
    return _list("transactions", parameters, viewer, now, Selection(states=states), errors, {"status"})


def failed_payments(parameters: Mapping[str, str], viewer: Viewer, now: datetime) -> AdminList:
    """`GET /admin/failed-payments`: what failed, and what is open after a declined try."""
    return _list("failed", parameters, viewer, now, Selection(failed_attempts=True), [], set())


def currency(parameters: Mapping[str, str]) -> str:
    """`GET /admin/stats`: the currency in which to tell the revenue."""
    asked = parameters.get("currency", DEFAULT_CURRENCY)
    errors = [FieldError(name, "unknown parameter") for name in sorted(set(parameters) - {"currency"})]
    if asked not in MINOR_DIGITS:
        errors.append(FieldError("currency", "an ISO 4217 code in capitals, such as USD"))
    if errors:
        raise ValidationFailed(errors)
    return asked


def _list(
    name: str,
    parameters: Mapping[str, str],
    viewer: Viewer,
    now: datetime,
    selection: Selection,
    errors: list[FieldError],
    also: set[str],
) -> AdminList:
    user = _user(parameters.get("user"), errors)
    provider = _provider(parameters.get("provider"), errors)
    narrowed = Viewer(viewer.tenant, user)
    query = list_query(parameters, narrowed, now, also={"user", "provider", *also}, errors=errors)
    asked = {each: value for each, value in parameters.items() if each not in ("cursor", "limit")}
    return AdminList(
        narrowed,
        Selection(selection.states, provider, selection.failed_attempts),
        query,
        fingerprint({"list": name, "asked": asked}),
    )


def _states(text: str | None, errors: list[FieldError]) -> frozenset[State]:
    if text is None:
        return frozenset()
    words = text.split(",")
    if not _STATES.issuperset(words):
        errors.append(FieldError("status", f"some of {', '.join(state.value for state in State)}, separated by commas"))
        return frozenset()
    return frozenset(map(State, words))


def _user(text: str | None, errors: list[FieldError]) -> str | None:
    if text is None or 0 < len(text) <= _LONGEST_USER:
        return text
    errors.append(FieldError("user", f"1 to {_LONGEST_USER} characters"))
    return None


def _provider(text: str | None, errors: list[FieldError]) -> str | None:
    if text is None or _PROVIDER.fullmatch(text):
        return text
    errors.append(FieldError("provider", "the key of a provider, such as stripe"))
    return None


def _unbound(cursor: str | None, bound_to: str) -> str | None:
    """The list's own cursor. What binds it is no secret: the list itself holds the cursor against its viewer."""
    if cursor is None:
        return None
    binding, _, inner = cursor.partition(".")
    if binding != bound_to or not inner:
        raise InvalidCursor("cursor belongs to another list, or to other filters")
    return inner
