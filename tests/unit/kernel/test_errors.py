"""What may be tried again, and what not, are different types."""

from __future__ import annotations

import pytest

from tollgate.checkout.ports import ProviderUnavailable
from tollgate.kernel.access import Viewer
from tollgate.kernel.errors import (
    ConcurrentChange,
    Forbidden,
    NotFound,
    RetryableError,
    StoreUnavailable,
    TollgateError,
    ValidationFailed,
    WriteOutcomeUnknown,
)
from tollgate.kernel.idempotency import AlreadyBegun, DuplicateInProgress, IdempotencyKeyReused, LeaseLost
from tollgate.payments.errors import InvalidCursor, InvalidTransition, PaymentChanged, PaymentExists, ReferenceTaken


@pytest.mark.parametrize(
    "kind",
    [
        StoreUnavailable,
        WriteOutcomeUnknown,
        ConcurrentChange,
        PaymentChanged,
        LeaseLost,
        DuplicateInProgress,
        ProviderUnavailable,
    ],
)
def test_what_may_pass_is_retryable(kind: type[TollgateError]) -> None:
    assert issubclass(kind, RetryableError)


@pytest.mark.parametrize(
    "kind",
    [
        ValidationFailed,
        NotFound,
        Forbidden,
        AlreadyBegun,
        IdempotencyKeyReused,
        InvalidTransition,
        PaymentExists,
        ReferenceTaken,
        InvalidCursor,
    ],
)
def test_what_is_final_is_not(kind: type[TollgateError]) -> None:
    assert not issubclass(kind, RetryableError)


def test_a_user_sees_their_own_and_an_admin_the_tenant() -> None:
    assert Viewer("demo", "user-1").sees("user-1")
    assert not Viewer("demo", "user-1").sees("user-2")
    assert Viewer("demo", None).sees("anyone")
