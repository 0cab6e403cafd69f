"""What a provider keeps of a sale: expected from the checkout on, and put right when it pays out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.functions.reconciling import Stuck
from tests.functions.refunding import paid, shown
from tests.support.deployment import Answer
from tests.support.requests import context
from tollgate.fees.providers import PRICE_LISTS

DAY = 86_400
TOKYO = {"items": [{"code": "tokyo_ticket", "quantity": 1}]}  # 7,800 yen


def _settled(stuck: Stuck, checkout: Answer) -> None:
    stuck.swept(3 * DAY)
    stuck.later(3 * DAY)
    stuck.reconcile()
    assert shown(stuck, checkout)["status"] == "settled"


def _posted(stuck: Stuck, kind: str) -> dict[str, dict[str, int]]:
    """What entries of this kind did to the two accounts, by currency."""
    stored = [each for each in stuck.deployed.stored("journal_entry") if each["what"]["S"] == kind]
    assert len({each["currency"]["S"] for each in stored}) == len(stored)
    return {each["currency"]["S"]: _of_the_provider(json.loads(each["postings"]["S"])) for each in stored}


def _of_the_provider(postings: dict[str, int]) -> dict[str, int]:
    return {name.partition(":")[0]: amount for name, amount in postings.items() if name.startswith("provider_")}


def _converted(stuck: Stuck, **fields: Any) -> None:
    (intent,) = stuck.stripe.client.v1.payment_intents.list({"limit": 1}).data
    stuck.stripe.control(f"payment_intents/{intent.id}/convert", **fields)


def _balance(block: dict[str, Any], account: str) -> int:
    return sum(each["balance"] for each in block["accounts"] if each["account"] == account)


def test_every_provider_of_a_deployment_has_a_price_list(stuck: Stuck) -> None:
    headers = stuck.deployed.as_service("GET", "/internal/payments/providers")
    offered = stuck.deployed.call("GET", "/internal/payments/providers", headers=headers).body["providers"]
    assert {each["key"] for each in offered} <= set(PRICE_LISTS)


def test_a_confirmation_posts_what_is_expected_and_nothing_is_left_to_put_right(stuck: Stuck) -> None:
    checkout = paid(stuck)
    assert _posted(stuck, "payment_confirmed") == {"USD": {"provider_clearing": -9_680, "provider_fees": -320}}
    _settled(stuck, checkout)
    assert _posted(stuck, "payment_settled") == {"USD": {}}


def test_only_the_difference_is_posted_when_the_provider_tells(stuck: Stuck) -> None:
    """Of a sale in yen only the share of 2.9 % is known; Stripe's simulator keeps 30 yen more."""
    checkout = paid(stuck, **TOKYO)
    assert _posted(stuck, "payment_confirmed") == {"JPY": {"provider_clearing": 226 - 7_800, "provider_fees": -226}}
    _settled(stuck, checkout)
    assert _posted(stuck, "payment_settled") == {"JPY": {"provider_clearing": 30, "provider_fees": -30}}


def test_a_sale_that_was_confirmed_before_fees_were_expected_settles_with_all_of_it(stuck: Stuck) -> None:
    checkout = stuck.checkout()
    (stored,) = stuck.deployed.stored("payment")
    assert stored["provider_fee"] == {"N": "320"}
    key = {"pk": stored["pk"], "sk": stored["sk"]}
    table = stuck.deployed.environment["CORE_TABLE"]
    client = stuck.deployed.client("dynamodb")
    client.update_item(TableName=table, Key=key, UpdateExpression="REMOVE provider_fee")
    stuck.pay(checkout)
    stuck.pass_on("checkout.session.completed")
    stuck.deployed.apply_inbox()
    assert _posted(stuck, "payment_confirmed") == {"USD": {"provider_clearing": -10_000}}
    _settled(stuck, checkout)
    assert _posted(stuck, "payment_settled") == {"USD": {"provider_clearing": 320, "provider_fees": -320}}


@pytest.mark.parametrize("fee", [181, 0])
def test_the_fee_of_a_conversion_is_posted_in_its_own_currency(stuck: Stuck, fee: int) -> None:
    """What was expected in yen is taken back; of the fee in dollars, all is posted, once."""
    checkout = paid(stuck, **TOKYO)
    _converted(stuck, currency="usd", amount=5_210, fee=fee)
    _settled(stuck, checkout)
    stuck.reconcile()
    assert _posted(stuck, "payment_settled") == {"JPY": {"provider_clearing": -226, "provider_fees": 226}}
    kept = {"USD": {"provider_clearing": fee, "provider_fees": -fee}} if fee else {}
    assert _posted(stuck, "converted_fee") == kept
    assert stuck.types(checkout.body["id"]).count("payments.payment.settled") == 1


def test_the_books_of_both_currencies_sum_to_zero_after_a_conversion(stuck: Stuck) -> None:
    checkout = paid(stuck, **TOKYO)
    _converted(stuck, currency="usd", amount=5_210, fee=181)
    _settled(stuck, checkout)
    written = [each for each in stuck.deployed.stream("CORE_TABLE") if each["eventName"] == "INSERT"]
    entries = [each for each in written if each["dynamodb"]["NewImage"]["kind"]["S"] == "journal_entry"]
    stuck.deployed.function("ledger_projector").handler({"Records": entries}, context())
    told = stuck.admin("GET", "/admin/ledger/trial-balance").body
    assert told["balanced"]
    fees = {each["currency"]: _balance(each, "provider_fees") for each in told["currencies"]}
    assert fees == {"JPY": 0, "USD": -181}
