"""Everything that the marketplace's functions do with AWS, done once. As `whole_life`."""

from __future__ import annotations

from tests.functions.reconciling import Stuck
from tests.functions.reselling import BUYER, HOUR, MARKET, SELLER, SERVICE, Market, a_machine
from tests.functions.test_stats import messages
from tests.support.requests import a_mock_event, context, new_key
from tollgate.kernel.ids import derived


def resell(stuck: Stuck) -> None:
    """Listed, bought, handed over and counted; bought and told of too early; and one that is given back."""
    market = Market(stuck)
    handed_over = market.released()["id"]
    assert market.count_royalties(handed_over) == []
    assert market.royalties(who=SERVICE).body["transactionCount"] == 1
    market.listed("tic_2")
    for query in ("mine=true", "venueId=ven_1"):
        shown = market.ask("GET", f"{MARKET}/listings", query=query, who=stuck.deployed.as_user(SELLER))
        assert shown.body["listings"]
    _told_too_early(market)
    unreached = market.ask(
        "POST",
        f"{MARKET}/purchase",
        {"listingId": market.listed("tic_4"), "sources": {"square": "cnon:card-nonce-ok"}},
        who={**stuck.deployed.as_user(BUYER), "idempotency-key": new_key()},
    )
    assert unreached.status in {202, 502}
    _waited_for(market)


def _told_too_early(market: Market) -> None:
    """What the mock says of a charge comes before the charge."""
    listing, key = market.listed("tic_3"), new_key()
    payment = derived("pay", "demo", BUYER, "marketplace.purchase", key)
    coming = {"id": payment, "providerCheckoutSessionId": "mock_2", "amount": 15_000, "currency": "USD"}
    market.deployed.tell(a_mock_event(coming))
    market.deployed.apply_inbox()
    body = {"listingId": listing, "sources": {"mock": "ok"}, "method": "mock"}
    who = {**market.deployed.as_user(BUYER), "idempotency-key": key}
    assert market.ask("POST", f"{MARKET}/purchase", body, who=who).status in {200, 202}
    market.deployed.apply_inbox()


def _waited_for(market: Market) -> None:
    """Its machine is started; nobody waits any more by either of its tokens. At the deadline it is given back."""
    a_machine(market.deployed)
    escrow = str(market.bought(ticket="tic_5")["id"])
    step, starter = (market.deployed.function(name) for name in ("escrow_step", "workflow_starter"))
    assert market.confirm(escrow).status == 200
    given = {"tenant": "demo", "escrow": escrow, "token": "a-token-of-nobody"}
    assert step.handler(given, context())["outcome"] == "nothing_to_wait_for"
    told = [each for each in market.deployed.events(escrow) if each["type"].rpartition(".")[2] != "created"]
    assert starter.handler({"Records": messages(*told)}, context()) == {"batchItemFailures": []}
    forgotten = str(market.bought(ticket="tic_6")["id"])
    market.stuck.later(72 * HOUR)
    assert market.step(forgotten)["outcome"] == "refunded"
