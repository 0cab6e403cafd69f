"""A purchase on Segpay's page, against the simulator, with everything that can go wrong on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from tests.functions.segpaying import Shop, a_shop
from tests.simulators.segpay_world import ACCOUNT, PASSWORD, Postback, SegpayWorld, a_segpay_world
from tests.simulators.world import World
from tests.support.deployment import deployment
from tests.support.engine import Engine
from tests.support.requests import new_key
from tollgate.adapters.providers.segpay import transport

MINUTE, DAY = 60, 86_400
OPENED, CONFIRMED = ["payments.payment.created", "payments.checkout.opened"], "payments.purchase.confirmed"


@pytest.fixture
def segpay() -> Iterator[SegpayWorld]:
    with a_segpay_world() as world:
        yield world


@pytest.fixture
def shop(engine: Engine, stripe: World, segpay: SegpayWorld, tmp_path: Path) -> Iterator[Shop]:
    with a_shop(engine, stripe, segpay, tmp_path) as made:
        yield made


def _link(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_purchase_is_confirmed_once_though_it_is_told_twice(shop: Shop, method: str) -> None:
    shop.segpay.control("postbacks", method=method)
    payment, transaction = shop.sold()
    shop.hear()
    assert shop.types(payment) == [*OPENED, CONFIRMED]
    assert (shop.shown(payment)["captured"], shop.inbox()) == (10_000, ["applied"])
    assert transaction in str(shop.deployed.events(payment)[-1])


def test_the_link_has_what_is_sold_and_whose_it_is_and_goes_by_our_id(shop: Shop) -> None:
    checkout = shop.checkout(customerEmail="buyer@example.com")
    link, id_ = _link(checkout.body["checkoutUrl"]), checkout.body["id"]
    assert (link["x-eticketid"], link["amount"], link["dynamicdesc"]) == ("100001:1", "100.00", "2 x Concert ticket")
    assert (link["REF2"], link["REF3"], link["x-billemail"]) == (id_, "demo", "buyer@example.com")
    assert checkout.body["providerCheckoutSessionId"] == id_
    assert link["x-auth-link"].endswith(f"session_id={id_}")
    assert ACCOUNT["user_access_key"] not in str(checkout.body)
    page = httpx.get(checkout.body["checkoutUrl"], trust_env=False)
    assert "100.00 USD" in page.text
    paid = httpx.post(checkout.body["checkoutUrl"], data={"card": "4444 3333 2222 1111"}, trust_env=False)
    assert (paid.status_code, paid.headers["location"]) == (303, link["x-auth-link"])


def test_a_currency_without_minor_units_is_charged_right_and_one_without_a_package_not_at_all(shop: Shop) -> None:
    payment, _ = shop.sold(items=[{"code": "tokyo_ticket"}])
    assert (shop.shown(payment)["captured"], shop.shown(payment)["currency"]) == (7_800, "JPY")
    refused = shop.checkout(items=[{"code": "kuwait_ticket"}])
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "currency")


def test_a_decline_fails_the_attempt_and_not_the_payment(shop: Shop) -> None:
    checkout = shop.checkout()
    shop.segpay.pay(checkout.body["checkoutUrl"], card="4444444444445555")
    shop.hear(1)
    assert shop.shown(checkout.body["id"])["status"] == "pending"
    shop.segpay.pay(checkout.body["checkoutUrl"])
    shop.hear(2)
    assert shop.types(checkout.body["id"])[2:] == ["payments.payment.declined", CONFIRMED]


@pytest.mark.parametrize("changed", ["REF1", "REF3", "price"])
def test_a_sale_that_does_not_prove_itself_is_kept_for_a_person_and_confirms_nothing(shop: Shop, changed: str) -> None:
    """A reference of another's, or a page that takes less than the one that it was made for."""
    checkout = shop.checkout()
    link = checkout.body["checkoutUrl"]
    if changed == "price":
        cheap = _link(shop.checkout(items=[{"code": "starter_month"}]).body["checkoutUrl"])
        wanted = {**cheap, **{name: text for name, text in _link(link).items() if name.startswith("REF")}}
    else:
        wanted = {**_link(link), changed: "another"}
    shop.segpay.pay(f"{link.partition('?')[0]}?{urlencode(wanted)}")
    shop.hear(1)
    assert shop.inbox() == ["failed"]
    assert shop.types(checkout.body["id"]) == OPENED


def test_a_page_that_was_cancelled_and_is_paid_all_the_same_is_late_money(shop: Shop) -> None:
    checkout = shop.checkout()
    path = f"/payments/checkout/{checkout.body['id']}/cancel"
    assert shop.deployed.call("POST", path, headers=shop.deployed.as_user()).body["status"] == "cancelled"
    shop.segpay.pay(checkout.body["checkoutUrl"])
    shop.hear(1)
    assert (shop.shown(checkout.body["id"])["review"], shop.inbox()) == ("late_capture", ["held"])
    assert shop.refund(checkout.body["id"]).body["refund"]["status"] == "succeeded"
    assert shop.segpay.kinds() == ["sale", "credit"]


def test_cancelling_what_was_just_paid_confirms_it(shop: Shop) -> None:
    checkout = shop.checkout()
    shop.segpay.pay(checkout.body["checkoutUrl"])
    path = f"/payments/checkout/{checkout.body['id']}/cancel"
    assert shop.deployed.call("POST", path, headers=shop.deployed.as_user()).status == 409
    shop.hear(1)
    assert shop.types(checkout.body["id"])[2:] == [CONFIRMED]


@pytest.mark.parametrize("kind", ["500", "lost", "slow"])
def test_an_answer_that_was_lost_is_a_502_and_the_same_key_makes_no_second_payment(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(transport, "READ_TIMEOUT_SECONDS", 0.3)
    fault = {"kind": "delay", "seconds": 0.6} if kind == "slow" else {"kind": kind}
    shop.segpay.control("faults", path="/MerchantServices", **fault)
    key = new_key()
    failed, again = shop.checkout(key), shop.checkout(key)
    assert (failed.status, failed.body["code"], again.status) == (502, "PROVIDER_UNAVAILABLE", 201)
    assert len(shop.deployed.stored("payment")) == 1
    shop.segpay.pay(again.body["checkoutUrl"])
    shop.hear(1)
    assert shop.types(again.body["id"]) == [*OPENED, CONFIRMED]


def test_a_refund_is_made_once_though_it_is_told_with_no_id_of_ours(shop: Shop) -> None:
    payment, _ = shop.sold()
    assert shop.refund(payment).body["refund"]["status"] == "succeeded"
    shop.hear(2)
    assert shop.types(payment)[3:] == ["payments.refund.requested", "payments.purchase.refunded"]
    assert (shop.shown(payment)["status"], shop.shown(payment)["refundable"]) == ("refunded", 0)


def test_a_part_is_refused_before_anything_is_reserved(shop: Shop) -> None:
    payment, _ = shop.sold()
    answer = shop.refund(payment, amount=2_500)
    assert (answer.status, answer.body["code"]) == (409, "INVALID_STATE")
    assert "segpay gives back all" in answer.body["error"]
    assert (shop.shown(payment)["refundable"], shop.types(payment)[3:]) == (10_000, [])
    assert shop.segpay.kinds() == ["sale"]


def test_a_refund_whose_answer_was_lost_is_unknown_until_its_postback_tells(shop: Shop) -> None:
    payment, _ = shop.sold()
    shop.segpay.control("faults", kind="lost", path="/ADM.asmx")
    assert shop.refund(payment).body["refund"]["status"] == "unknown"
    shop.hear(2)
    assert (shop.shown(payment)["status"], shop.shown(payment)["refundable"]) == ("refunded", 0)
    assert shop.segpay.kinds() == ["sale", "credit"]


def test_where_its_postback_is_lost_too_the_reconciler_reads_the_reports(shop: Shop) -> None:
    payment, _ = shop.sold()
    shop.segpay.control("postbacks", lost=1)
    shop.segpay.control("faults", kind="lost", path="/ADM.asmx")
    shop.refund(payment)
    shop.later(6 * MINUTE)
    assert shop.stuck.reconcile()["repaired"]["unsure_refund"] == 1
    assert shop.shown(payment)["status"] == "refunded"


def test_a_refund_that_was_never_made_is_given_up_after_a_day_and_sent_by_nobody(shop: Shop) -> None:
    payment, _ = shop.sold()
    shop.segpay.control("faults", kind="500", path="/ADM.asmx")
    shop.refund(payment)
    shop.later(20 * MINUTE)
    shop.stuck.reconcile()
    assert shop.shown(payment)["status"] == "refunding"
    shop.stuck.swept(2 * DAY, "segpay")
    shop.later(DAY + 30 * MINUTE)
    shop.stuck.reconcile()
    assert (shop.shown(payment)["status"], shop.shown(payment)["refundable"]) == ("confirmed", 10_000)
    assert shop.segpay.kinds() == ["sale"]


def test_a_refund_that_surely_was_not_sent_is_over(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    payment, _ = shop.sold()
    monkeypatch.setenv("SEGPAY_API_BASE", "http://127.0.0.1:9")
    shop.deployed.modules.clear()
    answer = shop.refund(payment)
    assert (answer.status, answer.body["code"]) == (502, "REFUND_FAILED")
    assert shop.shown(payment)["refundable"] == 10_000


@pytest.mark.parametrize(
    ("kind", "amount", "status"), [("credit", "30.00", "partially_refunded"), ("void", None, "refunded")]
)
def test_what_was_given_back_at_the_portal_applies(shop: Shop, kind: str, amount: str | None, status: str) -> None:
    payment, transaction = shop.sold()
    shop.segpay.control(f"transactions/{transaction}/{kind}", **({"amount": amount} if amount else {}))
    shop.hear(2)
    assert (shop.shown(payment)["status"], shop.types(payment)[3:]) == (status, ["payments.purchase.refunded"])


def test_a_chargeback_is_a_dispute_that_is_opened_and_lost_and_waits_for_its_sale(shop: Shop) -> None:
    checkout = shop.checkout()
    transaction = shop.segpay.pay(checkout.body["checkoutUrl"])
    shop.segpay.control(f"transactions/{transaction}/charge")
    for each in reversed(shop.segpay.receiver.wait_for(2)):
        shop.post(each)
        shop.deployed.apply_inbox()
    shop.deployed.apply_inbox()
    assert shop.types(checkout.body["id"])[2:] == [CONFIRMED, "payments.dispute.opened", "payments.dispute.lost"]
    assert shop.shown(checkout.body["id"])["refundable"] == 0


def test_a_sale_whose_postback_was_lost_is_found_in_the_reports(shop: Shop) -> None:
    shop.segpay.control("postbacks", lost=1)
    checkout = shop.checkout()
    shop.segpay.pay(checkout.body["checkoutUrl"])
    shop.later(16 * MINUTE)
    assert shop.stuck.reconcile()["repaired"]["missed_event"] == 1
    assert shop.shown(checkout.body["id"])["status"] == "confirmed"


def test_a_reversal_without_our_echo_is_known_by_its_sale(shop: Shop) -> None:
    payment, transaction = shop.sold()
    told = shop.segpay.control(f"transactions/{transaction}/credit")
    shop.segpay.receiver.wait_for(2)
    plain = {name: text for name, text in told.items() if not name.startswith("extra")}
    headers = shop.segpay.receiver.postbacks[0].headers
    assert shop.post(Postback("GET", urlencode(plain), headers, b""))[0] == 200
    shop.deployed.apply_inbox()
    assert shop.inbox()[-1] == "parked"
    shop.later(6 * MINUTE)
    shop.stuck.reconcile()
    assert shop.shown(payment)["status"] == "refunded"


# --- the address ---


def _a_postback(shop: Shop) -> Postback:
    shop.segpay.pay(shop.checkout().body["checkoutUrl"])
    return shop.segpay.receiver.wait_for(1)[0]


def _set_webhook_secret(shop: Shop, **changes: Any) -> None:
    secret = json.dumps({**shop.segpay.secrets()["segpay/webhook"], **changes})
    manager = shop.deployed.client("secretsmanager")
    manager.put_secret_value(SecretId=f"{shop.deployed.prefix}/segpay/webhook", SecretString=secret)
    shop.deployed.modules.pop("provider_webhook", None)


def test_who_does_not_know_the_password_stores_nothing(shop: Shop) -> None:
    told = _a_postback(shop)
    for authorization in ("", "Basic", "Basic !", "Basic c2VncGF5Ondyb25n", f"Bearer {PASSWORD}"):
        assert shop.post(replace(told, headers={"authorization": authorization}))[0] == 400
    assert shop.inbox() == []


def test_the_address_that_calls_is_the_functions_own_knowledge(shop: Shop) -> None:
    told = _a_postback(shop)
    _set_webhook_secret(shop, source_ips=["198.51.100.0/24"])
    assert shop.post(replace(told, headers={**told.headers, "x-forwarded-for": "198.51.100.7"}))[0] == 400
    assert shop.post(told, source="198.51.100.7")[0] == 200


def test_an_address_without_proofs_does_not_exist(shop: Shop) -> None:
    told = _a_postback(shop)
    _set_webhook_secret(shop, basic=[])
    assert shop.post(told)[0] == 404


def test_a_probe_is_answered_as_the_portal_expects_and_says_nothing(shop: Shop) -> None:
    shop.segpay.control("postbacks/send", action="Probe")
    shop.hear(1)
    assert shop.inbox() == ["ignored"]
    assert shop.post(replace(shop.segpay.receiver.postbacks[0], query="colour=red"))[0] == 400


def test_nothing_personal_is_kept_of_a_postback(shop: Shop) -> None:
    told = _a_postback(shop)
    assert "Ada" in told.fields["billname"]
    shop.hear()
    (stored,) = shop.deployed.stored("provider_event", "INBOX_TABLE")
    assert "Ada" not in str(stored)
    assert "203.0.113.7" not in str(stored)


def test_where_segpay_is_off_there_is_no_offer_and_without_its_secret_no_door(engine: Engine) -> None:
    with deployment(engine) as made:
        assert made.webhook("segpay", b"action=Probe", "").status == 404
        refused = made.checkout(method="card", provider="segpay")
        assert (refused.status, refused.body["errors"][0]["field"]) == (422, "provider")
