"""Everything that functions do with AWS for subscriptions, done once in one deployment."""

from __future__ import annotations

import json
from typing import Any

from tests.functions.reconciling import Stuck
from tests.functions.subscribing import PAGES, SERVICE, Club
from tests.functions.subscribing_at_paypal import Payers
from tests.functions.subscribing_at_segpay import Members
from tests.functions.test_stats import messages
from tests.support.requests import a_mock_event, context, new_key, signature_header
from tollgate.kernel.ids import derived
from tollgate.subscriptions.ordering import OPERATION


def subscribe(stuck: Stuck) -> None:
    """Ordered, begun, shown and listed; then one is dunned to the end, and one is paid with another card."""
    club = Club(stuck.deployed, stuck.stripe, stuck.clock_file)
    _told_of_too_early(club)
    assert club.order("silver_month").status == 201
    active = club.subscribe()
    assert club.ask("POST", f"/subscriptions/{active['id']}/pause").status == 200
    _look(club)
    _give_up(club)
    _adopt(club)


def subscribe_at_segpay(members: Members) -> None:
    """One is cancelled and ends: what was charged last is asked for. One is given up, and ended there."""
    members.shop.later(0)
    over, owing = (members.subscribe(who=members.shop.deployed.as_user(user)) for user in ("over", "owing"))
    members.steer(over["id"], "expire")
    members.hear()
    members.steer(owing["id"], "decline", times=99)
    members.renew(owing["id"])
    assert members.dun(owing["id"], 8)[-1] == "unpaid"


def subscribe_at_paypal(payers: Payers) -> None:
    """A sale is looked up; what is not paid for is given up, and ended there."""
    payers.shop.later(0)
    owing = payers.subscribe(who=payers.shop.deployed.as_user("owing-at-paypal"))
    payers.steer(owing["id"], "decline", times=99)
    payers.renew(owing["id"])
    assert payers.dun(owing["id"], 8)[-1] == "unpaid"


def _told_of_too_early(club: Club) -> None:
    """Something is known of its first payment before it is ordered."""
    key = new_key()
    coming = {"id": derived("pay", "demo", "user-1", OPERATION, key), "amount": 3_999, "currency": "USD"}
    club.deployed.tell(a_mock_event(coming | {"providerCheckoutSessionId": "mock_1"}))
    club.deployed.apply_inbox()
    assert club.order(key=key).status == 201


def _look(club: Club) -> None:
    boss = club.deployed.as_user("boss", role="admin")
    for who in (None, boss):
        assert club.ask("GET", "/subscriptions", who=who).body["subscriptions"]
    for path in ("subscriptions?consumerTenantId=demo", "purchases?consumerTenantId=demo", "tenants/demo/plan-status"):
        assert club.ask("GET", f"/internal/payments/{path}", who=SERVICE).status == 200


def _give_up(club: Club) -> None:
    """Its machine is started, and told of each step; what was told too early is heard of again after a try."""
    owing = _owing(club, "member-2", times=9)
    started = [each for each in club.deployed.events(owing["id"]) if each["type"].endswith("grace_started")]
    definition = json.dumps({"StartAt": "Over", "States": {"Over": {"Type": "Succeed"}}})
    name = club.deployed.environment["DUNNING_MACHINE"].rpartition(":")[2]
    role = "arn:aws:iam::000000000000:role/nobody"
    machines = club.deployed.client("stepfunctions")
    machines.create_state_machine(name=name, definition=definition, roleArn=role)
    starter = club.deployed.function("workflow_starter")
    assert starter.handler({"Records": messages(*started)}, context()) == {"batchItemFailures": []}
    assert club.dun(owing["id"], 8)[-1] == "unpaid"
    ended = _owing(club, "member-4", times=9)
    _ended_too_early(club, ended["id"])
    club.deaf = True
    assert club.dun(ended["id"], 2)[-1] == "waiting"
    club.deaf = False
    club.hear()


def _adopt(club: Club) -> None:
    owing = _owing(club, "member-3", times=1)
    who = club.deployed.as_user("member-3")
    page = club.ask("POST", f"/subscriptions/{owing['id']}/card", PAGES, who=who)
    club.stripe.control(f"sessions/{page.body['providerSessionId']}/pay", card="4242424242424242")
    club.hear()
    _ended_too_early(club, owing["id"])
    given = [each for each in club.deployed.events(owing["id"]) if each["type"].endswith("card_given")]
    adopter = club.deployed.function("card_adopter")
    assert adopter.handler({"Records": messages(*given)}, context()) == {"batchItemFailures": []}
    assert club.show(owing["id"], who)["status"] == "active"


def _owing(club: Club, user: str, times: int) -> dict[str, Any]:
    """A user's subscription whose second period could not be charged."""
    active = club.subscribe(who=club.deployed.as_user(user))
    club.decline_next(active["id"], times=times)
    owing = club.renew(active["id"])
    assert owing["status"] == "past_due"
    return owing


def _ended_too_early(club: Club, id_: str) -> None:
    """Stripe tells of the end before the last invoice."""
    over = {**club.at_stripe(id_).to_dict(), "status": "canceled", "latest_invoice": "in_unheard"}
    now = int(club.stripe.clock())
    over |= {"ended_at": now, "canceled_at": now}
    told = {"id": f"evt_{new_key()}", "object": "event", "type": "customer.subscription.deleted", "created": now}
    body = json.dumps({**told, "livemode": False, "data": {"object": over}}, default=str).encode()
    answer = club.deployed.webhook("stripe", body, signature_header(body, club.stripe.receiver.secret, at=now))
    assert answer.status == 200
    club.deployed.apply_inbox()
