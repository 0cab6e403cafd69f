"""Publishes the events of a stretch of time again, after an outage that outlasted the stream."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from operations.access import AWS_ERRORS, explained
from operations.errors import DONE, LEFT_OVER
from operations.publishing import Bus, Selection, fits, messages_of
from operations.report import Leftovers, Say
from operations.sweep import StoredEvents
from operations.window import Window
from tollgate.adapters.dynamodb.keys import HOUR_SHARDS, Key
from tollgate.adapters.dynamodb.store import Raw
from tollgate.adapters.eventbridge import Message
from tollgate.kernel.clock import to_iso
from tollgate.kernel.errors import RetryableError


class _Refused(Exception):
    """The bus has refused for as long as we were ready to try."""


@dataclass(slots=True)
class Outcome:
    """What a run came to. `stopped_at` is the hour that was not finished, and `why` the reason."""

    found: int = 0
    published: int = 0
    messages: int = 0
    left_over: Leftovers = field(default_factory=Leftovers)
    stopped_at: datetime | None = None
    why: str = ""

    @property
    def exit_code(self) -> int:
        return DONE if self.stopped_at is None and not self.left_over.count else LEFT_OVER


class Republisher:
    """Hour by hour and shard by shard. An aggregate stays in one shard, so that its events go out in order."""

    def __init__(self, events: StoredEvents, bus: Bus | None, selection: Selection, say: Say) -> None:
        """Without a bus it only counts."""
        self._events = events
        self._bus = bus
        self._selection = selection
        self._say = say

    def run(self, window: Window) -> Outcome:
        """Stops at the first hour that cannot be finished, and never raises what an operator can cause or mend."""
        outcome = Outcome()
        for hour in window.hours():
            found, published = outcome.found, outcome.published
            try:
                self._sweep(hour, window, outcome)
            except (_Refused, RetryableError, *AWS_ERRORS) as error:
                outcome.stopped_at, outcome.why = hour, explained(error)
            except KeyboardInterrupt:
                outcome.stopped_at, outcome.why = hour, "interrupted"
            found, published = outcome.found - found, outcome.published - published
            done = "to publish" if self._bus is None else "published"
            self._say(f"{to_iso(hour)[:13]}h  {found} found, {published} {done}")
            if outcome.stopped_at is not None:
                break
        return outcome

    def _sweep(self, hour: datetime, window: Window, outcome: Outcome) -> None:
        for shard in range(HOUR_SHARDS):
            for page in self._events.pages(hour, shard, window):
                for events in self._events.read(page):
                    self._publish(events, outcome)

    def _publish(self, events: list[tuple[Key, Raw | None]], outcome: Outcome) -> None:
        outcome.found += len(events)
        wanted = [messages for key, raw in events if (messages := self._messages(key, raw, outcome))]
        flat = [message for messages in wanted for message in messages]
        if self._bus is None:
            outcome.published += len(wanted)
            outcome.messages += len(flat)
            return
        sent = self._bus.put(flat)
        outcome.messages += sent.accepted
        outcome.published += _whole(wanted, sent.accepted)
        if sent.failure is not None:
            raise _Refused(f"the bus does not take events: {sent.failure}")

    def _messages(self, key: Key, raw: Raw | None, outcome: Outcome) -> list[Message]:
        """None for an event that is not wanted, or that cannot be published; the others go on without it."""
        if raw is None:
            outcome.left_over.add("/".join(key), "the index names it, and it is not in the table")
            return []
        if not self._selection.wants(raw):
            return []
        messages = messages_of(raw)
        if not fits(messages):
            outcome.left_over.add("/".join(key), "larger than an event may be on the bus")
            return []
        return messages


def _whole(events: list[list[Message]], accepted: int) -> int:
    """How many events were accepted under all their names."""
    count = 0
    for messages in events:
        accepted -= len(messages)
        if accepted < 0:
            break
        count += 1
    return count


def go_on_command(arguments: Mapping[str, str], window: Window, stopped_at: datetime) -> str:
    """What to type to finish. It begins with the hour that was not finished, so that some of its events are published
    a second time, which is harmless.
    """
    rest = window.from_hour(stopped_at)
    words = {"FROM": to_iso(rest.start), "TO": to_iso(rest.end), **arguments}
    return " ".join(["make republish", *(f"{name}={shlex.quote(value)}" for name, value in words.items() if value)])


def summary(outcome: Outcome, window: Window, *, dry_run: bool, go_on: str | None) -> dict[str, Any]:
    return {
        "from": to_iso(window.start),
        "to": to_iso(window.end),
        "dry_run": dry_run,
        "complete": outcome.exit_code == DONE,
        "events_found": outcome.found,
        "events_published": 0 if dry_run else outcome.published,
        "events_to_publish": outcome.published if dry_run else None,
        "messages": outcome.messages,
        "left_over": outcome.left_over.summary(),
        "stopped": outcome.why or None,
        "go_on": go_on,
    }
