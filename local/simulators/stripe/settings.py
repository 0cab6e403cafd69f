"""What the simulator needs from whoever starts it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

_RETRY_SECONDS = (0.5, 1, 2, 4, 8, 15, 30, 60, 60, 60, 120, 120, 300, 300, 600)


@dataclass(frozen=True, slots=True)
class StripeSimulatorSettings:
    """Where it keeps its state, where it is reached, whom it notifies, and which secrets hold.

    `now` is the clock of the simulated world in epoch seconds: object timestamps and all expiry follow it. Webhook
    signatures and retry delays follow the machine's own clock, as a receiver checks signatures against real time.
    `secret_keys` and `signing_secrets` are asked on every use, so a rotation needs no restart.
    """

    database: Path
    public_base: str
    webhook_url: str
    secret_keys: Callable[[], Sequence[str]]
    signing_secrets: Callable[[], Sequence[str]]
    now: Callable[[], float]
    webhook_retry_seconds: Sequence[float] = _RETRY_SECONDS
    """Wait after the n-th failed delivery; when the list is used up the delivery has failed for good."""
    webhook_timeout_seconds: float = 10.0
    webhook_jitter_seconds: float = 0.05
    """Events of one action are sent within this spread, in no particular order."""
    refund_settlement_seconds: float = 2.0
    """How long a refund that settles later stays in its first state, on the clock `now`."""
    search_lag_seconds: float = 2.0
    """How long a search does not find what was just made, on the clock `now`."""
    invoice_draft_seconds: float = 3600.0
    """How long the invoice of a renewal stays a draft before it is charged, on the clock `now`. An hour at Stripe."""
