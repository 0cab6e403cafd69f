"""What the reconciler found, over the admin API: for admins of a tenant, and for services that act for it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.reconciling import Stuck
from tests.support.deployment import PLATFORM_TOKEN
from tests.support.requests import a_mock_event
from tollgate.adapters.function_start import FunctionStart

PATH = "/admin/reconciliation"
FOR_ALL = {"x-platform-internal-token": PLATFORM_TOKEN}


def _held(stuck: Stuck) -> str:
    """A payment whose money came after it was cancelled."""
    checkout = stuck.deployed.checkout()
    cancel = f"/payments/checkout/{checkout.body['id']}/cancel"
    assert stuck.deployed.call("POST", cancel, headers=stuck.deployed.as_user()).status == 200
    stuck.deployed.tell(a_mock_event(checkout.body))
    stuck.deployed.apply_inbox()
    stuck.reconcile()
    return str(checkout.body["id"])


def _findings(stuck: Stuck, query: str = "", **headers: Any) -> list[dict[str, Any]]:
    answer = stuck.admin("GET", PATH, query=query, **headers)
    assert answer.status == 200, answer.body
    return list(answer.body["findings"])


def test_an_open_finding_is_shown_with_its_remedy_and_the_run_that_found_it(stuck: Stuck) -> None:
    payment = _held(stuck)
    shown = stuck.admin("GET", PATH).body
    (finding,) = shown["findings"]
    assert (finding["kind"], finding["remedy"], finding["repair"]) == ("held_money", "refund", "proposed")
    assert finding["subject"] == {"type": "payment", "id": payment}
    assert finding["detail"]["review"] == "late_capture"
    (run,) = shown["lastRuns"]
    assert (run["trigger"], run["complete"]) == ("schedule", True)
    assert "found" not in run, "what a run counted is over all tenants"
    assert shown["nextCursor"] is None


def test_who_acts_for_all_tenants_sees_what_a_run_counted_and_what_belongs_to_none(stuck: Stuck) -> None:
    stuck.deployed.tell({"id": "evt_bad", "type": "x"}, provider="mock")
    stuck.deployed.apply_inbox()
    stuck.later(120)
    stuck.reconcile()
    shown = stuck.admin("GET", PATH, headers={**FOR_ALL, "x-tenant-id": "*"}).body
    assert [finding["kind"] for finding in shown["findings"]] == ["failed_event"]
    assert shown["lastRuns"][0]["found"] == {"failed_event": 1}
    assert _findings(stuck) == []


def test_nothing_of_another_tenant_is_shown(stuck: Stuck) -> None:
    _held(stuck)
    (finding,) = _findings(stuck)
    other = stuck.deployed.as_user("boss", tenant="other", role="admin")
    assert _findings(stuck, headers=other) == []
    assert stuck.admin("POST", f"{PATH}/{finding['id']}/settle", headers=other).status == 404
    assert len(_findings(stuck)) == 1


@pytest.mark.parametrize("role", ["user", "venue_manager", "venue_owner"])
@pytest.mark.parametrize(
    ("method", "path"), [("GET", PATH), ("POST", f"{PATH}/run"), ("POST", f"{PATH}/find_x/settle")]
)
def test_it_is_for_admins(stuck: Stuck, role: str, method: str, path: str) -> None:
    assert stuck.admin(method, path, headers=stuck.deployed.as_user(role=role)).status == 403
    assert stuck.admin(method, path, headers={}).status == 401


def test_a_service_for_some_tenants_may_not_ask_for_what_belongs_to_none(stuck: Stuck) -> None:
    signed = stuck.deployed.as_service("GET", PATH)
    assert stuck.admin("GET", PATH, headers={**signed, "x-tenant-id": "*"}).status == 403
    assert stuck.admin("GET", PATH, headers=signed).status == 200


def test_a_finding_is_settled_by_somebody_once_and_stays_in_the_books(stuck: Stuck) -> None:
    _held(stuck)
    (finding,) = _findings(stuck)
    settled = [stuck.admin("POST", f"{PATH}/{finding['id']}/settle") for _ in range(2)]
    assert [(answer.status, answer.body["state"], answer.body["settledBy"]) for answer in settled] == [
        (200, "settled", "boss")
    ] * 2
    assert _findings(stuck) == []
    assert [each["id"] for each in _findings(stuck, "state=settled")] == [finding["id"]]
    events = [event for event in stuck.deployed.events(finding["id"]) if event["aggregate"]["type"] == "finding"]
    assert [(event["sequence"], event["type"]) for event in events] == [
        (1, "payments.reconciliation.found"),
        (2, "payments.reconciliation.repaired"),
    ]


@pytest.mark.parametrize(
    ("query", "field"), [("state=all", "state"), ("limit=0", "limit"), ("limit=x", "limit"), ("page=2", "page")]
)
def test_a_wrong_question_is_told_which_field(stuck: Stuck, query: str, field: str) -> None:
    answer = stuck.admin("GET", PATH, query=query)
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, field)


@pytest.mark.parametrize("cursor", ["x", "W10", "eyJhIjoxfQ"])
def test_a_cursor_that_no_list_gave_is_refused(stuck: Stuck, cursor: str) -> None:
    assert stuck.admin("GET", PATH, query=f"cursor={cursor}").body["code"] == "CURSOR_INVALID"


def test_a_list_comes_in_pages(stuck: Stuck) -> None:
    for _ in range(3):
        _held(stuck)
    first = stuck.admin("GET", PATH, query="limit=2").body
    rest = stuck.admin("GET", PATH, query=f"limit=2&cursor={first['nextCursor']}").body
    assert (len(first["findings"]), len(rest["findings"]), rest["nextCursor"]) == (2, 1, None)


def test_an_operator_starts_a_run_and_finds_it_by_its_id(stuck: Stuck, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []
    monkeypatch.setattr(FunctionStart, "start", lambda _, payload: started.append(payload))
    answer = stuck.admin("POST", f"{PATH}/run")
    assert (answer.status, answer.body["status"]) == (202, "started")
    stuck.reconcile(started[0])
    (run,) = stuck.admin("GET", PATH).body["lastRuns"]
    assert (run["id"], run["trigger"]) == (answer.body["run"], "operator")


def test_a_reconciler_that_cannot_be_started_is_a_503(stuck: Stuck) -> None:
    answer = stuck.admin("POST", f"{PATH}/run")
    assert (answer.status, answer.body["code"]) == (503, "STORE_UNAVAILABLE")
