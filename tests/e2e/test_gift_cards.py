"""Gift cards over HTTP, through the deployed template: what a code in an address leaves behind."""

from __future__ import annotations

import pytest

from tests.e2e.client import Client, a_key
from tests.functions.giving import no_cards_code
from tests.local.laptop import Laptop, eventually

pytestmark = pytest.mark.e2e


def test_a_code_that_no_card_has_is_told_by_its_route_and_logged_nowhere(stack: Laptop, client: Client) -> None:
    code, anybody = no_cards_code(), {"x-tenant-id": "demo"}
    looked = stack.get(f"/gift-cards/{code}/balance", headers=anybody)
    spelled = stack.get(f"/gift-cards/{code.replace('-', '%20')}", headers=anybody)
    spent = stack.post(
        f"/gift-cards/{code}/use", {"amount": 100}, headers={**client.headers(), "idempotency-key": a_key()}
    )
    told = [(each.status_code, each.json()["code"], each.json()["path"]) for each in (looked, spelled, spent)]
    assert told == [
        (404, "GIFT_CARD_NOT_FOUND", "/gift-cards/{code}/balance"),
        (404, "GIFT_CARD_NOT_FOUND", "/gift-cards/{code}"),
        (404, "GIFT_CARD_NOT_FOUND", "/gift-cards/{code}/use"),
    ]
    assert stack.get("/gift-cards/no-code/balance", headers=anybody).status_code == 422
    assert stack.get("/credit", headers=client.headers()).json()["available"] == 0

    logs = [stack.state / "out.log", *(stack.state / "logs").iterdir()]
    shown = eventually(lambda: (text := "".join(each.read_text() for each in logs)).count("gift_card_api") > 5 and text)
    assert "GET /gift-cards/{code}/balance" in str(shown)
    assert code not in str(shown)
    assert code.replace("-", " ") not in str(shown)
