"""A cursor is ours or it is refused: whatever else it holds never reaches the table."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.builders import NOW, created
from tests.support.stores import OnDynamo
from tollgate.kernel.access import Viewer
from tollgate.payments.errors import InvalidCursor
from tollgate.payments.ports import Page

VIEWERS = [Viewer("demo", "user-1"), Viewer("demo", None)]


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")


def page(store: OnDynamo, viewer: Viewer, cursor: str | None) -> Page:
    since, until = NOW - timedelta(days=3), NOW + timedelta(days=1)
    return store.payments.list(viewer, since=since, until=until, limit=2, cursor=cursor)


@pytest.mark.parametrize("viewer", VIEWERS)
@pytest.mark.parametrize(
    "place",
    [
        7,
        None,
        [],
        {},
        "",
        "soon",
        "2026-13-99",
        "2026-11-05 and more",
        "2026-11-05\ud800",
        "2026-11-05T12:00:00.000Z#",
        "2026-11-05T12:00:00.000Z#pay_x\n",
        "2026-11-05" + "x" * 3000,
    ],
)
def test_a_place_that_no_page_can_end_at_is_refused(served: OnDynamo, viewer: Viewer, place: Any) -> None:
    with pytest.raises(InvalidCursor):
        page(served, viewer, encoded(json.dumps([viewer.tenant, viewer.user, place])))


@pytest.mark.parametrize("viewer", VIEWERS)
@pytest.mark.parametrize("place", ["2026-11-06T12:00:00.000Z#pay_x", "2026-11-06", "0001-01-01", "9999-12-31"])
def test_a_place_that_was_made_up_shows_the_viewers_own(served: OnDynamo, viewer: Viewer, place: str) -> None:
    for tenant in ("demo", "other"):
        served.unit_of_work.commit(*served.payments.create(created(tenant, tenant=tenant)))
    found = page(served, viewer, encoded(json.dumps([viewer.tenant, viewer.user, place])))
    assert all(payment.tenant == "demo" for payment in found.payments)


@pytest.mark.parametrize("text", ["[" * 9000, '{"a":' * 9000, "[]", "[1,2]", "[1,2,3,4]", '"abc"', "123", "\ud800", ""])
def test_what_is_no_list_of_three_is_refused(served: OnDynamo, text: str) -> None:
    with pytest.raises(InvalidCursor):
        page(served, VIEWERS[0], encoded(text) or "=")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.text(min_size=1, max_size=60)
    | st.binary(min_size=1, max_size=60).map(lambda raw: base64.b64encode(raw).decode())
)
def test_any_other_text_is_refused(served: OnDynamo, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        page(served, VIEWERS[0], cursor)


def test_a_cursor_is_safe_in_an_address(served: OnDynamo) -> None:
    for number in range(3):
        served.unit_of_work.commit(*served.payments.create(created(str(number))))
    cursor = page(served, VIEWERS[0], None).cursor
    assert cursor is not None
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert cursor.isascii()
