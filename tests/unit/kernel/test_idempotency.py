"""What an idempotency key means, when it comes first and when it comes again."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.support.builders import NOW, a_record
from tollgate.kernel.idempotency import (
    LEASE,
    DuplicateInProgress,
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    IdempotencyRecord,
    Response,
    answer_or_resume,
    fingerprint,
    parse_key,
    record_id,
)

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
bodies = st.dictionaries(st.text(max_size=6), json_values, max_size=5)


def _shuffled(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shuffled(value[name]) for name in reversed(value)}
    return [_shuffled(each) for each in value] if isinstance(value, list) else value


class TestKey:
    @given(st.uuids(version=4))
    def test_a_uuid_of_version_4_is_a_key_in_either_case(self, key: uuid.UUID) -> None:
        assert parse_key(str(key)) == parse_key(str(key).upper()) == str(key)

    @pytest.mark.parametrize("key", [None, ""])
    def test_no_key_is_missing(self, key: str | None) -> None:
        with pytest.raises(IdempotencyKeyMissing):
            parse_key(key)

    @pytest.mark.parametrize(
        "key",
        [
            "1",
            "not-a-key",
            str(uuid.UUID(int=0)),
            "6fa459ea-ee8a-11e5-8d2c-00163e0a1b2c",  # version 1
            "6fa459ea-ee8a-3ca4-894e-db77e160355e",  # version 3
            "6fa459ea-ee8a-5ca4-894e-db77e160355e",  # version 5
            "018f3c6e-7b1a-7cc0-8a6e-3b1f6a7d9e10",  # version 7
            "8c5e3a0e-6f0c-4b5e-1a53-0f4f2f1c7a11",  # version 4, of another variant
            "8c5e3a0e6f0c4b5e9a530f4f2f1c7a11",
            "{8c5e3a0e-6f0c-4b5e-9a53-0f4f2f1c7a11}",
            "urn:uuid:8c5e3a0e-6f0c-4b5e-9a53-0f4f2f1c7a11",
            " 8c5e3a0e-6f0c-4b5e-9a53-0f4f2f1c7a11",
            "8c5e3a0e-6f0c-4b5e-9a53-0f4f2f1c7a11\n",
            "8c5e3a0e-6f0c-4b5e-9a53-0f4f2f1c7a1\u0661",
            "8c5e3a0e-6f0c-4b5e-9a53-0f4f2f1c7a11" * 100,
        ],
    )
    def test_nothing_else_is_a_key(self, key: str) -> None:
        with pytest.raises(IdempotencyKeyInvalid):
            parse_key(key)


class TestFingerprint:
    @given(bodies)
    def test_order_and_white_space_do_not_matter(self, body: dict[str, Any]) -> None:
        again = json.loads(json.dumps(_shuffled(body), indent=3))
        assert fingerprint(again) == fingerprint(body)

    @given(bodies, bodies)
    def test_content_matters(self, body: dict[str, Any], other: dict[str, Any]) -> None:
        assume(json.dumps(body, sort_keys=True) != json.dumps(other, sort_keys=True))
        assert fingerprint(body) != fingerprint(other)

    @pytest.mark.parametrize(
        ("one", "other"),
        [({"a": 1}, {"a": "1"}), ({"a": 1}, {"a": True}), ({"a": None}, {}), ({"a": [1, 2]}, {"a": [2, 1]})],
    )
    def test_types_absence_and_the_order_of_lists_matter(self, one: dict[str, Any], other: dict[str, Any]) -> None:
        assert fingerprint(one) != fingerprint(other)


def test_a_key_belongs_to_one_user_of_one_tenant_for_one_operation() -> None:
    scope = ("demo", "user-1", "checkout.create", "8c5e3a0e-6f0c-4b5e-9a53-0f4f2f1c7a11")
    others = [tuple("x" if at == place else part for place, part in enumerate(scope)) for at in range(4)]
    ids = {record_id(*scope), *(record_id(*other) for other in others)}
    assert len(ids) == 5
    assert record_id(*scope[:3], scope[3].upper()) == record_id(*scope)


SAME, OTHER = "f" * 64, "0" * 64
DONE = Response(201, '{"id":"pay_1"}')


class TestAnswerOrResume:
    """Rows: same or other body; columns: finished, leased, lease over."""

    @pytest.mark.parametrize("now", [NOW, NOW + LEASE, NOW + timedelta(days=2)])
    def test_finished_answers_as_before_and_says_so(self, now: datetime) -> None:
        answer = answer_or_resume(a_record(response=DONE), SAME, now)
        assert answer == Response(201, '{"id":"pay_1"}', replayed=True)

    def test_leased_asks_to_wait_for_the_rest_of_the_lease(self) -> None:
        with pytest.raises(DuplicateInProgress) as caught:
            answer_or_resume(a_record(), SAME, NOW + timedelta(seconds=8))
        assert caught.value.retry_after_seconds == 20

    def test_to_wait_is_to_wait_a_second_at_least(self) -> None:
        with pytest.raises(DuplicateInProgress) as caught:
            answer_or_resume(a_record(), SAME, NOW + LEASE - timedelta(milliseconds=1))
        assert caught.value.retry_after_seconds == 1

    @pytest.mark.parametrize("late", [timedelta(0), timedelta(days=400)])
    def test_after_the_lease_the_work_may_be_taken_over(self, late: timedelta) -> None:
        assert answer_or_resume(a_record(), SAME, NOW + LEASE + late) is None

    def test_a_released_lease_is_over(self) -> None:
        assert answer_or_resume(a_record().released(NOW, key_spent=False), SAME, NOW) is None

    @pytest.mark.parametrize("record", [a_record(response=DONE), a_record(), a_record().released(NOW, key_spent=False)])
    def test_another_body_is_refused_whatever_became_of_the_first(self, record: IdempotencyRecord) -> None:
        with pytest.raises(IdempotencyKeyReused):
            answer_or_resume(record, OTHER, NOW)


class TestRecord:
    def test_a_lease_lasts_as_long_as_a_request_can(self) -> None:
        assert timedelta(seconds=28) == LEASE
        taken = a_record().leased_to("lease-2", NOW + timedelta(minutes=5))
        assert (taken.lease_owner, taken.lease_expires_at) == ("lease-2", NOW + timedelta(minutes=5) + LEASE)

    def test_taking_a_lease_leaves_what_is_to_be_done_untouched(self) -> None:
        stored = a_record()
        taken = stored.leased_to("lease-2", NOW)
        assert (taken.parameters, taken.subject_id, taken.provider) == (
            stored.parameters,
            stored.subject_id,
            stored.provider,
        )

    def test_only_a_spent_key_makes_the_next_try_another_attempt(self) -> None:
        kept, spent = (a_record().released(NOW, key_spent=spent) for spent in (False, True))
        assert (kept.attempt, spent.attempt) == (1, 2)
        assert kept.lease_expires_at == spent.lease_expires_at == NOW

    @pytest.mark.parametrize(("status", "kept"), [(201, 24), (200, 24), (399, 24), (400, 1), (409, 1), (502, 1)])
    def test_successes_are_kept_a_day_and_refusals_an_hour(self, status: int, kept: int) -> None:
        finished = a_record().finished(Response(status, "{}"), NOW)
        end = NOW + timedelta(hours=kept)
        assert not finished.expired(end - timedelta(milliseconds=1))
        assert finished.expired(end)

    def test_a_finished_record_forgets_what_was_sent(self) -> None:
        assert a_record().finished(DONE, NOW).parameters == ""

    def test_an_unfinished_record_never_expires(self) -> None:
        assert a_record().expires_at is None
        assert not a_record().expired(NOW + timedelta(days=4000))
