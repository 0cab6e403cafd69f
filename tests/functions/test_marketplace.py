"""Tickets are listed at prices that their venue allows, and each is sold to one buyer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.reconciling import Stuck
from tests.functions.reselling import BUYER, DECLINED, EVENT, MARKET, SELLER, SERVICE, VENUE, Market, at_once, said
from tests.support.requests import context, http_event, new_key


@pytest.fixture
def market(stuck: Stuck) -> Market:
    return Market(stuck)


def rules(market: Market, who: Any = None, **body: Any) -> Any:
    owner = who or market.deployed.as_user("owner", role="venue_owner", venues=[VENUE])
    return market.ask("PUT", f"{MARKET}/venues/{VENUE}/rules", body, who=owner)


def test_a_ticket_is_listed_within_what_its_venue_allows(market: Market) -> None:
    assert market.register().status == 200
    answer = market.put_up()
    listing = answer.body["listing"]
    assert (answer.status, answer.body["success"]) == (201, True)
    assert (listing["ticketId"], listing["sellerId"], listing["price"], listing["originalPrice"]) == (
        "tic_1",
        SELLER,
        15_000,
        10_000,
    )
    assert (listing["status"], listing["currency"], listing["suspicious"]) == ("active", "USD", [])
    assert answer.body["priceInfo"] == {
        "valid": True,
        "originalPrice": 10_000,
        "maxAllowedPrice": 25_000,
        "minAllowedPrice": 5_000,
    }
    assert market.listing(listing["id"]) == listing
    (told,) = market.deployed.events(listing["id"])
    assert (told["type"], told["data"]["price"]) == ("payments.listing.created", 15_000)


@pytest.mark.parametrize("price", [4_999, 25_001])
def test_another_price_is_refused_with_the_range(market: Market, price: int) -> None:
    market.register()
    answer = market.put_up(price=price)
    assert (answer.status, answer.body["code"]) == (422, "VALIDATION_ERROR")
    assert said(answer) == {"price": "5000 to 25000 for this ticket"}
    assert not market.deployed.stored("listing")


def test_nobody_sells_what_is_not_theirs_nor_elsewhere(market: Market) -> None:
    market.register()
    stranger = market.deployed.as_user("stranger")
    assert market.put_up(who=stranger).body["code"] == "TICKET_NOT_FOUND"
    body = {"ticketId": "tic_1", "price": 15_000, "venueId": "ven_2"}
    elsewhere = market.ask("POST", f"{MARKET}/listings", body, who=market.deployed.as_user(SELLER))
    assert (elsewhere.status, elsewhere.body["code"]) == (404, "TICKET_NOT_FOUND")
    assert market.put_up("tic_unknown").status == 404


@pytest.mark.parametrize("name", ["a#b", "../x", " ", "x" * 65, "é", "tic\n"])
def test_an_id_with_anything_odd_in_it_is_refused(market: Market, name: str) -> None:
    for field in ("ticketId", "venueId"):
        body = {"ticketId": "tic_1", "price": 15_000, "venueId": VENUE, field: name}
        assert market.ask("POST", f"{MARKET}/listings", body, who=market.deployed.as_user(SELLER)).status == 422
    body = {"ownerId": SELLER, "venueId": VENUE, "eventId": name, "faceValue": 1, "currency": "USD"}
    assert market.ask("PUT", "/internal/marketplace/tickets/tic_1", body, who=SERVICE).status == 422


def test_a_ticket_has_one_listing_at_a_time_and_the_same_request_makes_no_second(market: Market) -> None:
    market.register()
    key = new_key()
    first, again = market.put_up(key=key), market.put_up(key=key)
    assert (again.body, again.headers["idempotency-replayed"]) == (first.body, "true")
    assert market.put_up(price=16_000, key=key).body["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert market.put_up().body["code"] == "TICKET_LISTED"
    assert market.register(ownerId="another").body["code"] == "TICKET_LISTED"
    assert market.register().status == 200  # the same again is fine
    seller, id_ = market.deployed.as_user(SELLER), first.body["listing"]["id"]
    for _ in range(2):
        cancelled = market.ask("DELETE", f"{MARKET}/listings/{id_}", who=seller)
        assert (cancelled.status, cancelled.body["listing"]["status"]) == (200, "cancelled")
    assert market.ask("DELETE", f"{MARKET}/listings/{id_}").status == 404  # somebody else's
    assert market.put_up().status == 201


def test_two_who_list_one_ticket_at_once_get_one_listing(market: Market) -> None:
    market.register()
    answers = at_once(*[market.put_up] * 8)
    assert sorted(each.status for each in answers) == [201, *[409] * 7]


def test_what_can_be_bought_and_what_one_has_listed_is_listed_in_pages(market: Market) -> None:
    ids = [market.listed(f"tic_{number}") for number in range(3)]
    market.ask("DELETE", f"{MARKET}/listings/{ids[0]}", who=market.deployed.as_user(SELLER))
    page = market.ask("GET", f"{MARKET}/listings", query=f"venueId={VENUE}&limit=1").body
    rest = market.ask("GET", f"{MARKET}/listings", query=f"venueId={VENUE}&limit=9&cursor={page['nextCursor']}").body
    assert [each["id"] for each in page["listings"] + rest["listings"]] == [ids[2], ids[1]]
    mine = market.ask("GET", f"{MARKET}/listings", query="mine=true", who=market.deployed.as_user(SELLER)).body
    assert {each["id"]: each["status"] for each in mine["listings"]} == {
        ids[0]: "cancelled",
        ids[1]: "active",
        ids[2]: "active",
    }
    for query in ("", f"mine=true&venueId={VENUE}", "mine=no", "venueId=a%23b", "wrong=1&mine=true"):
        assert market.ask("GET", f"{MARKET}/listings", query=query).status == 422, query
    assert market.ask("GET", f"{MARKET}/listings", who=SERVICE, query="mine=true").status == 422


def test_a_venue_says_what_it_allows_and_who_gets_how_much(market: Market) -> None:
    usual = market.ask("GET", f"{MARKET}/venues/{VENUE}/rules", who=SERVICE).body
    assert (usual["allowed"], usual["maxMarkupBasisPoints"], usual["minPriceBasisPoints"]) == (True, 15_000, 5_000)
    assert rules(market, venueRoyaltyBasisPoints=9_600).status == 422  # with the platform's fee, more than all
    assert rules(market, artistRoyaltyBasisPoints=1).status == 422
    answer = rules(market, maxMarkupBasisPoints=0, artistId="art_1", artistRoyaltyBasisPoints=500)
    assert (answer.status, answer.body["artistId"]) == (200, "art_1")
    market.register()
    assert said(market.put_up(price=10_001)) == {"price": "5000 to 10000 for this ticket"}
    bought = market.buy(str(market.put_up(price=10_000).body["listing"]["id"])).body["escrow"]
    assert (bought["sellerPayout"], bought["venueRoyalty"], bought["artistRoyalty"], bought["platformFee"]) == (
        8_000,
        1_000,
        500,
        500,
    )
    assert rules(market, allowed=False).status == 200
    market.register("tic_2")
    assert market.put_up("tic_2").body["code"] == "RESALE_NOT_ALLOWED"


def test_what_looks_like_scalping_is_noted_and_a_strict_venue_refuses_it(market: Market) -> None:
    for number in range(5):
        market.listed(f"tic_{number}")
    market.register("tic_9")
    odd = market.put_up("tic_9", 25_000).body["listing"]
    assert odd["suspicious"] == ["top_price", "many_listings"]
    rules(market, strict=True)
    market.register("tic_10")
    refused = market.put_up("tic_10", 25_000)
    assert (refused.status, refused.body["code"]) == (422, "SUSPICIOUS_PRICE")


def test_a_buyer_is_charged_and_the_money_is_held_for_the_seller(market: Market) -> None:
    listing = market.listed()
    answer = market.buy(listing)
    assert answer.status == 200
    assert answer.body["escrow"] == {
        "id": answer.body["escrow"]["id"],
        "amount": 15_000,
        "sellerPayout": 12_750,
        "venueRoyalty": 1_500,
        "artistRoyalty": 0,
        "platformFee": 750,
        "currency": "USD",
        "status": "funded",
    }
    assert (answer.body["success"], answer.body["payment"]["outcome"]) == (True, "succeeded")
    assert market.listing(listing)["status"] == "sold"
    escrow = answer.body["escrow"]["id"]
    assert market.told(escrow) == ["created", "funded"]
    assert market.escrow(escrow)["transferUntil"] > market.escrow(escrow)["createdAt"]
    payment = answer.body["payment"]["id"]
    assert [each["type"] for each in market.deployed.events(payment)][-1] == "payments.deposit.received"
    assert market.balances()[f"escrow:{escrow}"] == 15_000


def test_the_same_purchase_is_answered_the_same_and_charged_once(market: Market) -> None:
    listing, key = market.listed(), new_key()
    first, again = market.buy(listing, key=key), market.buy(listing, key=key)
    assert (again.status, again.body, again.headers["idempotency-replayed"]) == (200, first.body, "true")
    assert market.confirm(first.body["escrow"]["id"]).status == 200
    market.step(first.body["escrow"]["id"])
    assert market.buy(listing, key=key).body == first.body
    assert market.buy(listing, "pm_card_mastercard", key=key).body["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert market.taken() == 1
    without = market.ask("POST", f"{MARKET}/purchase", {"listingId": listing, "paymentMethodId": "pm_x"})
    assert without.body["code"] == "IDEMPOTENCY_KEY_MISSING"


def test_of_fifty_buyers_at_once_one_is_charged_and_the_others_are_told(market: Market) -> None:
    listing = market.listed()
    market.deployed.function("marketplace_api")
    answers = at_once(*[lambda each=number: market.buy(listing, user=f"user-{each}") for number in range(50)])
    assert sorted(each.status for each in answers) == [200, *[409] * 49]
    assert {each.body["code"] for each in answers if each.status == 409} == {"LISTING_NOT_AVAILABLE"}
    assert market.taken() == 1
    assert len(market.deployed.stored("payment")) == len(market.deployed.stored("escrow")) == 1


def test_a_declined_buyer_frees_the_listing_for_others(market: Market) -> None:
    listing, key = market.listed(), new_key()
    declined = market.buy(listing, DECLINED, key=key)
    assert (declined.status, declined.body["code"]) == (402, "PAYMENT_DECLINED")
    assert market.listing(listing)["status"] == "active"
    (failed,) = market.deployed.stored("escrow")
    assert failed["state"]["S"] == "cancelled"
    assert market.buy(listing, user="user-2").status == 200
    assert market.buy(listing, DECLINED, key=key).status == 402  # as before


def test_nobody_buys_their_own_and_a_method_of_others_is_for_services(market: Market) -> None:
    listing = market.listed()
    assert market.buy(listing, user=SELLER).body["code"] == "OWN_LISTING"
    assert market.buy(listing, "cus_1/pm_1").body["code"] == "SAVED_METHOD_FORBIDDEN"
    assert market.buy("lst_00000000000000000000000000").status == 404
    assert market.buy(listing, sources={"stripe": "pm_card_visa"}).status == 422  # one way of the two
    assert market.listing(listing)["status"] == "active"


def test_a_listing_that_is_being_bought_cannot_be_taken_off_the_market(market: Market) -> None:
    listing = market.listed()
    market.buy(listing)
    taken_off = market.ask("DELETE", f"{MARKET}/listings/{listing}", who=market.deployed.as_user(SELLER))
    assert (taken_off.status, taken_off.body["code"]) == (409, "LISTING_NOT_AVAILABLE")


def test_while_nobody_knows_whether_a_buyer_was_charged_nobody_else_is(market: Market) -> None:
    """Stripe has taken the money, and its answer is lost."""
    listing, key = market.listed(), new_key()
    market.stuck.stripe.control("api/faults", kind="drop", work="first", method="POST", path="/v1/payment_intents")
    unknown = market.buy(listing, key=key)
    assert (unknown.status, unknown.body["payment"]["outcome"]) == (202, "unknown")
    assert (unknown.body["escrow"]["status"], unknown.body["success"]) == ("created", False)
    assert market.listing(listing)["status"] == "reserved"
    assert market.buy(listing, user="user-2").body["code"] == "LISTING_NOT_AVAILABLE"
    market.hear("payment_intent.succeeded")
    assert market.escrow(unknown.body["escrow"]["id"])["status"] == "funded"
    assert market.listing(listing)["status"] == "sold"
    assert market.buy(listing, key=key).body["escrow"]["status"] == "funded"
    assert market.taken() == 1


def test_the_ticket_is_the_buyers_once_it_is_handed_over_and_may_be_sold_on(market: Market) -> None:
    escrow = market.bought()
    assert market.confirm(escrow["id"]).status == 200
    ticket = market.ask("GET", "/internal/marketplace/tickets/tic_1", who=SERVICE).body["ticket"]
    assert (ticket["ownerId"], ticket["listingId"]) == (BUYER, None)
    again = market.put_up(price=16_000, who=market.deployed.as_user(BUYER))
    assert (again.status, again.body["listing"]["sellerId"]) == (201, BUYER)


def test_a_body_that_is_no_json_and_a_route_that_is_none_are_told_so(market: Market) -> None:
    who = market.deployed.as_user(SELLER)
    event = http_event("POST", f"{MARKET}/listings", {**who, "content-type": "application/json"}, "", b"{")
    assert market.deployed.function("marketplace_api").handler(event, context())["statusCode"] == 400
    assert EVENT not in str(market.ask("GET", f"{MARKET}/listings/lst_none").body)
