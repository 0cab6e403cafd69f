"""Everything that functions do with AWS for subscriptions that we charge, done once in one deployment."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.selling_at_square import square_secrets
from tests.functions.subscribing import API, DAY, SERVICE, Club
from tests.support.requests import a_mock_event, context, new_key
from tollgate.checkout.ports import ProviderUnavailable
from tollgate.kernel.ids import derived
from tollgate.subscriptions.model import CHARGE

CARD = "customer-1/ccof:customer-card-id-ok"


def renew(club: Club) -> None:
    """Charged at once; renewed where each is, of which one charge is told of too early; ended, and dunned. At Square
    nobody answers.
    """
    square_secrets(club.deployed, "https://tollgate.example/webhooks/square")
    assert _order(club, "member-5", "square", CARD).status == 502
    customer = club.stripe.client.v1.customers.create(params={})
    saved = club.stripe.client.v1.payment_methods.attach("pm_card_visa", params={"customer": customer.id})
    assert _order(club, "member-6", "stripe", f"{customer.id}/{saved.id}").status == 201
    told_of, moved, ending = (_order(club, f"member-{number}", "mock", "ok").body["id"] for number in (7, 8, 9))
    declined = _owing_on_a_page(club)
    _told_of_too_early(club, told_of)
    _move_to_square(club, moved)
    assert club.ask("POST", f"/subscriptions/{ending}/cancel", who=club.deployed.as_user("member-9")).status == 200
    club.pass_time(31 * DAY)
    done = club.deployed.function("renewer").handler({}, context())["done"]
    assert done == {"renewed": 2, "declined": 1, "ended": 1, "unsure": 1}
    _move_to_square(club, declined)
    club.pass_time(DAY)
    with pytest.raises(ProviderUnavailable):
        club.step(declined, _invoice(club, declined))


def _order(club: Club, user: str, provider: str, source: str) -> Any:
    body = {"pricingItemCode": "gold_month", "provider": provider, "sources": {provider: source}, "userId": user}
    body |= {"method": "mock" if provider == "mock" else "card"}
    headers = {**SERVICE, "idempotency-key": new_key()}
    return club.deployed.call("POST", "/subscriptions", body, headers=headers, function=API)


def _owing_on_a_page(club: Club) -> str:
    """Paid on a page, with what is declined later."""
    ordered = club.order(method="mock", who=club.deployed.as_user("member-10")).body
    paid = a_mock_event({**ordered, "id": ordered["paymentId"]}, subscription=ordered["id"], source="soft")
    club.deployed.tell(paid)
    club.deployed.apply_inbox()
    return str(ordered["id"])


def _told_of_too_early(club: Club, id_: str) -> None:
    """Something is known of its next charge before that is made."""
    stored = next(each for each in club.deployed.stored("subscription") if each["pk"]["S"].endswith(id_))
    revision = stored["revision"]["N"]
    coming = derived("pay", "demo", f"subscription:{id_}", CHARGE, f"renewal {revision}")
    told = {"id": coming, "amount": 3_999, "currency": "USD", "providerCheckoutSessionId": "mock_2"}
    club.deployed.tell(a_mock_event(told, "settled"))
    club.deployed.apply_inbox()


def _move_to_square(club: Club, id_: str) -> None:
    club.deployed.client("dynamodb").update_item(
        TableName=club.deployed.environment["CORE_TABLE"],
        Key={"pk": {"S": f"SUBSCRIPTION#demo#{id_}"}, "sk": {"S": "SUBSCRIPTION"}},
        UpdateExpression="SET provider = :square, #source = :card REMOVE #method",
        ExpressionAttributeNames={"#source": "source", "#method": "method"},
        ExpressionAttributeValues={":square": {"S": "square"}, ":card": {"S": CARD}},
    )


def _invoice(club: Club, id_: str) -> str:
    told = club.show(id_, SERVICE)["history"]
    return str(next(each["data"]["invoice"] for each in told if each["type"].endswith("grace_started")))
