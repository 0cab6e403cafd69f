"""The catalog over HTTP: who sees and writes which items, what they may be, and what becomes of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from operator import itemgetter
from types import ModuleType
from typing import Any

import pytest

from tests.functions.pricing import ITEMS, NEIGHBOUR, PLAN, PLATFORM, PUBLIC, Catalog, a_catalog, fields_of
from tests.support.engine import Engine
from tests.support.requests import context, http_event


@pytest.fixture(scope="module")
def catalog(engine: Engine) -> Iterator[Catalog]:
    with a_catalog(engine) as made:
        yield made


# --- making ---


def test_an_item_is_made_once_and_found_by_an_id_that_stays(catalog: Catalog) -> None:
    first, again = catalog.make("gold"), catalog.make("gold")
    assert (first.status, again.status, again.body) == (201, 200, first.body)
    told = first.body
    assert {name: told[name] for name in PLAN} == PLAN
    assert (told["id"], told["consumerTenantId"], told["version"]) == ("prc_demo~gold", "demo", 1)
    assert (told["active"], told["withdrawnAt"]) == (True, None)
    assert catalog.ask("GET", f"{ITEMS}/{told['id']}").body == told
    other = catalog.make("gold", amount=4_000)
    assert (other.status, other.body["code"]) == (409, "PRICING_ITEM_EXISTS")
    (event,) = catalog.deployed.events(told["id"])
    assert (event["type"], event["sequence"]) == ("payments.pricing_item.created", 1)
    assert (event["data"]["amount"], event["data"]["by"]) == (3_999, "service:platform")


def test_names_may_be_written_with_underscores(catalog: Catalog) -> None:
    body = {name: value for name, value in PLAN.items() if name != "trialDays"}
    snake = {**body, "code": "snake", "consumer_tenant_id": "demo", "trial_days": 14}
    answer = catalog.ask("POST", ITEMS, snake)
    assert (answer.status, answer.body["trialDays"]) == (201, 14)
    assert catalog.ask("PATCH", f"{ITEMS}/{answer.body['id']}", {"trial_days": 7}).body["trialDays"] == 7
    assert "snake" in catalog.codes("consumer_tenant_id=demo")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"code": "no blanks"}, "code"),
        ({"code": "a~b"}, "code"),
        ({"name": "two\nlines"}, "name"),
        ({"amount": 0}, "amount"),
        ({"amount": 39.99}, "amount"),
        ({"amount": 10**9 + 1, "currency": "JPY"}, "amount"),
        ({"currency": "XXX"}, "currency"),
        ({"currency": "usd"}, "currency"),
        ({"product": "a/b"}, "product"),
        ({"interval": "week"}, "interval"),
        ({"trialDays": 731}, "trialDays"),
        ({"interval": None}, "trialDays"),
        ({"risk": "some"}, "risk"),
        ({"references": {"nobody": "1"}}, "references.nobody"),
        ({"references": {"stripe": "a b"}}, "references.stripe"),
        ({"consumerTenantId": "a b"}, "consumerTenantId"),
        ({"unheardOf": 1}, "unheardOf"),
    ],
)
def test_what_an_item_may_not_be_is_named(catalog: Catalog, fields: dict[str, Any], wrong: str) -> None:
    assert fields_of(catalog.make(**({"code": "wrong"} | fields))) == (422, [wrong])


# --- changing ---


def test_a_price_changes_for_who_comes_later_and_the_rest_of_an_item_too(catalog: Catalog) -> None:
    own = catalog.made("dearer")
    changes = {"name": "Gold", "amount": 4_999, "trialDays": 0, "references": {}, "risk": "low", "active": False}
    after = catalog.ask("PATCH", own, changes)
    assert (after.status, {name: after.body[name] for name in changes}) == (200, changes)
    assert catalog.ask("PATCH", own, changes).body == catalog.ask("PATCH", own, {}).body == after.body
    assert catalog.ask("PATCH", own, {"active": True, "version": 2}).body["version"] == 3
    stale = catalog.ask("PATCH", own, {"active": False, "version": 2})
    assert (stale.status, stale.body["code"]) == (409, "PRICING_ITEM_CHANGED")
    events = catalog.deployed.events(after.body["id"])
    assert [(each["sequence"], each["type"].rpartition(".")[2]) for each in events] == [
        (1, "created"),
        (2, "changed"),
        (3, "changed"),
    ]


def test_a_provider_never_charges_what_the_price_was(catalog: Catalog) -> None:
    own = catalog.made("moved")
    wrong = (422, ["references.stripe"])
    assert fields_of(catalog.ask("PATCH", own, {"amount": 4_999})) == wrong
    assert fields_of(catalog.ask("PATCH", own, {"amount": 4_999, "references": {"stripe": "price_1"}})) == wrong
    assert catalog.ask("PATCH", own, {"amount": 4_999, "references": {"stripe": "price_2"}}).status == 200
    assert catalog.ask("PATCH", own, {"amount": 5_999, "references": {}}).status == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", "other"),
        ("currency", "EUR"),
        ("interval", "year"),
        ("product", "x"),
        ("consumerTenantId", "tenant_123"),
    ],
)
def test_what_never_changes_is_named(catalog: Catalog, field: str, value: str) -> None:
    path = f"{ITEMS}/{catalog.make('fixed').body['id']}"
    assert fields_of(catalog.ask("PATCH", path, {"amount": 1, field: value})) == (422, [field])
    assert catalog.ask("GET", path).body["version"] == 1


def test_of_twenty_changes_at_once_none_is_lost(catalog: Catalog) -> None:
    own = catalog.made("busy", references={})
    bodies = [{"name": f"Gold {number}"} if number % 2 else {"amount": 1_000 + number} for number in range(20)]
    instances = [catalog.deployed.fresh("catalog_api") for _ in range(4)]

    def change(first: int) -> list[dict[str, Any]]:
        return [_changed(instances[first], own, body) for body in bodies[first::4]]

    with ThreadPoolExecutor(4) as pool:
        answers = [answer for some in pool.map(change, range(4)) for answer in some]
    assert [answer["version"] for answer in sorted(answers, key=itemgetter("version"))] == list(range(2, 22))
    events = catalog.deployed.events(answers[0]["id"])
    assert [event["sequence"] for event in events] == list(range(1, 22))
    told = {event["data"]["name"] for event in events} | {event["data"]["amount"] for event in events}
    assert told >= {value for body in bodies for value in body.values()}
    stored = catalog.ask("GET", own).body
    assert (stored["name"], stored["amount"]) == (events[-1]["data"]["name"], events[-1]["data"]["amount"])


def _changed(instance: ModuleType, path: str, body: dict[str, Any]) -> dict[str, Any]:
    sent = {"content-type": "application/json", **PLATFORM}
    answer = instance.handler(http_event("PATCH", path, sent, "", json.dumps(body).encode()), context())
    assert answer["statusCode"] == 200, answer
    return dict(json.loads(answer["body"]))


# --- withdrawing ---


def test_what_is_withdrawn_is_kept_and_sold_to_nobody(catalog: Catalog) -> None:
    own = catalog.made("ending", interval=None, trialDays=0, risk="low")
    gone, again = (catalog.ask("DELETE", own) for _ in range(2))
    assert (gone.status, gone.body["active"], again.body) == (200, False, gone.body)
    assert gone.body["withdrawnAt"]
    assert catalog.ask("GET", own).body == gone.body
    assert "ending" not in catalog.codes("consumerTenantId=demo")
    assert "ending" in catalog.codes("consumerTenantId=demo&withdrawn=true&active=false")
    assert [each["type"] for each in catalog.deployed.events(gone.body["id"])][1:] == [
        "payments.pricing_item.withdrawn"
    ]
    assert fields_of(catalog.deployed.checkout(items=[{"code": "ending"}])) == (422, ["items.0.code"])


# --- listing ---


def test_a_tenants_own_items_come_before_the_shared_ones_page_by_page(catalog: Catalog) -> None:
    for code in ("zz_own", "tokyo_ticket"):
        catalog.made(code)
    whole = catalog.ask("GET", ITEMS, query="consumerTenantId=demo&limit=100").body["pricingItems"]
    owners = [each["consumerTenantId"] for each in whole]
    assert owners == sorted(owners, key=lambda tenant: tenant == "*")
    assert [each["code"] for each in whole].count("tokyo_ticket") == 1
    paged, query = [], "consumerTenantId=demo&limit=3"
    page = catalog.ask("GET", ITEMS, query=query).body
    while page["nextCursor"]:
        paged += page["pricingItems"]
        page = catalog.ask("GET", ITEMS, query=f"{query}&cursor={page['nextCursor']}").body
    paged += page["pricingItems"]
    assert paged == whole
    cursor = catalog.ask("GET", ITEMS, query="consumerTenantId=demo&limit=1").body["nextCursor"]
    strange = catalog.ask("GET", ITEMS, query=f"limit=1&cursor={cursor}")
    assert (strange.status, strange.body["code"]) == (400, "CURSOR_INVALID")


def test_a_list_has_what_is_selected(catalog: Catalog) -> None:
    assert catalog.codes("product=gold") == ["gold_month", "gold_year"]
    assert catalog.codes("interval=year") == ["gold_year"]
    assert catalog.codes("product=gold&interval=month&active=true") == ["gold_month"]
    assert catalog.codes("active=false") == ["retired_poster"]


@pytest.mark.parametrize("query", ["active=yes", "interval=week", "withdrawn=1", "limit=0", "colour=red"])
@pytest.mark.parametrize("path", [ITEMS, PUBLIC])
def test_a_wrong_query_is_named(catalog: Catalog, path: str, query: str) -> None:
    assert fields_of(catalog.ask("GET", path, query=query)) == (422, [query.partition("=")[0]])


def test_buyers_are_shown_what_is_on_sale_and_neither_risks_nor_references(catalog: Catalog) -> None:
    for code, active in (("shown", True), ("hidden", False)):
        catalog.made(code, tenant="tenant_123", active=active)
    query = "active=true&consumerTenantId=tenant_123"
    shown = catalog.ask("GET", PUBLIC, query=query, who=NEIGHBOUR).body["pricingItems"]
    assert [each["code"] for each in shown][:2] == ["shown", "concert_ticket"]
    assert all(each["active"] for each in shown)
    names = {"id", "code", "product", "name", "amount", "currency", "interval", "trialDays", "active"}
    assert all(set(each) == names for each in shown)
    assert fields_of(catalog.ask("GET", PUBLIC, query="active=false")) == (422, ["active"])


# --- who ---


def test_shared_items_are_seen_by_every_service_and_written_by_those_for_all(catalog: Catalog) -> None:
    shared = catalog.made("for_all", tenant="*")
    assert shared.endswith("/prc_~for_all")
    assert catalog.ask("GET", shared, who=NEIGHBOUR).status == 200
    assert "for_all" in catalog.codes("", who=NEIGHBOUR)
    for answer in (
        catalog.make("for_all_too", tenant="*", who=NEIGHBOUR),
        catalog.ask("POST", ITEMS, {**PLAN, "code": "for_all_too"}, who=NEIGHBOUR),
        catalog.ask("PATCH", shared, {"amount": 1}, who=NEIGHBOUR),
        catalog.ask("DELETE", shared, who=NEIGHBOUR),
    ):
        assert (answer.status, answer.body["code"]) == (403, "FORBIDDEN")
    assert catalog.ask("PATCH", shared, {"amount": 1, "references": {}}).body["version"] == 2


def test_a_service_sees_and_writes_nothing_of_other_tenants(catalog: Catalog) -> None:
    own = catalog.made("secret")
    answers = [catalog.ask("GET", own, who=NEIGHBOUR), catalog.ask("DELETE", own, who=NEIGHBOUR)]
    answers.append(catalog.ask("PATCH", own, {"amount": 1}, who=NEIGHBOUR))
    nothing = catalog.ask("GET", f"{ITEMS}/prc_demo~nothing", who=NEIGHBOUR)
    assert {(each.status, each.body["error"]) for each in [*answers, nothing]} == {(404, "pricing item not found")}
    for path in (ITEMS, PUBLIC):
        assert catalog.ask("GET", path, query="consumerTenantId=demo", who=NEIGHBOUR).status == 403
        assert "secret" not in catalog.codes("consumerTenantId=tenant_123", path, NEIGHBOUR)
        assert "secret" not in catalog.codes("limit=100", path)
    assert catalog.make("secret", who=NEIGHBOUR).status == 403
    assert catalog.ask("GET", own).body["version"] == 1
    assert catalog.ask("GET", f"{ITEMS}/nonsense").status == 404


def test_a_signed_change_counts_once(catalog: Catalog) -> None:
    own = catalog.made("signed")
    headers = catalog.deployed.as_service("DELETE", own)
    assert (catalog.ask("DELETE", own, who=headers).status, catalog.ask("DELETE", own, who=headers).status) == (
        200,
        403,
    )
