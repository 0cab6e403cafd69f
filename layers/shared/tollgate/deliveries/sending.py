"""One try of one event: signed, sent, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

import tollgate
from tollgate.deliveries.consumers import Consumer
from tollgate.deliveries.model import Attempt, StoredEvent
from tollgate.deliveries.ports import Answer, Courier
from tollgate.deliveries.signing import keys_of, signed_headers
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import RetryableError
from tollgate.kernel.secrets import Secrets

# Nobody has put a signing secret there, or it cannot be read: what is not signed is not sent.
UNSIGNED = "unsigned"
# The consumer did not answer the last tries of others: this one counts as made.
HELD_BACK = "held_back"
# A consumer that has not answered so often in a row is left alone for a minute, so that waiting for it takes no time
# from the others.
SILENCES, REST_SECONDS = 3, 60
_CONSTANT_HEADERS = {"content-type": "application/json", "user-agent": f"Tollgate/{tollgate.__version__}"}


class Sending:
    """Remembers which consumers do not answer, as far as this instance has seen. Signatures have wall time, which
    nobody can move.
    """

    def __init__(
        self,
        courier: Courier,
        secrets: Secrets,
        clock: Clock,
        wall: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self._courier = courier
        self._secrets = secrets
        self._clock = clock
        self._wall = wall
        self._monotonic = monotonic
        self._silences: Counter[str] = Counter()
        self._left_alone_until: dict[str, float] = {}

    def attempt(self, consumer: Consumer, event: StoredEvent, *, certainly: bool, by_hand: bool = False) -> Attempt:
        """`certainly` it is sent, also to one that does not answer."""
        at = self._clock.now()
        answer = Answer(0, error=HELD_BACK) if self._rests(consumer.key) and not certainly else None
        answer = answer or self._send(consumer, event)
        return Attempt(at, answer.milliseconds, answer.status, answer.error, by_hand)

    def _send(self, consumer: Consumer, event: StoredEvent) -> Answer:
        headers = self._headers(consumer.key, event)
        if headers is None:
            return Answer(0, error=UNSIGNED)
        answer = self._courier.post(consumer.url, headers, event.body.encode())
        self._hear(consumer.key, answered=answer.status is not None)
        return answer

    def _headers(self, consumer: str, event: StoredEvent) -> Mapping[str, str] | None:
        try:
            keys = keys_of(self._secrets.get(f"consumers/{consumer}"))
        except RetryableError:
            return None
        if not keys:
            return None
        return _CONSTANT_HEADERS | signed_headers(keys, event.id, int(self._wall()), event.body.encode())

    def _rests(self, consumer: str) -> bool:
        until = self._left_alone_until.get(consumer)
        return until is not None and self._monotonic() < until

    def _hear(self, consumer: str, *, answered: bool) -> None:
        """After a rest, one silence is enough for another."""
        if answered:
            self._silences.pop(consumer, None)
            return
        self._silences[consumer] += 1
        if self._silences[consumer] >= SILENCES:
            self._left_alone_until[consumer] = self._monotonic() + REST_SECONDS
