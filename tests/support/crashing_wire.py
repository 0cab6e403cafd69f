"""The one place that everything leaving a function passes: calls are numbered here, and one of them goes wrong.

AWS calls are caught at botocore's HTTP session, whoever sends them; calls to the provider at the provider's own door,
so that it does not matter which HTTP client is used.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.httpsession import URLLib3Session

from bench.exchange import aws_target, request_bytes
from tests.support.faults import FakeTime, Send
from tollgate.adapters.dynamodb.failures import Patience

_TABLE = re.compile(rb'"TableName": ?"([^"]+)"')


class Crashed(BaseException):
    """The process is gone. No `except Exception` keeps it alive."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request that left a function: `dynamodb.PutItem`, or `stripe.POST /v1/checkout/sessions`."""

    name: str

    @property
    def is_aws(self) -> bool:
        return not self.name.startswith(("stripe.", "square."))

    @property
    def is_write(self) -> bool:
        return self.name.startswith("dynamodb.") and any(verb in self.name for verb in ("Write", "Put", "Update"))


type AwsFault = Callable[[Wire, Send, AWSPreparedRequest], AWSResponse]


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with a call, from its number on if it is `lasting`.

    `aws` answers instead of AWS; `provider` is the rule that the simulator gets, or a fault of the process itself.
    """

    name: str
    fits: Callable[[Call], bool]
    aws: AwsFault | None = None
    provider: str | None = None
    lasting: bool = False
    # The provider has made a page, and will never tell: nobody has seen it, and it expires.
    leaves_a_page: bool = False
    # Some entries of one request are taken and earlier ones are not: then no sender can keep the order.
    scrambles: bool = False


@dataclass(slots=True)
class Asked:
    """A call that has reached a provider, and by which function; the status of its answer, if it had one."""

    function: str
    call: str
    status: int | None = None

    @property
    def provider(self) -> str:
        return self.call.partition(".")[0]


@dataclass
class Wire:
    """Watches what functions send while it is `armed`. A dead process makes no calls: after a crash, each further one
    crashes too.
    """

    time: FakeTime = field(default_factory=FakeTime)
    calls: list[Call] = field(default_factory=list)
    published: list[dict[str, Any]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    # How many writes went to each table: where there was none, its stream has nothing new.
    writes: Counter[str] = field(default_factory=Counter)
    dead: bool = False
    hit: Call | None = None
    meanwhile: Callable[[], object] = lambda: None
    _armed: bool = False
    _inside: bool = False
    _function: str = ""
    _at: int = -1
    _fault: Fault | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @contextmanager
    def armed(
        self, at: int = -1, fault: Fault | None = None, meanwhile: Callable[[], object] = lambda: None
    ) -> Iterator[Wire]:
        """Number the calls from 0, and let the fault befall that one."""
        self.calls, self.dead, self.hit, self.meanwhile = [], False, None, meanwhile
        self._armed, self._at, self._fault = True, at, fault
        try:
            yield self
        finally:
            self._armed = self.dead = False

    @contextmanager
    def inside(self, function: str) -> Iterator[None]:
        """For as long as a function runs: what tests do in between is no call of it."""
        self._inside, self._function = True, function
        try:
            yield
        finally:
            self._inside, self._function = False, ""

    def befalls(self, name: str) -> Fault | None:
        """Note a call; the fault that is due for it."""
        with self._lock:
            if not (self._armed and self._inside):
                return None
            if self.dead:
                raise Crashed
            call, number = Call(name), len(self.calls)
            self.calls.append(call)
            due = number == self._at or (self._fault is not None and self._fault.lasting and number >= self._at >= 0)
            if not due or self._fault is None or not self._fault.fits(call):
                return None
            self.hit = self.hit or call
            return self._fault

    def reached(self, name: str) -> Asked:
        """Note that a provider was asked, whatever goes wrong then."""
        self.asked.append(asked := Asked(self._function, name))
        return asked

    def die(self) -> None:
        """Nothing leaves the process any more, and nothing that comes is heard."""
        self.dead = True

    def stall(self) -> None:
        """The process stands still; someone else does the same work meanwhile."""
        function, self._armed = self._function, False
        try:
            self.meanwhile()
        finally:
            self._armed = self._inside = True
            self._function = function

    def send_to_aws(self, send: Send, request: AWSPreparedRequest) -> AWSResponse:
        """One request, with its fault."""
        self.time.seconds += 0.005
        fault = self.befalls(aws_target(request))
        if fault is not None and fault.aws is not None:
            return fault.aws(self, self._noting(send), request)
        return self._noting(send)(request)

    def _noting(self, send: Send) -> Send:
        """What the bus took is noted where it took it: the caller may never hear of it."""

        def noting(request: AWSPreparedRequest) -> AWSResponse:
            if Call(aws_target(request)).is_write:
                self.writes.update({name.decode() for name in _TABLE.findall(request_bytes(request.body))})
            response = send(request)
            if aws_target(request) == "events.PutEvents" and response.status_code == 200:
                entries = json.loads(request_bytes(request.body))["Entries"]
                results = json.loads(response.content)["Entries"]
                self.published += [
                    entry for entry, result in zip(entries, results, strict=True) if "ErrorCode" not in result
                ]
            return response

        return noting


@contextmanager
def printing_to(text: StringIO) -> Iterator[None]:
    """Thousands of invocations log and count: what they print is kept here, and told to nobody else."""
    with redirect_stdout(text), patch.object(logging.root, "handlers", [logging.NullHandler()]):
        yield


@contextmanager
def a_wire() -> Iterator[Wire]:
    """Between this process and everything outside. Patience costs no time."""
    wire, real, patient = Wire(), URLLib3Session.send, Patience.__init__

    def send(session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
        return wire.send_to_aws(lambda prepared: real(session, prepared), request)

    def hurried(patience: Patience, **fields: Any) -> None:
        patient(patience, **{"sleep": wire.time.sleep, "clock": lambda: wire.time.seconds, **fields})

    with ExitStack() as patches:
        patches.enter_context(patch.object(URLLib3Session, "send", send))
        patches.enter_context(patch.object(Patience, "__init__", hurried))
        patches.enter_context(patch("botocore.endpoint.time", SimpleNamespace(sleep=wire.time.sleep)))
        yield wire
