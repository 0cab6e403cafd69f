"""A harness that finds nothing proves nothing: bugs are planted here, and it must name each of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest

from tests.crash import (
    invariants,
    invariants_of_charges,
    invariants_of_events,
    invariants_of_gift_cards,
    invariants_of_groups,
    invariants_of_payouts,
    invariants_of_renewals,
    invariants_of_resales,
    invariants_of_reversals,
    invariants_of_subscriptions,
)
from tests.crash.operations_events import EVENTS
from tests.crash.planting import named, tried_with
from tests.support.crashing import Harness, Point, Tried, points
from tests.support.crashing_client import Purchase
from tests.support.crashing_faults import CRASH_AFTER, CRASH_BEFORE, FAULTS
from tests.support.crashing_wire import Call, Crashed
from tests.support.crashing_world import World, a_world
from tests.support.engine import Engine
from tollgate.adapters.dynamodb.idempotency import DynamoIdempotency
from tollgate.adapters.dynamodb.inbox import DynamoInbox
from tollgate.adapters.dynamodb.ledger import DynamoBalances, DynamoJournal
from tollgate.adapters.dynamodb.payouts import DynamoLimitedBalances
from tollgate.adapters.dynamodb.unit_of_work import DynamoUnitOfWork
from tollgate.adapters.eventbridge import EventBus, Published
from tollgate.adapters.providers.stripe.client import StripeProvider
from tollgate.adapters.providers.stripe.payout_client import StripePayouts
from tollgate.checkout.opening import CheckoutOpening
from tollgate.kernel.errors import RetryableError
from tollgate.kernel.unit_of_work import Write
from tollgate.ledger import rules
from tollgate.ledger.accounts import seller_available
from tollgate.payments.model import Payment
from tollgate.payouts.model import Payout
from tollgate.payouts.providers import Found
from tollgate.payouts.recording import PayoutRecorder


@pytest.fixture
def world(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for each bug: what it leaves behind, a request that nobody can finish, would be found beside the next."""
    with a_world(engine, tmp_path_factory.mktemp("bugs")) as made:
        yield made


def test_a_new_provider_key_for_each_try(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Payment, "provider_key", lambda *_: str(uuid.uuid4()))
    tried = tried_with(harness, "checkout create", "crash after")
    assert named(tried) >= {"a_payment_has_one_page_at_most_that_can_be_paid"}
    assert any("stripe.POST /v1/checkout/sessions" in violation.point for violation in tried.violations)


def test_a_provider_that_is_called_before_anything_is_stored(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    begin, really_open, made = CheckoutOpening._begin, StripeProvider.open, dict[str, Any]()

    def called_first(opening: Any, record: Any, *arguments: Any) -> None:
        page = really_open(opening._ways.pages.providers["stripe"]._provider, record.parameters, str(uuid.uuid4()))
        begin(opening, record, *arguments)
        made[record.parameters] = page

    monkeypatch.setattr(CheckoutOpening, "_begin", called_first)
    monkeypatch.setattr(StripeProvider, "open", lambda _, parameters, __: made[parameters])
    tried = tried_with(harness, "checkout create", "crash before")
    assert "a_payment_has_one_page_at_most_that_can_be_paid" in named(tried)


def test_a_holder_who_lost_the_lease_and_writes_all_the_same(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DynamoIdempotency, "finish", _unfenced(DynamoIdempotency.finish))
    tried = tried_with(harness, "checkout create", "stalled before")
    assert "a_finished_request_never_changes" in named(tried)


def _unfenced(finish: Callable[..., Any]) -> Callable[..., Any]:
    """The write without its condition."""

    def write(repository: DynamoIdempotency, *arguments: Any) -> Any:
        fenced = finish(repository, *arguments)
        dropped = ("ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues")
        return replace(fenced, request={name: value for name, value in fenced.request.items() if name not in dropped})

    return write


def test_a_state_that_is_stored_apart_from_its_event(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = DynamoUnitOfWork.commit

    def one_by_one(unit_of_work: DynamoUnitOfWork, *writes: Any) -> None:
        for write in writes:
            commit(unit_of_work, write)

    monkeypatch.setattr(DynamoUnitOfWork, "commit", one_by_one)
    tried = tried_with(harness, "checkout create", "crash before")
    assert "events_have_no_gaps" in named(tried)


def test_a_webhook_that_is_acknowledged_unstored(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    accept = DynamoInbox.accept

    def hopeful(inbox: DynamoInbox, event: Any) -> bool:
        try:
            return accept(inbox, event)
        except RetryableError:
            return True

    monkeypatch.setattr(DynamoInbox, "accept", hopeful)
    tried = tried_with(harness, "webhook accept", "throttled, for as long as patience lasts")
    assert "acknowledged_webhooks_are_stored" in named(tried)


def test_a_relay_that_reports_no_failure(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    put = EventBus.put

    def deaf(bus: EventBus, messages: Any) -> Published:
        put(bus, messages)
        return Published(len(messages))

    monkeypatch.setattr(EventBus, "put", deaf)
    tried = tried_with(
        harness, "relay", "bus refuses the last entry", "connection reset, for as long as patience lasts"
    )
    assert "every_event_is_on_the_bus_under_all_its_names" in named(tried)


def test_a_transfer_under_a_new_key_for_each_try(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Payout, "provider_key", lambda *_: str(uuid.uuid4()))
    tried = tried_with(harness, "payout", "crash after")
    assert named(tried) >= {"a_payout_is_transferred_and_paid_out_once_at_most"}
    # Besides, an owner is refused what is on its way.
    assert named(tried) - {"recovery"} <= _checks(invariants_of_payouts)


def test_a_payout_that_fails_and_gives_nothing_back(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "payout_failed", lambda *_: None)
    tried = tried_with(harness, "payout that failed", "crash before")
    assert named(tried) == {
        "what_has_failed_is_back_on_the_balance",
        "what_is_posted_of_a_payout_fits_its_state",
    }


def test_a_payout_that_fails_and_still_counts_for_its_day(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PayoutRecorder, "_restored", lambda *_: ())
    tried = tried_with(harness, "payout that failed", "crash before")
    assert named(tried) == {"what_counts_for_a_day_is_what_has_not_failed"}


def test_a_payout_that_fails_and_is_given_back_twice(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, and by the projector."""

    def at_once(limited: Any, tenant: str, currency: str, seller: str, _day: Any, amount: int) -> Write:
        return DynamoBalances(limited._core).credit(tenant, currency, seller_available(seller), amount)

    monkeypatch.setattr(DynamoLimitedBalances, "restore", at_once)
    tried = tried_with(harness, "payout that failed", "crash before")
    assert named(tried) == {
        "what_left_the_balance_is_what_is_not_projected_as_failed",
        "what_counts_for_a_day_is_what_has_not_failed",
    }


def test_a_payout_that_fails_unprojected(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its entry says that it was born projected, and no balance has moved."""
    append = DynamoJournal.append
    monkeypatch.setattr(DynamoJournal, "append", lambda journal, entry, **_: append(journal, entry, projected=True))
    tried = tried_with(harness, "payout that failed", "crash before")
    assert named(tried) == {"what_has_failed_is_back_on_the_balance"}


def test_a_payout_that_is_given_up_while_the_provider_has_it(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StripePayouts, "find", lambda *_: Found(None, None))
    monkeypatch.setattr(StripePayouts, "window", timedelta(0))
    tried = tried_with(harness, "payout of unknown outcome, sent", "crash before")
    assert "what_has_failed_is_not_on_its_way_to_a_bank" in named(tried)


def test_a_point_that_is_never_reached(harness: Harness) -> None:
    operation = next(each for each in EVENTS if each.name == "webhook accept")
    beyond = Point(7, Call("dynamodb.PutItem"), CRASH_AFTER)
    (violation, *_) = harness._reach(operation, beyond, Tried(operation.name))
    assert violation.invariant == "every_point_is_reached"


def test_a_dead_process_makes_no_calls_and_gives_no_answer(world: World) -> None:
    world.begin()
    world.ask(world.purchase)
    with world.wire.armed(0, CRASH_BEFORE):
        for _ in range(2):
            with pytest.raises(Crashed):
                world.ask(Purchase(user=world.purchase.user))
    assert [call.name for call in world.wire.calls] == ["dynamodb.TransactWriteItems"]


def test_each_fault_finds_a_call_that_it_fits() -> None:
    names = ("dynamodb.TransactWriteItems", "dynamodb.GetItem", "events.PutEvents", "stripe.POST /v1/checkout/sessions")
    tried = {point.fault.name for point in points([Call(name) for name in names])}
    assert tried == {fault.name for fault in FAULTS}


def _checks(module: ModuleType) -> set[str]:
    """What a module of invariants defines."""
    return {
        name
        for name, each in vars(module).items()
        if getattr(each, "__module__", "") == module.__name__ and not name.startswith("_")
    }


def test_every_invariant_is_registered() -> None:
    checks = {
        name
        for module in (
            invariants,
            invariants_of_reversals,
            invariants_of_charges,
            invariants_of_payouts,
            invariants_of_events,
            invariants_of_gift_cards,
            invariants_of_subscriptions,
            invariants_of_renewals,
            invariants_of_groups,
            invariants_of_resales,
        )
        for name in _checks(module)
    } - {"always", "eventually", "key_is_spent", "payments_of", "subscriptions_of"}
    assert checks == {each.__name__ for each in (*invariants.ALWAYS, *invariants.EVENTUALLY)}
