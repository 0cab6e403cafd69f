"""Where providers knock: what comes to a webhook, and how one provider proves that it was the one who sent it."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")


class SignatureInvalid(Exception):
    """What came does not prove that this provider sent it, lately. Whoever sent it learns no more than that."""


@dataclass(frozen=True, slots=True)
class Knock:
    """One request, unread. Names of headers are lower case, `query` is as it came, `source` the address that the
    function URL saw, and `at` wall time in epoch seconds.
    """

    method: str
    query: str
    headers: Mapping[str, str]
    payload: bytes
    source: str
    at: float


@dataclass(frozen=True, slots=True)
class Named:
    """What identifies a proven event, and the bytes of it that are kept."""

    id: str
    type: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Thanks:
    """What a provider is answered once its event is stored."""

    content_type: str
    body: str


class Door(ABC):
    """One provider's webhook. Nothing is read before `prove` has let it in."""

    @property
    def methods(self) -> frozenset[str]:
        """How this provider calls."""
        return frozenset({"POST"})

    @abstractmethod
    def is_open(self, secret: Mapping[str, Any]) -> bool:
        """Whether anybody could be let in: a secret that was never filled, or filled wrongly, keeps the door shut."""

    @abstractmethod
    def prove(self, knock: Knock, secret: Mapping[str, Any]) -> None:
        """Raises `SignatureInvalid` unless this provider sent it."""

    @abstractmethod
    def name(self, knock: Knock) -> Named | None:
        """The proven event; None for what is no event of this provider."""

    def thanks(self, *, duplicate: bool) -> Thanks:
        """What tells it that the event is stored."""
        return Thanks("application/json", json.dumps({"received": True, "duplicate": duplicate}))


def named(id_: object, type_: object, payload: bytes) -> Named | None:
    """None unless both can be part of a key."""
    if isinstance(id_, str) and isinstance(type_, str) and _NAME.fullmatch(id_) and _NAME.fullmatch(type_):
        return Named(id_, type_, payload)
    return None


def json_object(payload: bytes) -> Mapping[str, Any] | None:
    """The JSON object that these bytes are, if they are one."""
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
