"""What the Segpay simulator charges again: on its clock, by its own plan, and told as Segpay tells it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from local.simulators.segpay.memberships import RETRY_DAYS
from tests.simulators.segpay_world import ACCOUNT, PLANS, PRICE_POINT, Postback, SegpayWorld, a_segpay_world
from tests.simulators.world import wait_until

DAY = 86_400
_WHO = (ACCOUNT["user_id"], ACCOUNT["user_access_key"])
_SRS = {"UserID": _WHO[0], "UserAccessKey": _WHO[1]}
_TERMS = {"InitialAmount": "0.00", "InitialLength": "7", "RecurringAmount": "19.95", "RecurringLength": "30"}


@pytest.fixture
def world() -> Iterator[SegpayWorld]:
    with a_segpay_world() as running:
        yield running


def _get(world: SegpayWorld, path: str, params: dict[str, str], **options: Any) -> httpx.Response:
    return httpx.get(f"{world.base}/{path}", params=params, trust_env=False, timeout=20, **options)


def _recurring_id(world: SegpayWorld, **terms: str) -> httpx.Response:
    asked = {"MerchantID": ACCOUNT["merchant_id"], **_TERMS, **terms}
    return _get(world, "MerchantServices/DynamicRecurring", asked, auth=_WHO)


def _link(world: SegpayWorld, **fields: str) -> str:
    (id_,) = re.findall(">([^<>]+)</string>", _recurring_id(world).text)
    told = {"x-eticketid": PLANS["USD"], "DynamicPricingID": id_, "REF1": "proof", "REF4": "sub_1"}
    return f"{world.base}/billing/poset.cgi?{urlencode(told | fields)}"


def _begun(world: SegpayWorld) -> str:
    """A membership on trial, by its purchase."""
    return str(world.control("pay", link=_link(world))["purchaseid"])


def _wish(world: SegpayWorld, method: str, **asked: str) -> str:
    text = _get(world, f"ADM.asmx/{method}", {**_SRS, **asked}).text
    (said,) = re.findall(">([^<>]*)</string>", text)
    return str(said)


def _told(world: SegpayWorld, after: float = 0) -> list[str]:
    """What was told so far, after a while, by action and stage, in the order in which it happened."""
    world.clock.offset += after
    sent = world.control("state", "GET")["deliveries"]
    wait_until(lambda: len(world.receiver.postbacks) >= len(sent), "the postbacks")
    said = [each["fields"] for each in sent]
    return [" ".join(filter(None, (each["action"], each.get("stage"), each.get("approved")))) for each in said]


def _last(world: SegpayWorld, action: str) -> Postback:
    return [each for each in world.receiver.postbacks if each.fields["action"] == action][-1]


@pytest.mark.parametrize(
    "terms", [{"RecurringAmount": "0"}, {"InitialLength": "0"}, {"RecurringLength": "x"}, {"InitialAmount": "-1"}]
)
def test_an_id_is_given_out_for_terms_that_make_sense(world: SegpayWorld, terms: dict[str, str]) -> None:
    assert _recurring_id(world).status_code == 200
    assert _recurring_id(world, **terms).status_code == 400
    assert _recurring_id(world, MerchantID="1").status_code == 400


def test_a_page_takes_only_an_id_that_was_given_out_and_says_what_comes_later(world: SegpayWorld) -> None:
    page = httpx.get(_link(world), trust_env=False)
    assert "0.00 USD" in page.text
    assert "after 7 days 19.95 USD, and again every 30 days" in page.text
    assert httpx.get(_link(world, DynamicPricingID="x"), trust_env=False).status_code == 400
    point = f"{world.base}/billing/poset.cgi?{urlencode({'x-eticketid': PRICE_POINT})}"
    assert "24.99 USD" in httpx.get(point, trust_env=False).text


def test_a_trial_is_converted_and_charged_again_with_what_came_with_the_link(world: SegpayWorld) -> None:
    purchase = _begun(world)
    assert _told(world) == ["Auth Initial Yes", "Enable"]
    assert _told(world, 6 * DAY)[2:] == []
    assert _told(world, DAY + 60)[2:] == ["Auth Conversion Yes"]
    assert _told(world, 61 * DAY)[3:] == ["Auth Rebill Yes"] * 2
    fields = _last(world, "Auth").fields
    said = {"purchaseid": purchase, "price": "19.95", "rval": "19.95", "rint": "30", "ival": "0.00", "iint": "7"}
    assert said.items() <= fields.items()
    assert (fields["extra ref1"], fields["extra ref4"]) == ("proof", "sub_1")
    rows = _get(world, "MWS.asmx/TransactionByPurchaseID", {**_SRS, "PurchaseID": purchase}).text
    assert re.findall("<Stage>([^<]+)<", rows) == ["Initial", "Conversion", "Rebill", "Rebill"]


def test_what_is_declined_is_tried_again_by_its_own_plan_and_then_over(world: SegpayWorld) -> None:
    purchase = _begun(world)
    world.control(f"memberships/{purchase}/decline", times=2)
    assert _told(world, 11 * DAY)[2:] == ["Auth Conversion No", "Auth Conversion No", "Auth Conversion Yes"]
    world.control(f"memberships/{purchase}/decline", times=99)
    assert _told(world, 29 * DAY)[5:] == ["Auth Rebill No"]
    assert _told(world, RETRY_DAYS[-1] * DAY)[6:] == [*["Auth Rebill No"] * len(RETRY_DAYS), "Disable"]
    assert _told(world, 60 * DAY)[-1] == "Disable"


def test_a_cancelled_one_ends_with_what_is_paid_unless_it_is_reactivated(world: SegpayWorld) -> None:
    purchase = _begun(world)
    assert _wish(world, "CancelMembership", PurchaseID=purchase) == "Successful"
    assert _wish(world, "CancelMembership", PurchaseID=purchase) == "Subscription not active, cancel failed"
    assert _wish(world, "CancelMembership", PurchaseID="1") == "PurchaseID/MerchantID Mismatch"
    for report, listed in (("Active", False), ("Cancelled", True)):
        rows = _get(world, f"MWS.asmx/Assets{report}SubscriptionsByURL", _SRS).text
        assert (f"<PurchaseID>{purchase}<" in rows) is listed
    world.control(f"memberships/{purchase}/reactivate")
    assert _told(world, 8 * DAY)[2:] == ["Cancel", "Reactivation", "Auth Conversion Yes"]
    again = _last(world, "Reactivation").fields
    assert again["reactivationtimestamp"] == again["transtime"]
    world.control(f"memberships/{purchase}/cancel")
    assert _told(world, 28 * DAY)[5:] == ["Cancel"]
    assert _told(world, 2 * DAY)[6:] == ["Disable"]


def test_an_expired_one_is_over_at_once(world: SegpayWorld) -> None:
    purchase = _begun(world)
    assert _wish(world, "ExpireMembership", PurchaseID=purchase) == "Successful"
    assert _wish(world, "ExpireMembership", PurchaseID=purchase) == "Subscription not active, cancel failed"
    assert _told(world, 60 * DAY)[2:] == ["Disable"]


def test_another_price_is_that_of_the_next_period(world: SegpayWorld) -> None:
    purchase = _begun(world)
    asked = {"PurchaseID": purchase, "RecurringAmount": "29.95", "Comments": "c"}
    assert _wish(world, "ModifyRebillAmount", **asked) == "Successful"
    _told(world, 8 * DAY)
    assert _last(world, "Auth").fields["price"] == "29.95"


@pytest.mark.parametrize("approved", [True, False])
def test_a_trial_can_be_paid_before_it_ends(world: SegpayWorld, approved: bool) -> None:
    purchase = _begun(world)
    world.control(f"memberships/{purchase}/convert", approved=approved)
    assert _told(world)[2:] == [f"Auth InstantConversion {'Yes' if approved else 'No'}"]
    assert len(_told(world, 8 * DAY)[3:]) == (0 if approved else 1)


def test_things_happen_though_nobody_asks(world: SegpayWorld) -> None:
    _begun(world)
    world.clock.offset += 8 * DAY
    wait_until(lambda: len(world.receiver.postbacks) == 3, "the conversion")


def test_the_control_refuses_what_it_does_not_know(world: SegpayWorld) -> None:
    purchase = _begun(world)
    for path in (f"memberships/{purchase}/freeze", "memberships/1/cancel"):
        assert httpx.post(f"{world.base}/control/{path}", json={}, trust_env=False).status_code == 404
