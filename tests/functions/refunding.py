"""Asking for refunds, and what there is to see of them."""

from __future__ import annotations

import json
from typing import Any

from tests.functions.reconciling import Stuck
from tests.support.deployment import Answer
from tests.support.requests import new_key

REFUNDED = "payments.purchase.refunded"


def paid(stuck: Stuck, **fields: Any) -> Answer:
    checkout, told = stuck.checkout(**fields), stuck.stripe.receiver.types().count("checkout.session.completed")
    stuck.pay(checkout)
    stuck.stripe.receiver.wait_for("checkout.session.completed", count=told + 1)
    stuck.pass_on()
    stuck.deployed.apply_inbox()
    assert stuck.status(checkout) == "confirmed"
    return checkout


def refund(stuck: Stuck, payment: str, key: str | None = None, who: Any = None, **body: Any) -> Answer:
    headers = {**(who or stuck.deployed.as_user("boss", role="admin")), "idempotency-key": key or new_key()}
    return stuck.deployed.call("POST", f"/transactions/{payment}/refund", body, headers=headers)


def shown(stuck: Stuck, checkout: Answer) -> dict[str, Any]:
    path = f"/transactions/{checkout.body['id']}"
    found = stuck.deployed.call("GET", path, headers=stuck.deployed.as_user()).body
    return dict(found["transaction"])


def entries(stuck: Stuck, kind: str) -> list[dict[str, int]]:
    found = [item for item in stuck.deployed.stored("journal_entry") if item["what"]["S"] == kind]
    return [dict(json.loads(item["postings"]["S"])) for item in found]


def stripes(stuck: Stuck) -> list[Any]:
    return list(stuck.stripe.client.v1.refunds.list({"limit": 100}).data)
