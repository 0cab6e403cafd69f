"""The mock provider: its outcomes follow from the idempotency key, so that a run can be repeated."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tollgate.adapters.providers.mock import transformers
from tollgate.checkout.ports import (
    CheckoutProvider,
    CheckoutRequest,
    Closed,
    LookOutcome,
    Opened,
    OpenOutcome,
    Recovery,
    Replay,
    SeenSession,
    StillOpen,
    Unreachable,
)
from tollgate.kernel.clock import Clock
from tollgate.kernel.ids import derived, shard
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Payment, Report, Session
from tollgate.routing.router import Offer

SESSION_LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class MockBehaviour:
    """How slow it is, in milliseconds, and how many of 10,000 new sessions it fails to make."""

    delay_milliseconds: int = 0
    failure_basis_points: int = 0


class MockProvider(CheckoutProvider):
    """Hosted checkout at `page`, whose buyers press a button."""

    def __init__(
        self,
        clock: Clock,
        *,
        enabled: bool,
        page: str,
        behaviour: MockBehaviour | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.clock = clock
        self._enabled = enabled
        self._page = page.rstrip("/")
        self._behaviour = behaviour or MockBehaviour()
        self._sleep = sleep

    @property
    def offer(self) -> Offer:
        return Offer("mock", frozenset({"mock"}), enabled=self._enabled, high_risk=True, recurring=True)

    @property
    def recovery(self) -> Recovery:
        return Replay(timedelta(days=365))

    def parameters(self, payment: Payment, request: CheckoutRequest) -> str:
        return transformers.session_parameters(payment, request)

    def open(self, parameters: str, key: str) -> OpenOutcome:
        self.wait()
        if self.fails(key):
            return Unreachable("the mock was told to fail")
        return Opened(self.page_for(derived("mock", key), parameters))

    def wait(self) -> None:
        """As long as it was told to take."""
        self._sleep(self._behaviour.delay_milliseconds / 1000)

    def fails(self, key: str) -> bool:
        """Whether it was told to, for this key."""
        return shard(key, 10_000) < self._behaviour.failure_basis_points

    def page_for(self, reference: str, carried: str) -> Session:
        """A page that knows what its address carries, and no more."""
        token = base64.urlsafe_b64encode(carried.encode()).decode().rstrip("=")
        return Session(reference, f"{self._page}/pay/{reference}?of={token}", self.clock.now() + SESSION_LIFE)

    def look(self, session: Session) -> LookOutcome:
        """It keeps nothing, so that a page is open for as long as it was meant to be."""
        return StillOpen() if self.clock.now() < session.expires_at else self.close(session)

    def list_sessions(self, since: datetime, until: datetime) -> Iterator[SeenSession]:
        return iter(())

    def close(self, session: Session) -> Closed:
        return Closed(Report(Fact.EXPIRED, self.clock.now()))
