"""The store refuses, or the network breaks, at any call: what can be overcome is, once, and the rest is told as it is."""

from __future__ import annotations

from itertools import repeat

import pytest

from tests.contract.store.operations import LONE_WRITES, READS, TRANSACTIONS, Operation
from tests.support.faults import (
    FakeTime,
    Fault,
    broken_gateway,
    cancelled,
    cut_short,
    faulty,
    lost_answer,
    lost_request,
    no_connection,
    no_connection_in_time,
    refused,
    unprocessed,
)
from tests.support.stores import OnDynamo
from tollgate.kernel.errors import StoreUnavailable, WriteOutcomeUnknown

WRITES = TRANSACTIONS | LONE_WRITES
WITHOUT_EFFECT: dict[str, Fault] = {
    "throttled": refused("ThrottlingException"),
    "throughput": refused("ProvisionedThroughputExceededException"),
    "limit": refused("RequestLimitExceeded"),
    "no connection": no_connection,
    "no connection in time": no_connection_in_time,
}
PERHAPS_APPLIED: dict[str, Fault] = {
    "fault": refused("InternalServerError", 500),
    "unavailable": refused("ServiceUnavailable", 503),
    "broken gateway": broken_gateway,
    "lost request": lost_request,
    "lost answer": lost_answer,
}
CONFLICTS: dict[str, Fault] = {
    "conflict": cancelled("TransactionConflict", "None"),
    "throughput within": cancelled("None", "ProvisionedThroughputExceeded"),
    "throttled within": cancelled("ThrottlingError", "None"),
    "in progress": refused("TransactionInProgressException"),
    "conflict outside": refused("TransactionConflictException"),
}
PASSING = WITHOUT_EFFECT | PERHAPS_APPLIED


def outcome(store: OnDynamo, time: FakeTime, operation: Operation, *faults: Fault) -> tuple[object, object]:
    """What the operation returned, and what a reader without faults sees after it."""
    operation.before(store)
    with faulty(store.connection, time) as http:
        http.plan = iter(faults)
        result = operation.run(store)
        assert len(http.operations) > len(faults)
        assert len(time.naps) == len(faults)
    return result, operation.shows(store.sibling())


def on_fake_time(store: OnDynamo, time: FakeTime, budget: float = 5.0) -> OnDynamo:
    return store.sibling(patience=time.patience(budget))


def check(store: OnDynamo, plain: OnDynamo, operation: Operation, *faults: Fault) -> None:
    """With the faults all is as without them."""
    time = FakeTime()
    expected = outcome(on_fake_time(plain, time), time, operation)
    assert outcome(on_fake_time(store, time), time, operation, *faults) == expected


@pytest.fixture
def plain(ministack: OnDynamo) -> OnDynamo:
    """A second set of tables, where nothing goes wrong."""
    from tests.support.stores import on_dynamo

    return on_dynamo(ministack.url)


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("name", [name for name in WRITES if name not in ("accept", "use a signature")])
def test_a_write_is_applied_once_whatever_passes(
    ministack: OnDynamo, plain: OnDynamo, name: str, fault: str, times: int
) -> None:
    check(ministack, plain, WRITES[name], *repeat(PASSING[fault], times))


@pytest.mark.parametrize("fault", CONFLICTS)
@pytest.mark.parametrize("name", TRANSACTIONS)
def test_a_transaction_that_lost_to_traffic_is_sent_again(
    ministack: OnDynamo, plain: OnDynamo, name: str, fault: str
) -> None:
    check(ministack, plain, TRANSACTIONS[name], *repeat(CONFLICTS[fault], 2))


@pytest.mark.parametrize("name", TRANSACTIONS)
def test_a_transaction_whose_answer_was_lost_among_conflicts_is_applied_once(
    ministack: OnDynamo, plain: OnDynamo, name: str
) -> None:
    check(ministack, plain, TRANSACTIONS[name], CONFLICTS["conflict"], lost_answer, CONFLICTS["in progress"])


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("name", READS)
def test_a_read_is_tried_again(ministack: OnDynamo, plain: OnDynamo, name: str, fault: str) -> None:
    check(ministack, plain, READS[name], PASSING[fault], PASSING[fault])


@pytest.mark.parametrize("fault", PASSING)
def test_an_event_is_stored_once_whatever_passes(ministack: OnDynamo, fault: str) -> None:
    """A delivery that is told "duplicate" after a lost answer is acknowledged all the same."""
    time = FakeTime()
    operation = LONE_WRITES["accept"]
    _, stored = outcome(on_fake_time(ministack, time), time, operation, PASSING[fault])
    assert stored is not None


@pytest.mark.parametrize("fault", PASSING)
def test_a_signature_whose_answer_was_lost_is_not_taken_for_a_replay(ministack: OnDynamo, fault: str) -> None:
    time = FakeTime()
    outcome(on_fake_time(ministack, time), time, LONE_WRITES["use a signature"], PASSING[fault])


class TestPatience:
    """Nothing is tried for ever: within the budget, with pauses, and then an error that says what is known."""

    @pytest.mark.parametrize("name", [*WRITES, *READS])
    @pytest.mark.parametrize("fault", WITHOUT_EFFECT)
    def test_without_effect_the_store_is_unavailable(self, ministack: OnDynamo, name: str, fault: str) -> None:
        self.gives_up(ministack, (WRITES | READS)[name], WITHOUT_EFFECT[fault], StoreUnavailable)

    @pytest.mark.parametrize("name", WRITES)
    @pytest.mark.parametrize("fault", [name for name in PERHAPS_APPLIED if name != "lost answer"])
    def test_a_write_that_may_have_been_applied_is_unknown(self, ministack: OnDynamo, name: str, fault: str) -> None:
        self.gives_up(ministack, WRITES[name], PERHAPS_APPLIED[fault], WriteOutcomeUnknown)

    @pytest.mark.parametrize("name", TRANSACTIONS)
    def test_a_transaction_whose_answers_are_all_lost_is_unknown(self, ministack: OnDynamo, name: str) -> None:
        self.gives_up(ministack, TRANSACTIONS[name], lost_answer, WriteOutcomeUnknown)

    @pytest.mark.parametrize("name", READS)
    @pytest.mark.parametrize("fault", PERHAPS_APPLIED)
    def test_a_read_applies_nothing_the_store_is_unavailable(self, ministack: OnDynamo, name: str, fault: str) -> None:
        self.gives_up(ministack, READS[name], PERHAPS_APPLIED[fault], StoreUnavailable)

    @pytest.mark.parametrize("name", TRANSACTIONS)
    @pytest.mark.parametrize("fault", CONFLICTS)
    def test_a_transaction_that_always_loses_is_unavailable(self, ministack: OnDynamo, name: str, fault: str) -> None:
        self.gives_up(ministack, TRANSACTIONS[name], CONFLICTS[fault], StoreUnavailable)

    @pytest.mark.parametrize("order", [1, -1])
    def test_once_it_may_have_been_applied_it_stays_unknown(self, ministack: OnDynamo, order: int) -> None:
        faults = [lost_request, *repeat(refused("ThrottlingException"), 400)]
        self.gives_up(ministack, TRANSACTIONS["create"], *faults[::order], kind=WriteOutcomeUnknown)

    def test_a_batch_that_is_never_processed_is_unavailable(self, ministack: OnDynamo) -> None:
        self.gives_up(ministack, READS["find an item"], unprocessed, StoreUnavailable)

    def gives_up(
        self,
        ministack: OnDynamo,
        operation: Operation,
        *faults: Fault | type[Exception],
        kind: type[Exception] | None = None,
    ) -> None:
        plan = [fault for fault in faults if not isinstance(fault, type)]
        expected = kind or next(fault for fault in faults if isinstance(fault, type))
        time = FakeTime()
        store = on_fake_time(ministack, time)
        operation.before(store)
        time.seconds = 0.0
        with faulty(store.connection, time) as http, pytest.raises(expected) as caught:
            http.plan = iter(plan) if len(plan) > 1 else repeat(plan[0])
            operation.run(store)
        assert caught.type is expected
        assert 5.0 <= time.seconds < 5.0 + 0.5 + 0.01
        assert max(time.naps) <= 0.5


def test_a_batch_is_read_to_its_end(ministack: OnDynamo, plain: OnDynamo) -> None:
    check(ministack, plain, READS["find an item"], unprocessed, unprocessed)


@pytest.mark.parametrize("name", ["history", "list of an owner", "list of a tenant"])
def test_a_query_that_stops_at_its_size_limit_is_read_on(ministack: OnDynamo, name: str) -> None:
    operation = READS[name]
    operation.before(ministack)
    whole = operation.run(ministack)
    time = FakeTime()
    with faulty(ministack.connection, time) as http:
        http.plan = repeat(cut_short)
        assert operation.run(ministack) == whole


def test_an_error_that_will_not_pass_is_not_tried_again(ministack: OnDynamo) -> None:
    time = FakeTime()
    store = on_fake_time(ministack, time)
    for fault in (refused("ValidationException"), refused("AccessDeniedException"), cancelled("ValidationError", "None")):
        with faulty(store.connection, time) as http:
            http.plan = iter([fault])
            with pytest.raises(Exception, match="injected") as caught:
                TRANSACTIONS["create"].run(store)
            assert not isinstance(caught.value, StoreUnavailable | WriteOutcomeUnknown)
            assert len(http.operations) == 1


def test_every_try_of_a_write_has_the_same_token_and_every_new_write_another() -> None:
    """Kept in `test_tokens.py`; named here so that whoever looks for it finds it."""
