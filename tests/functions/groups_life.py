"""What the functions of group payments do with AWS, once: a part of `whole_life`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from tests.functions.grouping import LIFE, MINUTE, Groups, Made
from tests.functions.reconciling import Stuck
from tests.functions.test_stats import messages
from tests.support.requests import ORIGIN, a_mock_event, context, new_key
from tollgate.kernel.ids import SortableIds, derived
from tollgate.kernel.money import Money
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Capture, Report, Session
from tollgate.payments.ports import PaymentKey
from tollgate.runtime.clock import clock_for
from tollgate.runtime.composition.recording import make_recording
from tollgate.runtime.composition.storage import open_storage
from tollgate.runtime.settings import Settings


def share(stuck: Stuck) -> None:
    """One group is called off, one is over in time, one too late, and one stays open."""
    groups = Groups(stuck.deployed)
    _start(groups)
    _set_aside(stuck, groups)
    _call_off(stuck, groups)
    late = groups.made()
    groups.by_mock(late)
    for minutes in (5, 5):
        stuck.later(minutes * MINUTE)
        groups.step(late)
    forgotten = groups.made()
    groups.by_mock(forgotten)
    stuck.swept(LIFE + 5 * MINUTE)
    stuck.later(LIFE + 5 * MINUTE)
    stuck.reconcile()
    assert [groups.state(each) for each in (late, forgotten)] == ["expired", "expired"]
    groups.give_back()
    assert [groups.states(each)[0] for each in (late, forgotten)] == ["refunded", "refunded"]
    assert groups.listed().body["groups"]
    groups.made()


def _start(groups: Groups) -> None:
    """The engine runs a machine of that name."""
    made, deployed = groups.made(), groups.deployed
    name = deployed.environment["GROUP_PAYMENT_EXPIRY_MACHINE"].rpartition(":")[2]
    definition = json.dumps({"StartAt": "Over", "States": {"Over": {"Type": "Succeed"}}})
    role = "arn:aws:iam::000000000000:role/nobody"
    deployed.client("stepfunctions").create_state_machine(name=name, definition=definition, roleArn=role)
    created = [each for each in deployed.events(made.id) if each["type"].endswith("created")]
    starter = deployed.function("workflow_starter")
    assert starter.handler({"Records": messages(*created)}, context()) == {"batchItemFailures": []}


def _call_off(stuck: Stuck, groups: Groups) -> None:
    """Set aside at Stripe, paid at Square, where nobody answers, and at the mock, which tells of it too early."""
    group = groups.made(5)
    assert groups.contribute(group, 0).status == 202
    capture = Capture("sq_1", Money(10_000, "USD"), datetime.now(UTC))
    _at_square(stuck, groups, group, 1, Report(Fact.CAPTURED, datetime.now(UTC), capture=capture))
    key = new_key()
    payment = derived("pay", "demo", f"{group.id}/{group.members[2]}", "group.contribute", key)
    told = {"id": payment, "providerCheckoutSessionId": "mock_1", "amount": 10_000, "currency": "USD"}
    stuck.deployed.tell(a_mock_event(told))
    stuck.deployed.apply_inbox()
    early = groups.by_mock(group, 2, key=key)
    assert early.body["payment"]["id"] == payment
    stuck.deployed.apply_inbox()
    waiting = groups.contribute(group, 3, method="mock", sources={"mock": "challenge"}, returnUrl=f"{ORIGIN}/back")
    stuck.deployed.tell(a_mock_event({**told, "id": waiting.body["payment"]["id"]}))
    stuck.deployed.apply_inbox()
    # Nobody is paid out yet: this waits until it is known whose the money is.
    stuck.deployed.tell(a_mock_event(told, "settled"))
    stuck.deployed.apply_inbox()
    assert groups.status(group, group.link()).status == 200
    assert groups.cancel(group).status == 200
    # Square does not answer: what it has is given back when it does.
    assert len(groups.give_back()) == 1
    assert groups.states(group) == ["released", "paid", "refunded", "refunded", "pending"]


def _set_aside(stuck: Stuck, groups: Groups) -> None:
    """A group that is taken at Stripe, and one at Square, where nobody answers."""
    taken, waits = groups.made(1), groups.made(1)
    assert groups.contribute(taken).status == 202
    held = Session("sq_held", None, datetime.now(UTC) + timedelta(days=7))
    _at_square(stuck, groups, waits, 0, Report(Fact.APPROVED, datetime.now(UTC), session=held, about="sq_held"))
    assert len(groups.take()) == 1
    assert [groups.state(each) for each in (taken, waits)] == ["completed", "partially_paid"]


def _at_square(stuck: Stuck, groups: Groups, group: Made, member: int, report: Report) -> None:
    """Square was not reached, and says later that it has got what it was asked all the same."""
    sources = {"square": "cnon:card-nonce-ok"}
    assert groups.contribute(group, member, sources=sources, provider="square").status == 502
    payment_id = groups.seen(group).shares[member].payment or ""
    settings = Settings.from_environment(stuck.deployed.environment)
    storage, clock = open_storage(settings), clock_for(settings.clock_file)
    recording = make_recording(settings, storage, clock, SortableIds(clock))
    payment = recording.payments.get(PaymentKey("demo", payment_id))
    assert payment is not None
    recording.recorder.record(payment, report)
