"""Events as the queues deliver them, through the deliverer, to a consumer that verifies them."""

from __future__ import annotations

import base64
import io
import json
import logging
import random
from typing import Any

import pytest

from tests.functions.consuming import Delivered
from tests.functions.test_stats import message, messages
from tests.support.calls import counted_calls
from tests.support.delivering import SECRET
from tollgate.adapters.delivery_wakes import encoded
from tollgate.deliveries.model import GRACE, Aggregate
from tollgate.deliveries.ports import Wake
from tollgate.kernel.ids import derived

MINUTE, HOUR = 60, 3600


def test_a_purchase_arrives_event_by_event_whatever_the_order_of_its_messages(delivered: Delivered) -> None:
    several = [delivered.sold("captured"), delivered.sold("failed"), delivered.sold("declined", "captured")]
    records = [record for of in several for record in delivered.published(of)]
    random.Random(4).shuffle(records)  # noqa: S311 - draws an order
    assert delivered.deliver(records) == []
    for of in several:
        events = delivered.deployed.events(of)
        assert delivered.backend.heard(of) == list(range(1, len(events) + 1))
        kept = {each["id"]: each["event"] for each in delivered.backend.state()["events"]}
        assert [kept[event["id"]] for event in events] == events
    assert delivered.backend.state()["refused"] == 0
    assert (delivered.queue(), {each["state"]["S"] for each in delivered.deployed.stored("delivery")}) == (
        {"now": 0, "delayed": 0, "hidden": 0},
        {"delivered"},
    )


def test_an_event_costs_two_writes_and_a_repeated_message_none(delivered: Delivered) -> None:
    first = delivered.published(delivered.sold())
    delivered.deliver(first)
    (created, *_) = records = delivered.published(delivered.sold())
    with counted_calls() as calls:
        assert delivered.deliver([created]) == []
    # The three of the payment, in the hand of one message.
    taken_and_noted = ["PutItem", "PutItem", "Query"] * len(records)
    assert calls.of("dynamodb") == ["GetItem", "Query", *taken_and_noted]
    with counted_calls() as calls:
        assert delivered.deliver(records[1:2]) == []
    assert calls.of("dynamodb") == ["GetItem", "GetItem", "Query"]


def test_a_consumer_that_fails_is_tried_again_and_what_comes_too_early_is_hidden(delivered: Delivered) -> None:
    of = delivered.sold()
    delivered.backend.control("faults", status=503, times=100)
    assert delivered.deliver(delivered.published(of)) == []
    assert delivered.queue() == {"now": 0, "delayed": 1, "hidden": 0}, "one message for the lane, a minute from now"
    (told,) = delivered.ask("GET", query="state=waiting").body["deliveries"]
    assert (told["consumer"], told["event"]["sequence"], told["tries"]) == ("funnel", 1, 1)
    assert [(each["status"], each["manual"]) for each in told["attempts"]] == [(503, False)]
    send = delivered.deployed.client("sqs").send_message
    turn = encoded(Wake("funnel", Aggregate("demo", "payment", of), 1))
    send(QueueUrl=delivered.deployed.environment["DELIVERY_WAKES"], MessageBody=turn)
    (early,) = delivered.waiting()
    assert delivered.deliver([early]) == [early["messageId"]]
    assert delivered.queue()["hidden"] == 1
    delivered.backend.control("faults", "DELETE")
    delivered.later(2 * MINUTE)
    assert delivered.deliver([early]) == []
    assert delivered.backend.heard(of) == [1, 2, 3]
    delivered.done([early])


def test_what_the_queue_has_lost_the_reconciler_wakes(delivered: Delivered) -> None:
    of = delivered.sold()
    delivered.backend.control("faults", drop=1, times=1)
    delivered.deliver(delivered.published(of))
    assert delivered.deployed.stored("lane")[0]["failures"] == {"N": "1"}
    delivered.later(MINUTE + GRACE.total_seconds() + 1)
    assert delivered.reconcile()["examined"]["deliveries"] == 1
    woken = delivered.waiting()
    assert delivered.deliver(woken) == []
    delivered.done(woken)
    assert delivered.backend.heard(of) == [1, 2, 3]
    assert "deliveries" not in delivered.reconcile()["examined"]


def test_services_see_what_became_of_events_and_have_one_sent_again(delivered: Delivered) -> None:
    of, other = delivered.sold(), delivered.sold("failed")
    delivered.deliver([*delivered.published(of), *delivered.published(other)])
    listed = delivered.ask("GET", query=f"aggregate={of}&consumer=funnel&state=delivered").body["deliveries"]
    assert sorted(each["event"]["sequence"] for each in listed) == [1, 2, 3]
    seen, cursor = [], ""
    while True:
        page = delivered.ask("GET", query="limit=2" + cursor).body
        seen += [each["id"] for each in page["deliveries"]]
        if page["nextCursor"] is None:
            break
        cursor = f"&cursor={page['nextCursor']}"
    assert len(seen) == len(set(seen)) == len(delivered.deployed.stored("delivery"))
    chosen = next(each for each in listed if each["event"]["sequence"] == 1)
    answer = delivered.ask("POST", f"/{chosen['id']}/retry")
    assert (answer.status, answer.body) == (202, {"id": chosen["id"], "status": "queued"})
    wish = delivered.waiting()
    assert delivered.deliver(wish) == []
    delivered.done(wish)
    times = {each["id"]: each["times"] for each in delivered.backend.state()["events"]}
    assert times.pop(chosen["event"]["id"]) == 2
    assert set(times.values()) == {1}
    again = delivered.ask("GET", f"/{chosen['id']}").body
    assert [each["manual"] for each in again["attempts"]] == [False, True]


def test_what_belongs_to_no_tenant_is_for_services_that_act_for_all(delivered: Delivered) -> None:
    """A provider's circuit, say; its events are nobody's own."""
    circuit = delivered.a_circuit_opened()
    assert delivered.deliver(messages(circuit)) == []
    (told,) = delivered.ask("GET", tenant="*").body["deliveries"]
    assert (told["event"]["type"], told["state"]) == (circuit["type"], "delivered")
    assert delivered.ask("GET", f"/{told['id']}", tenant="demo").status == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [("state=lost", "state"), ("consumer=Funnel%21", "consumer"), ("aggregate=a%20b", "aggregate"), ("x=1", "x")],
)
def test_a_wrong_question_is_named(delivered: Delivered, query: str, field: str) -> None:
    answer = delivered.ask("GET", query=query)
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, field)


def test_of_a_consumer_that_gets_nothing_any_more_nothing_is_sent_again(delivered: Delivered) -> None:
    of = delivered.sold()
    delivered.deliver(delivered.published(of))
    delivered.listen(active=False)
    chosen = delivered.ask("GET").body["deliveries"][0]["id"]
    answer = delivered.ask("POST", f"/{chosen}/retry")
    assert (answer.status, answer.body["code"]) == (409, "CONSUMER_INACTIVE")
    assert delivered.ask("POST", f"/{derived('dlv', 'never')}/retry").status == 404
    assert delivered.ask("GET", "/dlv_1").status == 404


GARBAGE = [
    "",
    "no json",
    "[]",
    "null",
    '{"detail": null}',
    '{"detail": {}}',
    "[" * 9000,
    '{"wake": 1}',
    '{"retry": {}}',
]
BROKEN: list[dict[str, Any]] = [
    {"tenant": "de#mo"},
    {"tenant": 7},
    {"type": None},
    {"aggregate": {"type": "pay#ment", "id": "1"}},
    {"aggregate": {"type": "payment", "id": "../../1"}},
    {"aggregate": {"type": "payment", "id": None}},
]


def test_what_cannot_be_read_comes_again_alone_and_what_nobody_stored_is_not_sent(delivered: Delivered) -> None:
    of = delivered.sold()
    event = delivered.deployed.events(of)[0]
    broken = [message(text) for text in GARBAGE] + messages(*({**event, **wrong} for wrong in BROKEN))
    broken.append(message(encoded(Wake("Funnel", Aggregate("demo", "payment", of)))))
    never = {**event, "aggregate": {"type": "payment", "id": derived("pay", "never")}}
    assert delivered.deliver([*broken, *messages(event, never)]) == [each["messageId"] for each in broken]
    assert delivered.backend.heard(of) == [1, 2, 3]
    assert len(delivered.backend.state()["events"]) == 3


def test_while_a_secret_is_rotated_a_consumer_may_know_either(delivered: Delivered) -> None:
    new = f"whsec_{base64.b64encode(bytes(range(24))).decode()}"
    delivered.deployed.client("secretsmanager").put_secret_value(
        SecretId=f"{delivered.deployed.prefix}/consumers/funnel",
        SecretString=json.dumps({"signing_secrets": [new, SECRET]}),
    )
    try:
        for known in ([SECRET], [new]):
            delivered.backend.secrets[:] = known
            of = delivered.sold()
            delivered.deliver(delivered.published(of))
            assert delivered.backend.heard(of) == [1, 2, 3]
    finally:
        delivered.backend.secrets[:] = [SECRET]


def test_no_log_line_tells_a_secret_an_address_or_what_an_event_says(
    delivered: Delivered, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    delivered.deployed.function("deliverer")
    log = io.StringIO()
    for handler in logging.getLogger("test").handlers:
        monkeypatch.setattr(handler, "stream", log)
    delivered.backend.control("faults", status=500, times=1)
    of = delivered.sold()
    delivered.deliver(delivered.published(of))
    delivered.deliver([message("no json")])
    told = log.getvalue()
    assert of in told
    assert '"status":500' in told
    assert '"Deliveries.waiting"' in capsys.readouterr().out
    assert not [
        each for each in (SECRET[6:], delivered.backend.url, "concert_ticket", "webhook-signature") if each in told
    ]
