"""What the simulator needs from whoever starts it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_RETRY_SECONDS = (0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300, 600)


@dataclass(frozen=True, slots=True)
class SquareSimulatorSettings:
    """Where it is reached, whom it tells, and which secrets hold; both lists are asked on every use.

    `now` is the clock of the simulated world in epoch seconds; retries follow the machine's own. Without a `file` what
    it knows ends with it.
    """

    public_base: str
    notification_url: str
    access_tokens: Callable[[], Sequence[str]]
    signing_keys: Callable[[], Sequence[str]]
    now: Callable[[], float]
    locations: Mapping[str, str]
    """Each location with the one currency that it takes."""
    file: Path | None = None
    retry_seconds: Sequence[float] = _RETRY_SECONDS
    """Wait after the n-th failed delivery; when the list is used up the delivery has failed for good."""
    refund_seconds: float = 2.0
    """How long a refund is pending, on the clock `now`."""
