"""Subscriptions at Segpay when they are not paid, and when things cross or are lost."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from tests.functions.subscribing import DAY, HOUR
from tests.functions.subscribing_at_segpay import Members
from tests.simulators.segpay_world import Postback
from tollgate.adapters.providers.segpay import transport
from tollgate.checkout.ports import ProviderUnavailable


def owing(members: Members, times: int) -> dict[str, Any]:
    """One whose second period could not be charged, and so many tries in all."""
    active = members.subscribe()
    members.steer(active["id"], "decline", times=times)
    late = members.renew(active["id"])
    assert late["status"] == "past_due"
    return late


def test_what_could_not_be_charged_is_paid_by_segpays_own_next_try(members: Members) -> None:
    late = owing(members, times=2)
    assert (late["pastDue"]["due"], late["pastDue"]["attempts"]) == (3_999, 1)
    for what in ("pay", "pause"):
        assert members.ask("POST", f"/subscriptions/{late['id']}/{what}").status == 409
    owed, boss = members.payments()[0]["id"], members.shop.deployed.as_user("boss", role="admin")
    assert members.ask("POST", f"/admin/retry-payment/{owed}", who=boss).status == 409
    assert members.dun(late["id"], 2.5) == ["waiting", "waiting"]
    assert members.said(late["id"])[2:] == ["grace_started", "payment_failed", "reminded"]
    members.pass_time(2 * DAY)
    paid = members.show(late["id"])
    assert (paid["status"], paid["pastDue"]) == ("active", None)
    assert members.said(late["id"])[5:] == ["grace_ended", "renewed"]
    assert [each["status"] for each in members.payments()] == ["confirmed", "confirmed"]
    assert members.dun(late["id"], 1) == ["recovered"]
    members.renew(late["id"])
    assert len(members.payments()) == 3


def test_what_is_not_paid_in_a_week_is_given_up_and_ends_at_segpay_too(members: Members) -> None:
    late = owing(members, times=99)
    assert members.dun(late["id"], 8)[-1] == "unpaid"
    assert members.said(late["id"])[-2:] == ["grace_ended", "failed"]
    assert members.member(late["id"])["over"]
    members.hear()
    over = members.show(late["id"])
    assert (over["status"], over["accessUntil"], members.said(late["id"])[-1]) == ("unpaid", None, "failed")
    assert [each["status"] for each in members.payments()] == ["failed", "confirmed"]
    assert members.order().status == 201


def test_what_segpay_gives_up_is_over_unpaid(members: Members) -> None:
    late = owing(members, times=99)
    members.pass_time(13 * DAY)
    assert (members.show(late["id"])["status"], members.said(late["id"])[-1]) == ("unpaid", "failed")


def test_who_cancels_while_something_is_owed_ends_with_that(members: Members) -> None:
    late = owing(members, times=99)
    members.ask("POST", f"/subscriptions/{late['id']}/cancel", {"when": "now"})
    members.hear()
    assert members.show(late["id"])["status"] == "cancelled"
    assert members.said(late["id"])[-3:] == ["grace_ended", "cancelled", "ended"]


@pytest.mark.parametrize(
    ("kind", "type_"), [("credit", "purchase.refunded"), ("void", "purchase.refunded"), ("charge", "dispute.lost")]
)
def test_what_goes_back_of_a_later_period_is_found_by_its_sale(members: Members, kind: str, type_: str) -> None:
    active = members.subscribe()
    members.renew(active["id"])
    sale = members.segpay.control("state", "GET")["transactions"][-1]["tranid"]
    members.segpay.control(f"transactions/{sale}/{kind}")
    members.hear()
    renewal, first = members.payments()
    assert [each["type"] for each in members.shop.deployed.events(renewal["id"])][-1].endswith(type_)
    assert (first["status"], members.shop.shown(first["id"])["refundable"]) == ("confirmed", 3_999)
    assert members.show(active["id"])["status"] == "active"


def test_a_later_period_is_refunded_from_here(members: Members) -> None:
    active = members.subscribe()
    members.renew(active["id"])
    renewal = members.payments()[0]
    assert members.shop.refund(renewal["id"]).body["refund"]["status"] == "succeeded"
    members.hear()
    assert [each["status"] for each in members.payments()] == ["refunded", "confirmed"]
    assert members.segpay.kinds() == ["sale", "sale", "credit"]


def test_a_reversal_that_comes_before_its_period_waits_for_it(members: Members) -> None:
    active = members.subscribe()
    members.deaf = True
    members.renew(active["id"])
    sale = members.segpay.control("state", "GET")["transactions"][-1]["tranid"]
    members.segpay.control(f"transactions/{sale}/credit")
    # Each is sent by itself: which comes first is nobody's promise.
    told = {each.fields["trantype"].lower(): each for each in members.postbacks()[-2:]}
    rebill, credit = told["sale"], told["credit"]
    members.tell(credit)
    members.reconcile(6 * 60)
    assert "parked" in members.shop.inbox()
    members.tell(rebill)
    members.reconcile(HOUR)
    assert [each["status"] for each in members.payments()] == ["refunded", "settled"]


def _a_life(members: Members) -> tuple[str, list[Postback]]:
    """Paid, renewed, declined, cancelled and ended at Segpay; and nobody has heard of any of it."""
    ordered = members.order()
    members.deaf = True
    members.segpay.pay(ordered.body["checkoutUrl"])
    id_ = str(ordered.body["id"])
    members.renew(id_)
    members.steer(id_, "decline", times=9)
    members.renew(id_)
    members.postbacks()
    # There is nothing left that was paid for: it ends in the same second.
    members.steer(id_, "cancel")
    *told, one, other = [each for each in members.postbacks() if each.fields["action"] != "Enable"]
    told += sorted((one, other), key=lambda each: each.fields["action"])
    assert [each.fields["action"] for each in told] == ["Auth", "Auth", "Auth", "Cancel", "Disable"]
    return id_, told


_ORDERS = list(permutations(range(5)))


@pytest.mark.parametrize("order", [_ORDERS[number] for number in (0, 23, 47, 71, 95, 119)])
def test_postbacks_of_a_whole_life_come_in_any_order(members: Members, order: tuple[int, ...]) -> None:
    """All orders are tried without a database in `tests/unit/subscriptions`."""
    id_, told = _a_life(members)
    for number in order:
        members.tell(told[number])
        members.shop.deployed.apply_inbox()
    for _ in range(3):
        members.shop.deployed.apply_inbox()
    said = sorted(members.said(id_))
    assert said == ["activated", "cancelled", "created", "failed", "grace_ended", "grace_started", "renewed"]
    assert members.show(id_)["status"] == "unpaid"
    assert set(members.shop.inbox()) <= {"applied", "repeated", "stale", "ignored"}
    assert [each["status"] for each in members.payments()] == ["failed", "confirmed", "confirmed"]


@pytest.mark.parametrize("kind", ["500", "lost", "slow"])
@pytest.mark.parametrize("when", ["now", "period_end"])
def test_an_end_whose_answer_was_lost_is_read_and_not_repeated_blindly(
    members: Members, monkeypatch: pytest.MonkeyPatch, kind: str, when: str
) -> None:
    active = members.subscribe()
    monkeypatch.setattr(transport, "READ_TIMEOUT_SECONDS", 0.3)
    fault = {"kind": "delay", "seconds": 0.6} if kind == "slow" else {"kind": kind}
    method = "ExpireMembership" if when == "now" else "CancelMembership"
    members.segpay.control("faults", path=f"/ADM.asmx/{method}", **fault)
    path = f"/subscriptions/{active['id']}/cancel"
    answer = members.ask("POST", path, {"when": when})
    if kind != "lost":
        assert (answer.status, answer.body["code"]) == (502, "PROVIDER_UNAVAILABLE")
        answer = members.ask("POST", path, {"when": when})
    assert answer.status == 200, answer.body
    assert answer.body["status"] == ("cancelled" if when == "now" else "active")
    members.hear()
    assert members.said(active["id"])[2:] == (["cancelled", "ended"] if when == "now" else ["cancelled"])


def test_where_segpay_does_not_answer_nothing_is_given_up(members: Members) -> None:
    late = owing(members, times=99)
    invoice = next(each["data"]["invoice"] for each in late["history"] if each["type"].endswith("grace_started"))
    members.shop.later(8 * DAY)
    members.deaf = True
    assert members.step(late["id"], invoice)["outcome"] == "waiting"
    members.segpay.control("faults", kind="503", path="/MWS.asmx")
    with pytest.raises(ProviderUnavailable):
        members.step(late["id"], invoice)
    assert members.show(late["id"])["status"] == "past_due"
    members.segpay.control("faults", kind="503", path="/ADM.asmx")
    with pytest.raises(ProviderUnavailable):
        members.step(late["id"], invoice)
    assert (members.show(late["id"])["status"], members.member(late["id"])["over"]) == ("unpaid", False)
    assert members.step(late["id"], invoice)["outcome"] == "unpaid"
    assert members.member(late["id"])["over"]


def test_a_renewal_that_nobody_tells_of_is_found_when_its_period_is_over(members: Members) -> None:
    active = members.subscribe()
    members.deaf = True
    for _ in range(2):
        members.renew(active["id"])
    assert members.reconcile(2 * DAY)["repaired"]["unheard_renewal"] == 2
    assert members.said(active["id"])[2:] == ["renewed", "renewed"]
    members.deaf = False
    members.hear()
    assert members.said(active["id"])[2:] == ["renewed", "renewed"]
    assert len(members.payments()) == 3


@pytest.mark.parametrize("how", ["cancelled", "declined"])
def test_an_end_that_nobody_tells_of_is_found_too(members: Members, how: str) -> None:
    active = members.subscribe()
    members.deaf = True
    if how == "cancelled":
        members.steer(active["id"], "cancel")
    else:
        members.steer(active["id"], "decline", times=99)
    members.reconcile(32 * DAY)
    shown = members.show(active["id"])
    assert shown["status"] == ("cancelled" if how == "cancelled" else "past_due")


def test_a_first_sale_that_nobody_tells_of_is_found_in_the_reports(members: Members) -> None:
    ordered = members.order()
    members.deaf = True
    members.segpay.pay(ordered.body["checkoutUrl"])
    members.pass_time(16 * 60)
    assert members.shop.stuck.reconcile()["repaired"]["missed_event"] == 1
    active = members.show(ordered.body["id"])
    assert active["status"] == "active"
    members.deaf = False
    members.hear()
    members.renew(active["id"])
    members.shop.stuck.swept(-2 * DAY, "segpay")
    assert members.shop.stuck.reconcile()["needs_somebody"] == 0
    assert members.said(active["id"]) == ["created", "activated", "renewed"]
    assert [each["status"] for each in members.payments()] == ["confirmed", "settled"]
