"""What the simulator needs from whoever starts it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from local.simulators.paypal.authority import Authority

_RETRY_SECONDS = (0.5, 1, 2, 4, 8, 15, 30, 60, 60, 60, 120, 120, 300, 300, 600)


@dataclass(frozen=True, slots=True)
class PayPalSimulatorSettings:
    """Where it is reached, whom it notifies, and which credentials hold. `now` is the clock of the simulated world in
    epoch seconds: orders expire by it. Tokens and retries follow the machine's own.
    """

    public_base: str
    webhook_url: str
    client_id: str
    client_secret: str
    webhook_id: str
    authority: Authority
    now: Callable[[], float]
    retry_seconds: Sequence[float] = _RETRY_SECONDS
