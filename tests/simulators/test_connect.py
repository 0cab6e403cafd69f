"""Connected accounts: identified by their owner, chosen by a header, apart from each other."""

from __future__ import annotations

from functools import partial
from typing import Any

import httpx
import pytest
import stripe

from tests.simulators.world import World


def link(world: World, account: str) -> Any:
    params = {
        "account": account,
        "type": "account_onboarding",
        "refresh_url": "http://127.0.0.1:9/refresh",
        "return_url": "http://127.0.0.1:9/return",
    }
    return world.client.v1.account_links.create(params=params)


def test_a_new_account_can_do_nothing_and_says_what_it_lacks(world: World) -> None:
    account = world.account(enabled=False, email="creator@b.example", metadata={"creator_id": "cr_1"})
    assert (account.id[:5], account.type, account.email) == ("acct_", "express", "creator@b.example")
    assert (account.charges_enabled, account.payouts_enabled, account.details_submitted) == (False, False, False)
    assert account.capabilities.to_dict() == {"transfers": "inactive"}
    assert (account.requirements.disabled_reason, account.external_accounts.data) == ("requirements.past_due", [])
    assert "external_account" in account.requirements.currently_due
    refused = world.refused(lambda: payout(world, account.id))
    assert (refused.http_status, refused.code) == (400, "payouts_not_allowed")


def payout(world: World, account: str, amount: int = 100, **params: Any) -> Any:
    wanted = {"amount": amount, "currency": "usd", **params}
    return world.client.v1.payouts.create(params=wanted, options={"stripe_account": account})


@pytest.mark.parametrize(
    ("params", "kind", "dashboard"),
    [
        ({"type": "custom"}, "custom", "none"),
        ({"type": "standard"}, "standard", "full"),
        (
            {"controller": {"stripe_dashboard": {"type": "express"}, "fees": {"payer": "application"}}},
            "none",
            "express",
        ),
    ],
)
def test_an_account_is_described_by_a_type_or_by_its_controller(
    shared_world: World, params: Any, kind: str, dashboard: str
) -> None:
    account = shared_world.client.v1.accounts.create(params=params)
    assert (account.type, account.controller.stripe_dashboard.type) == (kind, dashboard)
    both = {"type": "express", "controller": {}, **params}
    if "controller" in params:
        error = shared_world.refused(partial(shared_world.client.v1.accounts.create, params=both))
        assert (error.http_status, getattr(error, "param", None)) == (400, "controller")


def test_the_owner_follows_the_link_once_and_the_account_is_enabled(world: World) -> None:
    account = world.account(enabled=False)
    setup = link(world, account.id)
    assert (setup.object, setup.expires_at - setup.created) == ("account_link", 300)
    assert 'id="complete"' in httpx.get(setup.url, trust_env=False).text
    answered = httpx.post(setup.url, trust_env=False)
    assert (answered.status_code, answered.headers["location"]) == (303, "http://127.0.0.1:9/return")
    updated = world.receiver.wait_for("account.updated")
    assert (updated.account, updated.data.object.id) == (account.id, account.id)
    assert updated.data.previous_attributes is not None
    assert updated.data.previous_attributes["payouts_enabled"] is False
    enabled = world.client.v1.accounts.retrieve(account.id)
    assert (enabled.payouts_enabled, enabled.details_submitted, enabled.requirements.currently_due) == (True, True, [])
    assert enabled.capabilities.to_dict() == {"transfers": "active"}
    assert [each.object for each in enabled.external_accounts.data] == ["bank_account"]
    assert httpx.get(setup.url, trust_env=False).headers["location"] == "http://127.0.0.1:9/refresh"


def test_a_link_runs_out_and_a_newer_one_replaces_it(world: World) -> None:
    account = world.account(enabled=False)
    older, newer = link(world, account.id), link(world, account.id)
    assert httpx.post(older.url, trust_env=False).headers["location"].endswith("/refresh")
    world.clock.offset += 301
    assert httpx.post(newer.url, trust_env=False).headers["location"].endswith("/refresh")
    assert not world.client.v1.accounts.retrieve(account.id).payouts_enabled
    assert httpx.get(f"{world.base}/onboarding/acct_unknown/x", trust_env=False).status_code == 404


def test_payouts_are_stopped_and_allowed_again_by_the_control(world: World) -> None:
    account = world.account()
    world.control(f"accounts/{account.id}", payouts_enabled=False, disabled_reason="platform_paused")
    stopped = world.client.v1.accounts.retrieve(account.id)
    assert (stopped.payouts_enabled, stopped.requirements.disabled_reason) == (False, "platform_paused")
    assert stopped.capabilities.to_dict() == {"transfers": "active"}
    assert world.refused(lambda: payout(world, account.id)).code == "payouts_not_allowed"
    world.control(f"accounts/{account.id}", payouts_enabled=True)
    world.receiver.wait_for("account.updated", count=3)
    world.control(f"accounts/{account.id}", payouts_enabled=True)
    assert world.state()["counts"]["events"] == 3
    assert world.refused(lambda: payout(world, account.id)).code == "balance_insufficient"


def test_the_header_shows_the_accounts_own_things_and_no_others(world: World) -> None:
    first, second = world.transferred(500), world.transferred(700)
    client = world.client.v1
    for transfer, amount in ((first, 500), (second, 700)):
        options: Any = {"stripe_account": transfer.destination}
        assert world.balance(transfer.destination) == (amount, 0)
        assert [each.amount for each in client.charges.list(options=options).data] == [amount]
        assert client.charges.retrieve(transfer.destination_payment, options=options).source_transfer == transfer.id
        assert [each.type for each in client.balance_transactions.list(options=options).data] == ["payment"]
        assert [each.type for each in client.events.list(options=options).data] == ["account.updated"]
    hidden = (
        partial(client.charges.retrieve, first.destination_payment),
        partial(client.charges.retrieve, first.destination_payment, options={"stripe_account": second.destination}),
    )
    for call in hidden:
        assert world.refused(call).code == "resource_missing"
    assert first.destination_payment not in [each.id for each in client.charges.list().data]
    assert "account.updated" not in [each.type for each in client.events.list().data]


def test_an_unknown_account_is_forbidden(shared_world: World) -> None:
    client = shared_world.client.v1
    for call in (
        partial(client.accounts.retrieve, "acct_unknown"),
        partial(client.balance.retrieve, options={"stripe_account": "acct_unknown"}),
    ):
        error = shared_world.refused(call)
        assert isinstance(error, stripe.PermissionError)
        assert error.error is not None
        assert error.error.code == "account_invalid"


def test_what_is_not_simulated_for_a_connected_account_is_refused_and_not_done_for_the_platform(
    shared_world: World,
) -> None:
    account = shared_world.account()
    wanted = {"amount": 5000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    charge = partial(
        shared_world.client.v1.payment_intents.create, params=wanted, options={"stripe_account": account.id}
    )
    assert shared_world.refused(charge).http_status == 400
    assert shared_world.state()["counts"]["charges"] == 0


def test_every_account_has_idempotency_keys_of_its_own(world: World) -> None:
    transfers = [world.transferred(1000), world.transferred(1000)]
    made = {
        world.client.v1.payouts.create(
            params={"amount": 100, "currency": "usd"},
            options={"stripe_account": each.destination, "idempotency_key": "payout-1"},
        ).id
        for each in transfers * 2
    }
    assert len(made) == 2
    assert world.state()["counts"]["payouts"] == 2


def test_an_account_lost_on_the_way_back_is_made_once(world: World) -> None:
    create = partial(
        world.client.v1.accounts.create, params={"type": "express"}, options={"idempotency_key": "account-1"}
    )
    world.control("api/faults", kind="drop")
    world.refused(create)
    assert create().id == world.state()["accounts"][0]["id"]
    assert world.state()["counts"]["accounts"] == 1
    assert [each.type for each in world.client.v1.accounts.list().data] == ["express"]
