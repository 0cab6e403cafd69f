"""What is owed for a subscription: tried again for a week, until it is paid or given up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from tests.functions.subscribing import DAY, HOUR, PAGES, Club, a_club
from tests.functions.test_stats import messages
from tests.simulators.world import World
from tests.support.deployment import Answer
from tests.support.engine import Engine
from tests.support.requests import context, new_key
from tollgate.checkout.ports import ProviderUnavailable
from tollgate.kernel.clock import from_iso


@pytest.fixture
def club(engine: Engine, stripe: World, tmp_path: Path) -> Iterator[Club]:
    with a_club(engine, stripe, tmp_path) as made:
        yield made


def late(club: Club, code: str = "insufficient_funds", times: int = 1, **fields: Any) -> dict[str, Any]:
    """A subscription whose second period could not be charged, and so many tries after it neither."""
    active = club.subscribe(**fields)
    club.decline_next(active["id"], code, times)
    owing = club.renew(active["id"])
    assert owing["status"] == "past_due", owing
    return owing


def days(club: Club, id_: str, type_: str) -> list[float]:
    """When events of a type happened, in days after the first failure."""
    history = club.show(id_)["history"]
    start = next(each for each in history if each["type"].endswith("grace_started"))["occurredAt"]
    found = [each["occurredAt"] for each in reversed(history) if each["type"].endswith(type_)]
    return [round((from_iso(at) - from_iso(start)).total_seconds() / DAY, 1) for at in found]


def charged(club: Club, id_: str) -> list[int]:
    """What Stripe has taken for it, the last first."""
    found = club.stripe.client.v1.invoices.list(params={"subscription": club.at_stripe(id_)["id"], "limit": 100}).data
    return [each.amount_paid for each in found if each.amount_paid]


def test_the_third_try_recovers_it_and_access_was_never_lost(club: Club) -> None:
    owing = late(club, times=3)
    assert (owing["pastDue"]["due"], owing["pastDue"]["decline"]["class"]) == (3999, "soft")
    assert club.dun(owing["id"], 8) == [*["waiting"] * 5, "recovered"]
    assert days(club, owing["id"], "payment_failed") == [1, 3]
    assert days(club, owing["id"], "reminded") == [2, 6]
    assert days(club, owing["id"], "renewed") == [7]
    club.hear()
    recovered = club.show(owing["id"])
    assert (recovered["status"], recovered["pastDue"]) == ("active", None)
    assert charged(club, owing["id"]) == [3999, 3999]
    statuses = Counter(each["status"] for each in club.ask("GET", "/transactions").body["transactions"])
    assert statuses == {"confirmed": 2}


def test_after_the_last_try_it_is_given_up_and_ends_at_stripe_too(club: Club) -> None:
    owing = late(club, times=9)
    assert club.dun(owing["id"], 8)[-1] == "unpaid"
    assert days(club, owing["id"], "payment_failed") == [1, 3, 7]
    assert club.said(owing["id"])[-2:] == ["grace_ended", "failed"]
    club.hear()
    over = club.show(owing["id"])
    assert (over["status"], over["accessUntil"]) == ("unpaid", None)
    assert club.at_stripe(owing["id"]).status == "canceled"
    assert charged(club, owing["id"]) == [3999]
    assert club.said(owing["id"])[-1] == "failed"
    failed = [each["status"] for each in club.ask("GET", "/transactions").body["transactions"]]
    assert failed == ["failed", "confirmed"]
    assert club.order().status == 201


def test_a_hard_decline_is_not_tried_again_and_asks_for_another_card(club: Club) -> None:
    owing = late(club, "expired_card", times=9)
    assert club.dun(owing["id"], 8)[-1] == "unpaid"
    assert days(club, owing["id"], "payment_failed") == []
    assert days(club, owing["id"], "reminded") == [1, 3, 6]


@pytest.mark.parametrize(("what", "told"), [("void", True), ("void", False), ("mark_uncollectible", True)])
def test_what_is_forgiven_at_stripe_is_owed_no_more_though_nobody_tells(club: Club, what: str, told: bool) -> None:
    owing = late(club, times=9)
    club.deaf = not told
    invoices = club.stripe.client.v1.invoices
    invoice = club.at_stripe(owing["id"])["latest_invoice"]
    _ = invoices.void_invoice(invoice) if what == "void" else invoices.mark_uncollectible(invoice)
    club.hear()
    assert club.show(owing["id"])["status"] == ("active" if told else "past_due")
    assert club.dun(owing["id"], 2)[-1] == "recovered"
    over = [each["data"] for each in club.show(owing["id"])["history"] if each["type"].endswith("grace_ended")]
    assert [each["outcome"] for each in over] == ["forgiven"]
    after = club.show(owing["id"])
    assert (after["status"], after["pastDue"]) == ("active", None)
    assert after["currentPeriodStart"] == owing["currentPeriodEnd"]
    assert [each["status"] for each in club.ask("GET", "/transactions").body["transactions"]] == ["failed", "confirmed"]
    club.deaf = False
    club.hear()
    assert club.said(owing["id"])[-1] == "grace_ended"


def test_another_card_is_charged_at_once(club: Club) -> None:
    owing = late(club, "expired_card", times=9)
    path = f"/subscriptions/{owing['id']}"
    page = club.ask("POST", f"{path}/card", PAGES)
    assert page.status == 201, page.body
    club.stripe.control(f"sessions/{page.body['providerSessionId']}/pay", card="4242424242424242")
    club.hear()
    assert club.said(owing["id"])[-1] == "card_given"
    events = [each for each in club.deployed.events(owing["id"]) if each["type"].endswith("card_given")]
    adopter = club.deployed.function("card_adopter")
    for _ in range(2):
        assert adopter.handler({"Records": messages(*events)}, context()) == {"batchItemFailures": []}
    paid = club.show(owing["id"])
    assert (paid["status"], charged(club, owing["id"])) == ("active", [3999, 3999])
    club.hear()
    assert club.said(owing["id"])[-2:] == ["grace_ended", "renewed"]
    assert club.dun(owing["id"], 1) == ["recovered"]


def test_users_and_operators_may_pay_beside_the_plan_and_a_key_is_one_try(club: Club) -> None:
    owing = late(club, times=2)
    path, key = f"/subscriptions/{owing['id']}/pay", new_key()
    headers = {**club.deployed.as_user(), "idempotency-key": key}
    for _ in range(2):
        declined = club.ask("POST", path, who=headers)
        assert (declined.status, declined.body["code"]) == (402, "PAYMENT_DECLINED")
    assert club.show(owing["id"])["pastDue"]["attempts"] == 2
    club.hear()
    assert club.show(owing["id"])["pastDue"]["attempts"] == 2
    headers = headers | {"idempotency-key": new_key()}
    paid, again = club.ask("POST", path, who=headers), club.ask("POST", path, who=headers)
    assert (paid.status, paid.body["status"], again.status, again.body) == (200, "active", 200, paid.body)
    assert "idempotency-replayed" not in paid.headers
    assert again.headers["idempotency-replayed"] == "true"
    owes_nothing = club.ask("POST", path, who=headers | {"idempotency-key": new_key()})
    assert (owes_nothing.status, owes_nothing.body["code"]) == (409, "INVALID_STATE")
    assert charged(club, owing["id"]) == [3999, 3999]


def test_an_admin_retries_the_payment_that_is_owed(club: Club) -> None:
    owing = late(club, times=2)
    admin = club.deployed.as_user("boss", role="admin")
    listed = club.deployed.call("GET", "/admin/failed-payments", headers=admin, function="admin_api")
    failed = listed.body["transactions"]
    assert [each["id"] for each in failed] == [owing["pastDue"]["paymentId"]]
    keys = (new_key(), new_key())
    answers = [_retried(club, owing["pastDue"]["paymentId"], key) for key in (*keys, keys[1])]
    assert [(each.status, each.body.get("code") or each.body["status"]) for each in answers] == [
        (402, "PAYMENT_DECLINED"),
        (200, "confirmed"),
        (200, "confirmed"),
    ]
    assert ["idempotency-replayed" in each.headers for each in answers] == [False, False, True]
    assert club.show(owing["id"])["status"] == "active"
    assert days(club, owing["id"], "reminded") == []
    nothing = _retried(club, owing["pastDue"]["paymentId"])
    assert (nothing.status, nothing.body["code"]) == (409, "INVALID_STATE")


def _retried(club: Club, payment: str, key: str | None = None) -> Answer:
    headers = {**club.deployed.as_user("boss", role="admin"), "idempotency-key": key or new_key()}
    return club.deployed.call("POST", f"/admin/retry-payment/{payment}", {}, headers=headers, function="admin_api")


def test_a_cancelled_one_is_dunned_no_more(club: Club) -> None:
    owing = late(club, times=9)
    club.ask("POST", f"/subscriptions/{owing['id']}/cancel", {"when": "now"})
    club.hear()
    assert club.dun(owing["id"], 8) == ["cancelled"]
    assert club.said(owing["id"])[-3:] == ["grace_ended", "cancelled", "ended"]


@pytest.mark.parametrize("kind", ["drop", "reset", "500"])
def test_a_try_whose_answer_is_lost_is_found_out_and_charges_once(club: Club, kind: str) -> None:
    """What Stripe would only repeat is asked about at once; of no answer, the machine's next try finds out."""
    owing = late(club, times=1)
    club.pass_time(DAY + HOUR)
    invoice = next(e["data"]["invoice"] for e in owing["history"] if e["type"].endswith("grace_started"))
    club.stripe.control("api/faults", kind=kind, work="first", method="POST", path=f"/v1/invoices/{invoice}/pay")
    with pytest.raises(ProviderUnavailable) if kind != "500" else nullcontext():
        club.step(owing["id"], invoice)
    assert club.step(owing["id"], invoice)["outcome"] == "recovered"
    assert charged(club, owing["id"]) == [3999, 3999]


def test_what_no_machine_duns_is_dunned_to_its_end_when_its_grace_is_over(club: Club) -> None:
    owing = late(club, times=9)
    club.pass_time(7 * DAY)
    club.reconcile()
    assert club.show(owing["id"])["status"] == "past_due"
    club.pass_time(DAY + HOUR)
    club.reconcile()
    over = club.show(owing["id"])
    assert (over["status"], club.at_stripe(owing["id"]).status) == ("unpaid", "canceled")
