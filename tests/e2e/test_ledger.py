"""The books of the deployed stack: a purchase is in them moments after it was confirmed, and they agree with the
journal.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.e2e.client import Client
from tests.local.laptop import REPOSITORY, Laptop, eventually

pytestmark = pytest.mark.e2e


class Books:
    def __init__(self, laptop: Laptop) -> None:
        self.laptop = laptop
        token = laptop.post("/local/token", {"sub": "boss", "role": "admin", "tenant_id": "demo"}).json()["token"]
        self.headers = {"authorization": f"Bearer {token}"}

    def trial_balance(self) -> Any:
        answer = self.laptop.get("/admin/ledger/trial-balance", headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def balance(self, account: str, currency: str = "USD") -> int:
        blocks = {block["currency"]: block["accounts"] for block in self.trial_balance()["currencies"]}
        return sum(int(each["balance"]) for each in blocks.get(currency, []) if each["account"] == account)

    def subjects(self, account: str) -> list[str]:
        answer = self.laptop.get(f"/admin/ledger/accounts/{account}/entries", headers=self.headers)
        assert answer.status_code == 200, answer.text
        return [each["subject"]["id"] for each in answer.json()["entries"]]

    def rebuilt(self) -> tuple[int, Any]:
        run = subprocess.run(
            [sys.executable, "-m", "operations", "rebuild-ledger", "--stack", "local"],
            cwd=REPOSITORY,
            env=os.environ
            | {"PYTHONPATH": str(REPOSITORY / "layers/shared"), "TOLLGATE_STATE_DIR": str(self.laptop.state)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert run.stdout, run.stderr
        return run.returncode, json.loads(run.stdout)


def test_a_purchase_comes_into_the_books_once(stack: Laptop, client: Client) -> None:
    books = Books(stack)
    before = books.balance("provider_clearing:mock")
    paid = client.checkout(method="mock").json()
    client.pay(paid)
    client.status_becomes(paid["id"], "confirmed")
    assert eventually(lambda: books.balance("provider_clearing:mock") == before - paid["amount"], 30)
    found = books.trial_balance()
    assert found["balanced"] is True
    assert found["notYetProjected"]["entries"] == 0
    assert paid["id"] in books.subjects("provider_clearing:mock")
    code, told = books.rebuilt()
    assert (code, told["complete"], told["entries_not_yet_projected"]) == (0, True, 0)
    assert told["entries"] >= 1
