"""IAM as it decides over a role's own policies: what no statement allows is refused, and a Deny outweighs any Allow.

Whatever else a policy may say is an error here, and not passed over: a condition that is not looked at would let
everything through.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

_UNDERSTOOD = {"Sid", "Effect", "Action", "Resource", "Condition"}


class NotUnderstood(Exception):
    """A policy or a request of which nobody has said yet what it means."""


@dataclass(frozen=True, slots=True)
class Need:
    """One right that a request takes. `leading` is how the partition of an item begins, where it is about one."""

    action: str
    resource: str
    leading: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """One action on one resource of one statement. `written` is the resource as the template has it; `leading` are the
    partitions that it is about, if not about all.
    """

    statement: str
    effect: str
    action: str
    resource: str
    written: str
    leading: tuple[str, ...] | None = None

    def covers(self, need: Need) -> bool:
        if not (_fits(self.action.lower(), need.action.lower()) and _fits(self.resource, need.resource)):
            return False
        return self.leading is None or any(_fits(each, need.leading or "") for each in self.leading)

    def __str__(self) -> str:
        return f"{self.action} on {self.written} ({self.statement})"


@dataclass(frozen=True, slots=True)
class Policy:
    """All that a role's statements say."""

    grants: tuple[Grant, ...]

    def allows(self, need: Need) -> bool:
        effects = {grant.effect for grant in self.grants if grant.covers(need)}
        return effects == {"Allow"}

    def without(self, dropped: Grant) -> Policy:
        return Policy(tuple(grant for grant in self.grants if grant != dropped))

    def allowed(self) -> list[Grant]:
        return [grant for grant in self.grants if grant.effect == "Allow"]


def grants(
    owner: str, document: Mapping[str, Any], resolved: Callable[[Any], str], readable: Callable[[Any], str] = str
) -> Iterator[Grant]:
    """What a policy document says, action by action and resource by resource."""
    for statement in document["Statement"]:
        if unknown := set(statement) - _UNDERSTOOD:
            raise NotUnderstood(f"{owner}: teach tests/support/policies.py what {sorted(unknown)} means")
        if statement["Effect"] not in ("Allow", "Deny"):
            raise NotUnderstood(f"{owner}: {statement['Effect']} is no effect")
        leading = _leading(owner, statement)
        for action in listed(statement["Action"]):
            for resource in listed(statement["Resource"]):
                name = f"{owner} {statement.get('Sid', '')}".rstrip()
                yield Grant(name, statement["Effect"], action, resolved(resource), readable(resource), leading)


def _leading(owner: str, statement: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The partitions that an Allow is about. Of a request without any, IAM takes this condition for fulfilled: here it
    is refused.
    """
    condition = statement.get("Condition")
    if condition is None:
        return None
    match condition:
        case {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": patterns, **more}, **others} if (
            statement["Effect"] == "Allow" and not more and not others
        ):
            return tuple(map(str, listed(patterns)))
    raise NotUnderstood(f"{owner}: teach tests/support/policies.py what {condition} means")


def listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else [value]


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def _fits(pattern: str, text: str) -> bool:
    """A star stands for any text, also across slashes and colons, and a question mark for one character."""
    return _pattern(pattern).fullmatch(text) is not None
