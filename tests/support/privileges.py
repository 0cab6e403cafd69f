"""Least privilege, enforced: each call that a function makes is held against its role in `template.yaml`.

A call belongs to the function whose code made the HTTP session through which it goes. So the clients of a test are not
judged, also not while a handler runs, and it does not matter which of a function's threads sends.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any
from unittest.mock import patch
from weakref import WeakKeyDictionary

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.httpsession import URLLib3Session

from tests.support import faults, rights
from tests.support.needs import needs_of
from tests.support.policies import Need, NotUnderstood, Policy
from tests.template.arns import Arns


@dataclass(frozen=True, eq=False, slots=True)
class Actor:
    """One instance of a function, and what its role allows it."""

    function: str
    policy: Policy
    arns: Arns


_ACTING: ContextVar[Actor | None] = ContextVar("acting", default=None)


@dataclass
class Judge:
    """Lets pass, refuses, and remembers both."""

    refusals: list[str] = field(default_factory=list)
    # By function; the needs that were met, once each.
    met: dict[str, set[Need]] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    _sessions: WeakKeyDictionary[URLLib3Session, Actor] = field(default_factory=WeakKeyDictionary)

    def actor(self, function: str) -> Actor:
        """A new instance, with the environment that it finds."""
        arns = rights.arns(dict(os.environ))
        self.actors[function] = Actor(function, rights.policy_of(function, arns), arns)
        return self.actors[function]

    @contextmanager
    def acting(self, actor: Actor) -> Iterator[None]:
        """For as long as code of the function runs."""
        before = _ACTING.set(actor)
        try:
            yield
        finally:
            _ACTING.reset(before)

    def as_actor[**P, R](self, actor: Actor, handler: Callable[P, R]) -> Callable[P, R]:
        @wraps(handler)
        def acting(*args: P.args, **kwargs: P.kwargs) -> R:
            with self.acting(actor):
                return handler(*args, **kwargs)

        return acting

    def opened(self, session: URLLib3Session) -> None:
        """A connection is made; whoever runs now is the one who calls through it."""
        if actor := _ACTING.get():
            self._sessions[session] = actor

    def refusal(self, session: URLLib3Session, request: AWSPreparedRequest) -> str | None:
        """Why the call may not be made, noted for the end of the test: the function may well swallow it."""
        actor = self._sessions.get(session)
        if actor is None:
            return None
        try:
            needs = needs_of(request, actor.arns)
        except (NotUnderstood, KeyError, ValueError) as error:
            self.refusals.append(f"{actor.function}: {error}")
            raise
        for need in needs:
            if not actor.policy.allows(need):
                reason = f"{actor.function} is not authorized to perform: {need.action} on resource: {need.resource}"
                self.refusals.append(reason)
                return reason
        self.met.setdefault(actor.function, set()).update(needs)
        return None

    def close(self) -> None:
        """Raises AssertionError if anything was refused."""
        assert not self.refusals, "calls beyond the rights in template.yaml:\n" + "\n".join(self.refusals)


@contextmanager
def privileges() -> Iterator[Judge]:
    """Judges for as long as it lasts, and fails in the end if it had to refuse."""
    judge, send, make = Judge(), URLLib3Session.send, URLLib3Session.__init__

    def opening(session: URLLib3Session, *args: Any, **options: Any) -> None:
        make(session, *args, **options)
        judge.opened(session)

    def judged(session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
        reason = judge.refusal(session, request)
        return send(session, request) if reason is None else faults.forbidden(reason)(request)

    with patch.object(URLLib3Session, "__init__", opening), patch.object(URLLib3Session, "send", judged):
        yield judge
    judge.close()
