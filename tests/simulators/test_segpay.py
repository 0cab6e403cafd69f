"""The Segpay simulator: what its own protocol says, whoever asks."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.simulators.segpay_world import ACCOUNT, PASSWORD, SegpayWorld, a_segpay_world
from tests.simulators.world import wait_until

_WHO = (ACCOUNT["user_id"], ACCOUNT["user_access_key"])
_SRS = {"UserID": _WHO[0], "UserAccessKey": _WHO[1]}
_PRICES = "MerchantServices/DynamicPricing/"


@pytest.fixture
def world() -> Iterator[SegpayWorld]:
    with a_segpay_world() as running:
        yield running


def _get(world: SegpayWorld, path: str, params: dict[str, str] | None = None, **options: Any) -> httpx.Response:
    return httpx.get(f"{world.base}/{path}", params=params, trust_env=False, timeout=20, **options)


def _price(world: SegpayWorld, amount: str) -> httpx.Response:
    return _get(world, _PRICES, {"merchantId": ACCOUNT["merchant_id"], "amount": amount}, auth=_WHO)


def _link(world: SegpayWorld, amount: str = "19.95", **fields: str) -> str:
    (price,) = re.findall(">([^<>]+)</string>", _price(world, amount).text)
    told = {"x-eticketid": "100001:1", "amount": amount, "dynamicpricingid": price, "x-auth-link": "http://shop/ok"}
    return f"{world.base}/billing/poset.cgi?{urlencode(told | fields)}"


def _pay(link: str, card: str = "4444333322221111") -> httpx.Response:
    return httpx.post(link, data={"card": card}, trust_env=False)


def test_a_postback_comes_again_until_it_is_answered_as_expected(world: SegpayWorld) -> None:
    world.receiver.answers = [(500, "OK"), (200, "received"), (200, "OK")]
    world.pay(_link(world, REF1="proof", REF2="pay_1", mine="7"))
    told = world.receiver.wait_for(3)
    assert len({each.query for each in told}) == 1
    password = base64.b64encode(f"segpay:{PASSWORD}".encode()).decode()
    assert told[0].headers["authorization"] == f"Basic {password}"
    said = {"action": "Auth", "approved": "Yes", "price": "19.95", "currencycode": "USD"}
    assert said.items() <= told[0].fields.items()
    assert (told[0].fields["extra ref1"], told[0].fields["extra ref2"]) == ("proof", "pay_1")
    wait_until(lambda: world.control("state", "GET")["deliveries"][0]["taken"], "the answer")


def test_a_page_takes_the_price_that_it_was_given_for_and_no_other(world: SegpayWorld) -> None:
    link = _link(world)
    assert "19.95 USD" in httpx.get(link, trust_env=False).text
    for wrong in (link.replace("amount=19.95", "amount=0.95"), link.replace("100001", "999999")):
        assert httpx.get(wrong, trust_env=False).status_code == _pay(wrong).status_code == 400
    assert "declined" in _pay(link, "4444444444445555").text
    paid = _pay(link)
    assert (paid.status_code, paid.headers["location"]) == (303, "http://shop/ok")
    assert sorted(each.fields["approved"] for each in world.receiver.wait_for(2)) == ["No", "Yes"]


def test_who_has_no_credentials_is_told_so_as_each_service_does(world: SegpayWorld) -> None:
    assert _get(world, _PRICES, {"amount": "1.00"}).status_code == 401
    refused = _get(world, "ADM.asmx/RefundTransaction", {**_SRS, "UserAccessKey": "x", "TransID": "1"})
    assert (refused.status_code, "Invalid Merchant" in refused.text) == (200, True)


def test_a_sale_is_given_back_once_and_reports_have_both(world: SegpayWorld) -> None:
    sale = world.pay(_link(world))
    asked = {**_SRS, "TransID": sale, "RefundReason": "r"}
    assert "Successful" in _get(world, "ADM.asmx/RefundTransaction", asked).text
    assert "refunded already" in _get(world, "ADM.asmx/RefundTransaction", asked).text
    rows = _get(world, "MWS.asmx/TransactionByTransID", {**_SRS, "TransID": sale}).text
    assert re.findall("<TransType>([^<]+)<", rows) == ["Sale", "Credit"]
    days = {"BegDate": "01012020", "EndDate": "01022020"}
    assert "<Data " not in _get(world, "MWS.asmx/TransactionsList_V3", {**_SRS, **days}).text
    told = [each.fields.get("relatedtranid") for each in world.receiver.wait_for(2)]
    assert sorted(filter(None, told)) == [sale]


@pytest.mark.parametrize(("kind", "made"), [("500", 0), ("lost", 1)])
def test_a_fault_comes_before_the_work_or_after_it(world: SegpayWorld, kind: str, made: int) -> None:
    world.control("faults", kind=kind, path="/MerchantServices")
    assert _price(world, "1.00").status_code >= 500
    assert world.control("state", "GET")["prices"] == made
    assert _price(world, "1.00").status_code == 200


def test_the_control_says_what_it_does_and_which_field_is_wrong(world: SegpayWorld) -> None:
    assert "/control/pay" in _get(world, "control").json()
    answer = httpx.post(f"{world.base}/control/faults", json={"kind": "fire"}, trust_env=False)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "kind")
