"""Query strings of the admin's lists: every filter is checked, and a cursor belongs to all of them together."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOW, created
from tests.support.memory.payments import MemoryPayments
from tests.support.memory.store import MemoryStore, MemoryUnitOfWork
from tollgate.kernel.access import Viewer
from tollgate.kernel.errors import Forbidden, ValidationFailed
from tollgate.payments.errors import InvalidCursor
from tollgate.payments.lifecycle import State
from tollgate.payments.ports import PaymentRepository, Selection
from tollgate.runtime.http import admin_queries
from tollgate.runtime.http.admin import administrator
from tollgate.runtime.http.principal import Person, Role, Service

ADMIN = Viewer("demo", None)


def wrong(**parameters: str) -> set[str]:
    with pytest.raises(ValidationFailed) as caught:
        admin_queries.transactions({name.rstrip("_"): value for name, value in parameters.items()}, ADMIN, NOW)
    return {error.field for error in caught.value.errors}


def a_store(count: int) -> PaymentRepository:
    store = MemoryStore()
    payments = MemoryPayments(store)
    for number in range(count):
        change = created(str(number), created_at=NOW - timedelta(minutes=number))
        MemoryUnitOfWork(store).commit(*payments.create(change))
    return payments


def test_without_filters_everything_of_a_month_is_wanted() -> None:
    asked = admin_queries.transactions({}, ADMIN, NOW)
    assert (asked.viewer, asked.selection) == (ADMIN, Selection())
    assert asked.query.until - asked.query.since == timedelta(days=31)


def test_each_filter_narrows() -> None:
    parameters = {"status": "failed,cancelled", "provider": "stripe", "user": "user-1"}
    asked = admin_queries.transactions(parameters, ADMIN, NOW)
    assert asked.viewer == Viewer("demo", "user-1")
    assert asked.selection == Selection(frozenset({State.FAILED, State.CANCELLED}), "stripe")
    assert admin_queries.failed_payments({}, ADMIN, NOW).selection == Selection(failed_attempts=True)


@pytest.mark.parametrize("state", State)
def test_every_word_of_the_lifecycle_can_be_asked_for(state: State) -> None:
    asked = admin_queries.transactions({"status": state.value}, ADMIN, NOW)
    assert asked.selection.states == {state}


def test_every_wrong_parameter_is_named_at_once() -> None:
    assert wrong(status="paid", provider="a b", user="", limit="0", from_="x", page="2") == {
        *("status", "provider", "user", "limit", "from", "page")
    }


@given(st.text(max_size=40))
def test_any_other_status_is_refused(text: str) -> None:
    try:
        asked = admin_queries.transactions({"status": text}, ADMIN, NOW)
    except ValidationFailed:
        return
    assert {state.value for state in asked.selection.states} == set(text.split(","))


def test_a_cursor_leads_to_the_next_page_of_its_list() -> None:
    payments = a_store(5)
    first = admin_queries.transactions({"provider": "stripe", "limit": "2"}, ADMIN, NOW).page(payments)
    assert first.cursor is not None
    following = {"provider": "stripe", "limit": "3", "cursor": first.cursor}
    second = admin_queries.transactions(following, ADMIN, NOW).page(payments)
    assert len({*first.payments, *second.payments}) == 5
    assert second.cursor is None


@pytest.mark.parametrize(
    "other", [{}, {"provider": "mock"}, {"user": "user-1"}, {"provider": "stripe", "to": "2026-11-05T12:00:00Z"}]
)
def test_other_filters_refuse_the_cursor(other: dict[str, str]) -> None:
    payments = a_store(3)
    cursor = admin_queries.transactions({"provider": "stripe", "limit": "1"}, ADMIN, NOW).page(payments).cursor
    assert cursor is not None
    with pytest.raises(InvalidCursor):
        admin_queries.transactions({**other, "cursor": cursor}, ADMIN, NOW).page(payments)


def test_lists_of_two_kinds_do_not_share_cursors() -> None:
    payments = a_store(3)
    cursor = admin_queries.transactions({"limit": "1"}, ADMIN, NOW).page(payments).cursor
    assert cursor is not None
    with pytest.raises(InvalidCursor):
        admin_queries.failed_payments({"cursor": cursor}, ADMIN, NOW).page(payments)


@given(st.text(max_size=60))
def test_any_other_text_is_no_cursor(text: str) -> None:
    with pytest.raises(InvalidCursor):
        admin_queries.transactions({"cursor": text}, ADMIN, NOW).page(a_store(0))


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_only_an_admin_administers(role: Role) -> None:
    with pytest.raises(Forbidden):
        administrator(Person("user-1", "demo", role, frozenset()), None)


def test_a_service_administers_the_tenants_it_acts_for() -> None:
    service = Service("tickets", frozenset({"demo"}))
    assert administrator(service, "demo") == ADMIN
    for tenant in ("other", None, "", "*", "de mo"):
        with pytest.raises(Forbidden):
            administrator(service, tenant)


def test_an_admin_administers_their_own_tenant() -> None:
    boss = Person("boss", "demo", Role.ADMIN, frozenset())
    assert administrator(boss, None) == administrator(boss, "demo") == ADMIN
    with pytest.raises(Forbidden):
        administrator(boss, "other")


@pytest.mark.parametrize("asked", ["", "usd", "US", "XXX1", "GOLD"])
def test_a_currency_is_one_that_is_in_circulation(asked: str) -> None:
    with pytest.raises(ValidationFailed):
        admin_queries.currency({"currency": asked})
    assert (admin_queries.currency({}), admin_queries.currency({"currency": "JPY"})) == ("USD", "JPY")
