"""What the simulator needs from whoever starts it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from local.simulators.segpay.memberships import Terms

_RETRY_SECONDS = (0.5, 1, 2, 4, 8, 15, 30, 60, 60, 120, 300)


@dataclass(frozen=True, slots=True)
class SegpaySimulatorSettings:
    """Whom it tells, as whom it calls (`user:password`), who may call it, and in which currency each package sells:
    `packages` once, `plans` again and again, and `price_points` on terms of their own.

    `now` is the clock of the simulated world in epoch seconds. `account` and `password` are asked on every use.
    """

    webhook_url: str
    account: Callable[[], Mapping[str, str]]
    password: Callable[[], str]
    packages: Mapping[str, str]
    now: Callable[[], float]
    plans: Mapping[str, str] = field(default_factory=dict)
    price_points: Mapping[str, tuple[str, Terms]] = field(default_factory=dict)
    expected_answer: str = "OK"
    retry_seconds: Sequence[float] = _RETRY_SECONDS
