"""What the catalog says, and what is then sold; what asking it costs; and the configuration that fills it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from local import seed
from tests.functions.pricing import ITEMS, PLAN, PLATFORM, Catalog, a_catalog, fields_of
from tests.support.calls import counted_calls
from tests.support.engine import Engine
from tests.support.furnishing import CONFIG
from tests.support.requests import new_key


@pytest.fixture(scope="module")
def catalog(engine: Engine) -> Iterator[Catalog]:
    with a_catalog(engine) as made:
        yield made


def test_a_plan_is_not_sold_once(catalog: Catalog) -> None:
    items = [{"code": "concert_ticket"}, {"code": "gold_month"}]
    refused = catalog.deployed.checkout(items=items)
    assert fields_of(refused) == (422, ["items.1.code"])
    assert "each month" in refused.body["errors"][0]["message"]
    charge = {"items": items, "method": "mock", "sources": {"mock": "ok"}}
    headers = {**catalog.deployed.as_user(), "idempotency-key": new_key()}
    assert fields_of(catalog.deployed.call("POST", "/payments/charges", charge, headers=headers)) == (
        422,
        ["items.1.code"],
    )
    session = {
        "pricingItemCode": "gold_month",
        "consumerKey": "tickets",
        "consumerTenantId": "demo",
        "method": "mock",
        "successUrl": "https://shop.example/thanks",
        "cancelUrl": "https://shop.example/cart",
    }
    answer = catalog.deployed.call("POST", "/internal/payments/checkout-sessions", session, headers=PLATFORM)
    assert fields_of(answer) == (422, ["items.0.code"])


def test_a_tenants_own_price_is_what_its_buyers_pay_and_a_change_reaches_the_next_instance(catalog: Catalog) -> None:
    own = catalog.made("sold_once", interval=None, trialDays=0, risk="low", amount=700, references={})
    assert catalog.deployed.checkout(items=[{"code": "sold_once"}]).body["amount"] == 700
    catalog.ask("PATCH", own, {"amount": 900})
    catalog.deployed.modules["checkout_api"] = catalog.deployed.fresh("checkout_api")
    assert catalog.deployed.checkout(items=[{"code": "sold_once"}]).body["amount"] == 900


# --- what it costs, and the configuration ---


def test_a_change_is_one_read_and_one_transaction_and_a_list_one_query_of_each_partition(catalog: Catalog) -> None:
    own = catalog.made("counted", references={})
    for method, path, body, made in (
        ("PATCH", own, {"amount": 5}, ["dynamodb.GetItem", "dynamodb.TransactWriteItems"]),
        ("DELETE", own, None, ["dynamodb.GetItem", "dynamodb.TransactWriteItems"]),
        ("POST", ITEMS, {**PLAN, "code": "counted_2", "consumerTenantId": "demo"}, ["dynamodb.TransactWriteItems"]),
        ("GET", ITEMS, None, ["dynamodb.Query", "dynamodb.Query", "dynamodb.BatchGetItem"]),
    ):
        with counted_calls() as calls:
            assert catalog.ask(method, path, body, query="consumerTenantId=demo&limit=100").status < 300
        assert calls.made == made


def test_the_configuration_is_written_once_and_what_changes_in_it_is_told(catalog: Catalog, tmp_path: Path) -> None:
    table, before = catalog.deployed.environment["CORE_TABLE"], catalog.deployed.stored("pricing_item")
    entries = yaml.safe_load((CONFIG / "pricing.yaml").read_text())["items"]
    tenants = len(seed.tenants_of(CONFIG))
    assert seed.main(table, CONFIG) == tenants
    assert catalog.deployed.stored("pricing_item") == before
    dearer = {"code": "gold_year", "name": "Gold, yearly", "amount": 44_900, "currency": "USD", "product": "gold"}
    new = {"code": "declared", "name": "New", "amount": 100, "currency": "USD", "references": {"paypal": "P-1"}}
    items = [{**each, **dearer} if each["code"] == "gold_year" else each for each in entries] + [new]
    (tmp_path / "pricing.yaml").write_text(json.dumps({"items": items}))
    for name in ("tenants.yaml", "consumers.yaml"):
        (tmp_path / name).write_text((CONFIG / name).read_text())
    assert [seed.main(table, tmp_path) for _ in range(2)] == [tenants + 2, tenants]
    (changed,), (made,) = (catalog.deployed.events(f"prc_~{code}") for code in ("gold_year", "declared"))
    assert (changed["sequence"], changed["data"]["amount"], changed["data"]["by"]) == (2, 44_900, "config")
    assert (made["type"], made["data"]["references"]) == ("payments.pricing_item.created", {"paypal": "P-1"})
