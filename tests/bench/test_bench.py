"""The benchmark itself, in its quick form: every count within its limit, and results of the promised shape. Nothing
here depends on how fast this machine is.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# All of it is measured once, beside whatever else the machine does.
pytestmark = pytest.mark.timeout(400)
ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = {
    "charge",
    "checkout_create",
    "checkout_create_first_of_instance",
    "checkout_replay",
    "checkout_with_tenders",
    "checkout_with_tenders_apply",
    "count_batch",
    "delivery",
    "escrow_fund",
    "escrow_release",
    "gift_card_guess",
    "gift_card_purchase",
    "gift_card_purchase_apply",
    "gift_card_redeem",
    "gift_card_show",
    "gift_card_use",
    "group_create",
    "group_share",
    "group_share_last",
    "group_take",
    "ledger_hot_venue",
    "ledger_projection",
    "ledger_projection_few",
    "mail_send",
    "payout",
    "payout_apply_failed",
    "payout_apply_failed_after_paid",
    "payout_apply_paid",
    "payout_instant",
    "refund",
    "refund_onto_tenders",
    "relay_batch",
    "resale_purchase",
    "royalty_count",
    "subscription_apply_failed",
    "subscription_apply_paid",
    "subscription_apply_renewed",
    "subscription_order",
    "subscription_show",
    "renewal",
    "webhook_accept",
    "webhook_accept_second_event",
    "webhook_apply",
    "webhook_apply_second_event",
    "webhook_duplicate",
}
FUNCTIONS = {
    "admin_api",
    "capturer",
    "catalog_api",
    "checkout_api",
    "deliverer",
    "delivery_api",
    "event_relay",
    "health",
    "gift_card_api",
    "group_payment_api",
    "group_payment_step",
    "refunder",
    "subscription_api",
    "workflow_starter",
    "card_adopter",
    "dunning_step",
    "escrow_step",
    "marketplace_api",
    "royalty_counter",
    "inbox_consumer",
    "ledger_projector",
    "mailer",
    "provider_webhook",
    "reconciler",
    "renewer",
    "stats_counter",
    "venue_api",
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Any:
    output = tmp_path_factory.mktemp("bench") / "results.json"
    run = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--output", str(output)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT / "layers" / "shared")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert output.exists(), run.stderr
    return {"printed": run.stdout, "status": run.returncode, **json.loads(output.read_text())}


def _figures(results: Any, kind: str) -> list[Any]:
    return [figure for figure in results["figures"] if figure["kind"] == kind and figure["limit"] is not None]


def test_every_count_is_within_its_limit(results: Any) -> None:
    counted = _figures(results, "counted")
    assert len(counted) >= 70
    assert not [figure for figure in counted if figure["value"] > figure["limit"]]
    assert results["status"] == 0


def test_every_promised_ratio_is_measured(results: Any) -> None:
    names = {figure["name"] for figure in _figures(results, "timed")}
    assert names == {
        "cpu: checkout_create over raw_put_payment",
        "cpu: checkout_create over checkout_powertools",
        "cpu: webhook_accept over raw_put_event",
        "cpu: webhook_accept_and_apply over raw_put_event",
        *(f"init: {name} over bare" for name in FUNCTIONS),
    }


def test_what_is_timed_does_all_that_it_does_in_production(results: Any) -> None:
    asked = results["cpu"]["asked_by_one_run"]
    applied = {"dynamodb.GetItem": 1, "dynamodb.TransactWriteItems": 1}
    assert asked["webhook_accept"] == {"dynamodb.PutItem": 1}
    assert asked["webhook_accept_and_apply"] == asked["webhook_accept"] | applied
    assert asked["checkout_create"] == {"dynamodb.TransactWriteItems": 2, "stripe.POST /v1/checkout/sessions": 1}


def test_addresses_are_as_long_as_stripes(results: Any) -> None:
    written = results["operations"]["checkout_create"]["written"]
    assert max(item["bytes"] for item in written if item["kind"] == "reference") > 500


def test_each_operation_tells_what_it_wrote(results: Any) -> None:
    assert set(results["operations"]) == OPERATIONS
    for operation in results["operations"].values():
        assert operation["write_units"] == sum(item["units"] * item["times"] for item in operation["written"])


def test_init_says_what_takes_the_time(results: Any) -> None:
    functions = results["init"]["functions"]
    assert set(functions) == FUNCTIONS | {"bare"}
    assert all(each["modules"] > 50 and each["packages_ms"] for each in functions.values())


def test_the_cost_is_itemised_with_its_prices_and_assumptions(results: Any) -> None:
    cost = results["cost"]
    (total,) = (figure["value"] for figure in results["figures"] if figure["name"].startswith("cost:"))
    assert total == pytest.approx(sum(cost["usd_per_million_payments"].values()), abs=0.01)
    assert cost["prices_usd"]["dynamodb_write_unit"] == pytest.approx(0.625e-6)
    assert "checkout_milliseconds" in cost["assumptions"]


def test_results_stay_small_and_name_the_load_they_were_made_under(results: Any) -> None:
    assert len(json.dumps(results)) < 2_200 * len(OPERATIONS)
    assert "load average" in results["printed"]
    assert len(results["machine"]["load_before"]) == 3
