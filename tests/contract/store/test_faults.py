"""The store refuses, or the network breaks: what can be overcome is overcome, once, and the rest is told as it is."""

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
    damaged_answer,
    faulty,
    lost_answer,
    lost_request,
    no_connection,
    no_connection_in_time,
    refused,
    unprocessed,
)
from tests.support.stores import OnDynamo, on_dynamo
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
    "damaged answer": damaged_answer,
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


def check(store: OnDynamo, operation: Operation, *faults: Fault) -> None:
    """With the faults all is as without them."""
    time = FakeTime()
    assert outcome(on_fake_time(store, time), time, operation, *faults) == undisturbed(store, operation)


_seen: dict[int, tuple[object, object]] = {}


def undisturbed(store: OnDynamo, operation: Operation) -> tuple[object, object]:
    """What comes of the operation where nothing goes wrong; tried once for all."""
    if id(operation) not in _seen:
        time = FakeTime()
        _seen[id(operation)] = outcome(on_fake_time(on_dynamo(store.url), time), time, operation)
    return _seen[id(operation)]


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("name", [name for name in WRITES if name != "accept"])
def test_a_write_is_applied_once_whatever_passes(served: OnDynamo, name: str, fault: str) -> None:
    check(served, WRITES[name], PASSING[fault], PASSING[fault])


@pytest.mark.parametrize("fault", CONFLICTS)
@pytest.mark.parametrize("name", TRANSACTIONS)
def test_a_transaction_that_lost_to_traffic_is_sent_again(served: OnDynamo, name: str, fault: str) -> None:
    check(served, TRANSACTIONS[name], *repeat(CONFLICTS[fault], 2))


@pytest.mark.parametrize("name", TRANSACTIONS)
def test_a_transaction_whose_answer_was_lost_among_conflicts_is_applied_once(served: OnDynamo, name: str) -> None:
    check(served, TRANSACTIONS[name], CONFLICTS["conflict"], lost_answer, CONFLICTS["in progress"])


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("name", READS)
def test_a_read_is_tried_again(served: OnDynamo, name: str, fault: str) -> None:
    check(served, READS[name], PASSING[fault], PASSING[fault])


@pytest.mark.parametrize("fault", PASSING)
def test_an_event_is_stored_once_whatever_passes(served: OnDynamo, fault: str) -> None:
    """A delivery that is told "duplicate" after a lost answer is acknowledged all the same."""
    time = FakeTime()
    operation = LONE_WRITES["accept"]
    _, stored = outcome(on_fake_time(served, time), time, operation, PASSING[fault])
    assert stored is not None


class TestPatience:
    """Nothing is tried for ever: within the budget, with pauses, and then an error that says what is known."""

    @pytest.mark.parametrize("name", [*WRITES, *READS])
    @pytest.mark.parametrize("fault", ["throttled", "no connection"])
    def test_without_effect_the_store_is_unavailable(self, served: OnDynamo, name: str, fault: str) -> None:
        self.gives_up(served, (WRITES | READS)[name], WITHOUT_EFFECT[fault], StoreUnavailable)

    @pytest.mark.parametrize("name", WRITES)
    @pytest.mark.parametrize("fault", ["fault", "lost request"])
    def test_a_write_that_may_have_been_applied_is_unknown(self, served: OnDynamo, name: str, fault: str) -> None:
        self.gives_up(served, WRITES[name], PERHAPS_APPLIED[fault], WriteOutcomeUnknown)

    @pytest.mark.parametrize("name", TRANSACTIONS)
    def test_a_transaction_whose_answers_are_all_lost_is_unknown(self, served: OnDynamo, name: str) -> None:
        self.gives_up(served, TRANSACTIONS[name], lost_answer, WriteOutcomeUnknown)

    @pytest.mark.parametrize("name", READS)
    @pytest.mark.parametrize("fault", ["fault", "lost answer"])
    def test_a_read_applies_nothing_the_store_is_unavailable(self, served: OnDynamo, name: str, fault: str) -> None:
        self.gives_up(served, READS[name], PERHAPS_APPLIED[fault], StoreUnavailable)

    @pytest.mark.parametrize("fault", CONFLICTS)
    def test_a_transaction_that_always_loses_is_unavailable(self, served: OnDynamo, fault: str) -> None:
        self.gives_up(served, TRANSACTIONS["create"], CONFLICTS[fault], StoreUnavailable)

    @pytest.mark.parametrize("before", [0, 3])
    def test_once_it_may_have_been_applied_it_stays_unknown(self, served: OnDynamo, before: int) -> None:
        throttled = [refused("ThrottlingException")] * 400
        faults = [*throttled[:before], lost_request, *throttled]
        self.gives_up(served, TRANSACTIONS["create"], *faults, kind=WriteOutcomeUnknown)

    def test_conflicts_and_throttling_share_one_budget(self, served: OnDynamo) -> None:
        faults = [*[CONFLICTS["conflict"]] * 14, *[refused("ThrottlingException")] * 400]
        self.gives_up(served, TRANSACTIONS["create"], *faults, kind=StoreUnavailable)

    def test_a_batch_that_is_never_processed_is_unavailable(self, served: OnDynamo) -> None:
        self.gives_up(served, READS["find an item"], unprocessed, StoreUnavailable)

    def gives_up(
        self,
        served: OnDynamo,
        operation: Operation,
        *faults: Fault | type[Exception],
        kind: type[Exception] | None = None,
    ) -> None:
        plan = [fault for fault in faults if not isinstance(fault, type)]
        expected = kind or next(fault for fault in faults if isinstance(fault, type))
        time = FakeTime()
        store = on_fake_time(served, time)
        operation.before(store)
        time.seconds = 0.0
        with faulty(store.connection, time) as http:
            http.plan = iter(plan) if len(plan) > 1 else repeat(plan[0])
            with pytest.raises(expected) as caught:
                operation.run(store)
        assert caught.type is expected
        assert 5.0 <= time.seconds < 5.0 + 0.5 + 0.01
        assert max(time.naps) <= 0.5


def test_a_batch_is_read_to_its_end(served: OnDynamo) -> None:
    check(served, READS["find an item"], unprocessed, unprocessed)


@pytest.mark.parametrize("name", ["history", "list of an owner", "list of a tenant"])
def test_a_query_that_stops_at_its_size_limit_is_read_on(served: OnDynamo, name: str) -> None:
    operation = READS[name]
    operation.before(served)
    whole = operation.run(served)
    time = FakeTime()
    with faulty(served.connection, time) as http:
        http.plan = repeat(cut_short)
        assert operation.run(served) == whole


def test_an_error_that_will_not_pass_is_not_tried_again(served: OnDynamo) -> None:
    time = FakeTime()
    store = on_fake_time(served, time)
    for fault in (
        refused("ValidationException"),
        refused("AccessDeniedException"),
        cancelled("ValidationError", "None"),
    ):
        with faulty(store.connection, time) as http:
            http.plan = iter([fault])
            with pytest.raises(Exception, match="injected") as caught:
                TRANSACTIONS["create"].run(store)
            assert not isinstance(caught.value, StoreUnavailable | WriteOutcomeUnknown)
            assert len(http.operations) == 1


def test_each_try_has_the_same_token_until_the_store_says_it_was_cancelled(served: OnDynamo) -> None:
    time = FakeTime()
    store = on_fake_time(served, time)
    with faulty(store.connection, time) as http:
        http.plan = iter([lost_request, refused("ThrottlingException"), CONFLICTS["conflict"], lost_answer])
        TRANSACTIONS["create"].run(store)
    tokens = [body["ClientRequestToken"] for body in http.bodies]
    assert [tokens.index(token) for token in tokens] == [0, 0, 0, 3, 3]
