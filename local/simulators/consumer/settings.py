"""What the simulator needs from whoever starts it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConsumerSimulatorSettings:
    """The secrets that hold now, `whsec_<base64>` each, asked on every delivery; and the wall clock, in seconds."""

    signing_secrets: Callable[[], Sequence[str]]
    wall: Callable[[], float]
