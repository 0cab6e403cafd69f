"""Who comes by a link sees their group without anybody's address, and pays their own share and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.functions.grouping import LINK_TOKEN, ORGANIZER, Groups, a_group
from tests.functions.mailing import verified
from tests.support.deployment import GROUP_KEY, GROUP_PAGE, NEIGHBOUR, NEIGHBOURS_TOKEN, PLATFORM_TOKEN, Deployment
from tests.support.requests import ORIGIN, new_key

SERVICE = {"x-platform-internal-token": PLATFORM_TOKEN, "x-tenant-id": "demo"}
GARBAGE = ("", " ", "token", "a.b.c", "." * 90, "é" * 20, "A" * 5_000, f"{'A' * 43}.shr_1.demo", "null", '{"a": 1}')


@pytest.fixture
def groups(deployed: Deployment) -> Groups:
    return Groups(deployed)


def test_a_link_shows_names_and_states_and_nobodys_address(groups: Groups) -> None:
    group = groups.made(3)
    groups.by_mock(group, 1)
    shown = groups.status(group, group.link(0))
    assert [(each["name"], each["status"]) for each in shown.body["group"]["members"]] == [
        ("Friend 1", "pending"),
        ("Friend 2", "paid"),
        ("Friend 3", "pending"),
    ]
    told = json.dumps(shown.body)
    assert not [word for word in ("mail.example", "pay_", ORGANIZER, "paymentId", "email") if word in told]
    whole = groups.status(group).body["group"]["members"]
    assert [each["email"] for each in whole] == [f"friend{number}@mail.example" for number in (1, 2, 3)]


def test_a_link_pays_its_own_share_only(groups: Groups) -> None:
    group, another = groups.made(2), groups.made(2)
    for who, in_group, member in ((group.link(0), group, 1), (another.link(0), group, 0), (group.link(0), another, 0)):
        refused = groups.by_mock(in_group, member, who=who)
        assert refused.status in (401, 404), refused.body
    refused = groups.cover(group, group.link(0), method="mock", sources={"mock": "ok"})
    assert (refused.status, groups.cancel(group, group.link(0)).status) == (401, 401)
    assert groups.states(group) == groups.states(another) == ["pending", "pending"]
    assert groups.by_mock(group, 0).status == 200


@pytest.mark.parametrize("token", GARBAGE)
def test_garbage_is_no_link_and_no_failure(groups: Groups, token: str) -> None:
    group = groups.made()
    who = {LINK_TOKEN: token}
    for answer in (groups.status(group, who), groups.by_mock(group, who=who)):
        assert (answer.status, answer.body["code"]) == (401, "INVALID_TOKEN")
    assert groups.states(group) == ["pending", "pending"]


@pytest.mark.parametrize("id_", ["grp_1", "a", "%00", "grp_" + "0" * 26, "..", "é"])
def test_a_group_that_is_none_is_not_found(groups: Groups, id_: str) -> None:
    made = groups.made()
    for who, status in ((made.link(), 401), (groups.organizer(), 404), ({}, 401)):
        path = f"/api/v1/group-payments/{id_}/status"
        answer = groups.deployed.call("GET", path, headers=who, function="group_payment_api")
        assert answer.status == status, answer.body
    paid = groups.post(
        f"/{made.id}/contribute/{id_}", {"sources": {"mock": "ok"}, "method": "mock"}, groups.organizer()
    )
    assert paid.status == 404


def test_another_tenants_people_do_not_come_in_over_a_link(groups: Groups) -> None:
    group = groups.made()
    theirs = {**groups.deployed.as_user("user-1", NEIGHBOUR), **group.link()}
    assert groups.status(group, theirs).status == groups.by_mock(group, who=theirs).status == 403
    barred = {"x-platform-internal-token": NEIGHBOURS_TOKEN, "x-tenant-id": NEIGHBOUR, **group.link()}
    assert groups.status(group, barred).status == 403


def test_a_signed_in_member_pays_over_the_link_and_it_is_their_payment(groups: Groups) -> None:
    group = groups.made()
    member = groups.deployed.as_user("member-1")
    assert groups.status(group, member).status == 404
    assert groups.by_mock(group, who=member).status == 404
    paid = groups.by_mock(group, who={**member, **group.link()})
    assert paid.status == 200
    path = f"/transactions/{paid.body['payment']['id']}"
    assert groups.deployed.call("GET", path, headers=member).status == 200
    assert groups.by_mock(group, 1, userId="somebody").body["code"] == "AUTH_REQUIRED"


def test_a_service_pays_for_the_user_it_names_and_lists_whose_it_asks_for(groups: Groups) -> None:
    made = groups.ask(a_group(userId="organizer-9"), SERVICE)
    assert made.body["groupPayment"]["organizerId"] == "organizer-9"
    listed = groups.listed(SERVICE, "userId=organizer-9&limit=1")
    assert [each["id"] for each in listed.body["groups"]] == [made.body["groupPayment"]["id"]]
    assert groups.listed(SERVICE).body["errors"][0]["field"] == "userId"
    assert groups.listed(query="userId=organizer-9").status == 403


def test_the_list_of_an_organizer_comes_in_pages(groups: Groups) -> None:
    made = [groups.made().id for _ in range(3)]
    seen: list[str] = []
    query = "limit=2"
    while query:
        page = groups.listed(query=query).body
        seen += [each["id"] for each in page["groups"]]
        query = f"limit=2&cursor={page['nextCursor']}" if page["nextCursor"] else ""
    assert sorted(seen) == sorted(made)
    assert groups.listed(query="cursor=garbage").status == 400


def test_without_a_key_or_a_page_there_are_no_group_payments(groups: Groups) -> None:
    group = groups.made()
    manager, deployed = groups.deployed.client("secretsmanager"), groups.deployed
    manager.put_secret_value(SecretId=f"{deployed.prefix}/group_payments", SecretString="{}")
    del deployed.modules["group_payment_api"]
    for answer in (groups.ask(a_group()), groups.status(group, group.link()), groups.by_mock(group)):
        assert (answer.status, answer.body["code"]) == (409, "GROUP_LINKS_DISABLED")
    assert groups.status(group).status == 200
    assert len(deployed.stored("group")) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"members": [{"email": "a@mail.example", "name": "A", "ticketCount": 3}]}, "members"),
        ({"members": [{"email": "no address", "name": "A", "ticketCount": 4}]}, "members.0.email"),
        ({"members": [{"email": "a@mail.example", "name": "A\nB", "ticketCount": 4}]}, "members.0.name"),
        ({"members": []}, "members"),
        ({"ticketSelections": [{"ticketTypeId": "t", "quantity": 4, "price": "5000"}]}, "ticketSelections.0.price"),
        ({"currency": "XXQ"}, "currency"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_what_is_no_group_is_refused_by_its_field(groups: Groups, change: dict[str, Any], field: str) -> None:
    answer = groups.ask({**a_group(), **change})
    assert (answer.status, [each["field"] for each in answer.body["errors"]]) == (422, [field])
    assert groups.deployed.stored("group") == []


def test_what_pays_is_one_thing_and_never_a_card_number(groups: Groups) -> None:
    group = groups.made()
    wrong: tuple[dict[str, Any], ...] = (
        {"sources": {"mock": "ok"}, "paymentMethodId": "pm_1"},
        {"sources": {}},
        {"sources": {"stripe": "4242424242424242"}},
        {"sources": {"mock": "ok"}, "returnUrl": "https://evil.example/"},
    )
    for fields in wrong:
        assert groups.contribute(group, **fields).status == 422
    saved = groups.contribute(group, sources={"stripe": "cus_1/pm_1"})
    assert (saved.status, saved.body["code"]) == (403, "SAVED_METHOD_FORBIDDEN")
    kept = groups.contribute(group, method="mock", sources={"mock": "ok"}, returnUrl=f"{ORIGIN}/back", key=new_key())
    assert kept.status == 200
    path = f"/{group.id}/contribute/{group.members[1]}"
    bare = groups.deployed.call(
        "POST",
        f"/api/v1/group-payments{path}",
        {"sources": {"mock": "ok"}, "method": "mock"},
        headers=group.link(1),
        function="group_payment_api",
    )
    assert bare.body["code"] == "IDEMPOTENCY_KEY_MISSING"


def test_members_are_written_to_with_their_links_and_nobody_reads_these_elsewhere(
    groups: Groups, capsys: pytest.CaptureFixture[str]
) -> None:
    group = groups.made()
    groups.by_mock(group, 0)
    post = verified(groups.deployed)
    assert post.deliver() == []
    mails = {each["To"][0]: each for each in post.sent()}
    assert set(mails) == {"friend1@mail.example", "friend2@mail.example"}
    asked = mails["friend2@mail.example"]
    link = f"{GROUP_PAGE}/{group.id}/{group.members[1]}#{group.token(1)}"
    assert link in asked["BodyText"]
    assert "We have received your share" in mails["friend1@mail.example"]["Subject"]
    logged = capsys.readouterr().out
    stored = json.dumps([item["body"]["S"] for item in groups.deployed.stored("event")])
    for told in (logged, stored):
        assert not [
            word for word in (group.token(0), group.token(1), GROUP_KEY, "mail.example", "Friend 1") if word in told
        ]
    assert groups.token_is_stored(group) is False
