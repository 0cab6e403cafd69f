"""What of a subscription at Segpay is believed, and what becomes of what is not."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.functions.subscribing import DAY, HOUR
from tests.functions.subscribing_at_segpay import Members


def changed(link: str, **fields: str) -> str:
    """A link that its buyer has altered."""
    told = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    return f"{link.partition('?')[0]}?{urlencode(told | fields)}"


@pytest.mark.parametrize(
    "fields",
    [
        {"REF1": "0" * 64},
        {"REF2": "pay_01jd0000000000000000000000"},
        {"REF3": "another"},
        {"REF4": "sub_01jd0000000000000000000000"},
        {"REF5": "3999:199:USD:30:30"},
        {"REF4": "", "REF5": ""},
    ],
    ids=" ".join,
)
def test_a_link_that_was_changed_begins_nothing(members: Members, fields: dict[str, str]) -> None:
    ordered = members.order()
    members.segpay.pay(changed(ordered.body["checkoutUrl"], **fields))
    members.hear()
    assert sorted(members.shop.inbox()) == ["failed", "ignored"]
    assert members.show(ordered.body["id"])["status"] == "pending"
    members.pass_time(31 * DAY)
    assert members.said(ordered.body["id"]) == ["created"]


@pytest.mark.parametrize("cheap", ["silver_month", "gold_year"])
def test_a_price_of_another_plan_in_the_link_begins_nothing(members: Members, cheap: str) -> None:
    """A trial of what is dear with the price of what is cheap, and days that were not ordered."""
    dear = members.order("gold_month").body
    other = parse_qs(urlsplit(members.order(cheap, who=members.shop.deployed.as_user("b")).body["checkoutUrl"]).query)
    members.segpay.pay(changed(dear["checkoutUrl"], DynamicPricingID=other["DynamicPricingID"][0]))
    members.hear()
    assert members.show(dear["id"])["status"] == "pending"
    assert "failed" in members.shop.inbox()


def test_who_does_not_know_the_password_tells_nothing(members: Members) -> None:
    active = members.subscribe()
    members.deaf = True
    members.steer(active["id"], "cancel")
    told = members.postbacks()[-1]
    for headers in ({}, {"authorization": "Basic c2VncGF5Ondyb25n"}):
        assert members.shop.post(replace(told, headers=headers))[0] == 400
    assert members.said(active["id"]) == ["created", "activated"]


def test_a_membership_is_known_by_its_purchase_when_keys_have_changed_since(members: Members) -> None:
    active = members.subscribe()
    members.deaf = True
    members.renew(active["id"])
    told = members.postbacks()[-1]
    strange = told.fields | {"extra ref1": "0" * 64}
    members.tell(replace(told, query=urlencode(strange)))
    assert members.said(active["id"])[2:] == ["renewed"]
    unknown = strange | {"purchaseid": "77", "tranid": "78"}
    members.tell(replace(told, query=urlencode(unknown)))
    assert members.shop.inbox().count("failed") == 1


def test_a_first_period_in_another_amount_is_held_and_ends_at_segpay_too(members: Members) -> None:
    ordered = members.order()
    members.deaf = True
    members.segpay.pay(ordered.body["checkoutUrl"])
    sale = next(each for each in members.postbacks() if each.fields["action"] == "Auth")
    members.tell(replace(sale, query=urlencode(sale.fields | {"price": "1.00"})))
    assert (members.show(ordered.body["id"])["status"], members.shop.inbox().count("held")) == ("expired", 1)
    members.reconcile(HOUR)
    assert members.member(ordered.body["id"])["over"]


def test_a_page_that_is_paid_too_late_begins_nothing_and_ends_at_segpay(members: Members) -> None:
    ordered = members.order()
    members.reconcile(25 * HOUR)
    assert members.show(ordered.body["id"])["status"] == "expired"
    members.segpay.pay(ordered.body["checkoutUrl"])
    members.hear()
    members.reconcile(HOUR)
    assert members.member(ordered.body["id"])["over"]
    assert [each["type"] for each in members.shop.deployed.events(members.payments()[0]["id"])][-1].endswith("required")


def test_a_trial_that_is_begun_too_late_ends_at_segpay_before_it_costs_anything(members: Members) -> None:
    ordered = members.order("silver_month")
    members.reconcile(25 * HOUR)
    assert members.show(ordered.body["id"])["status"] == "expired"
    members.segpay.pay(ordered.body["checkoutUrl"])
    members.hear()
    members.reconcile(HOUR)
    assert members.member(ordered.body["id"])["over"]


def test_a_link_that_is_paid_twice_is_two_memberships_of_which_the_second_is_for_a_person(members: Members) -> None:
    ordered = members.order()
    first, second = (members.segpay.pay(ordered.body["checkoutUrl"]) for _ in range(2))
    members.hear()
    assert first != second
    assert members.shop.inbox().count("held") == 1
    members.pass_time(31 * DAY)
    assert members.said(ordered.body["id"]) == ["created", "activated", "renewed"]
    assert members.shop.inbox().count("failed") == 1
