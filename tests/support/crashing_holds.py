"""What a bank does with money that is set aside, whatever it has agreed to before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from local.simulators.stripe import payments
from local.simulators.stripe.cards import DECLINES
from local.simulators.stripe.errors import card_error
from local.simulators.stripe.store import Record
from local.simulators.stripe.work import Work
from tests.support.crashing_stripe import Stripe

_REFUSED = "will_not_pay"


def will_not_pay(stripe: Stripe, intent: str) -> None:
    """It declines whoever wants to take it, and leaves it set aside."""

    def note(work: Work) -> None:
        record = work.get("payment_intent", intent)
        record.private[_REFUSED] = True
        work.save(record)

    stripe.simulator.perform(note)


@contextmanager
def banks_that_may_refuse() -> Iterator[None]:
    """No test card does this, at Stripe or at its simulator."""
    capture = payments.capture

    def asked(work: Work, intent: Record, *arguments: Any, **fields: Any) -> None:
        if intent.private.get(_REFUSED):
            raise card_error(DECLINES["insufficient_funds"].details(), payment_intent=intent.body)
        capture(work, intent, *arguments, **fields)

    with patch.object(payments, "capture", asked):
        yield
