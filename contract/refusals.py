"""How errors look from outside."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from contract.operations import Operation
from contract.shapes import Instant, Shape, may_be_absent
from tollgate.kernel.errors import TollgateError
from tollgate.payments.declines import DeclineClass
from tollgate.runtime.http.errors import status_of_kind


class WrongField(Shape):
    """One field of the input, by its path in the body or its name in the query."""

    field: str
    message: str


class Declined(Shape):
    """What may be done where a charge was declined, and the provider's word for why. It never tells that a card is
    lost, stolen or under suspicion.
    """

    class_: DeclineClass = Field(alias="class")
    reason: str


class Error(Shape):
    """Every error. `code` is for programs, `error` for people."""

    error: str
    code: str
    timestamp: Instant
    path: str
    errors: list[WrongField] = may_be_absent()
    payment_id: str = may_be_absent("paymentId")
    decline: Declined = may_be_absent()


class Throttled(Shape):
    """API Gateway's own refusal, before any function is asked."""

    message: str | None = Field(description="Such as `Too Many Requests`.")


def codes(operation: Operation) -> Mapping[int, tuple[str, ...]]:
    """By status, the codes that an operation may answer."""
    found: dict[int, list[str]] = {}
    kinds: tuple[type[TollgateError], ...] = (*operation.errors, TollgateError)
    for kind in kinds:
        found.setdefault(int(status_of_kind(kind)), []).append(kind.code)
    for status, stored in operation.refusals.items():
        found.setdefault(status, []).extend(stored)
    return {status: tuple(sorted(set(each))) for status, each in sorted(found.items())}
