"""What the control endpoints take, as data; the refusal names the field."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from local.simulators.stripe.errors import Body


class BadControl(Exception):
    """422: a field of a control request is wrong. `status` differs for conflicts and unknown ids."""

    def __init__(self, field: str, message: str, status: int = 422) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message
        self.status = status


class Field(Protocol):
    """One field: its value when absent, and the check of a given one."""

    @property
    def default(self) -> Any:
        """Used when the field is absent; REQUIRED when it must be there."""

    def read(self, value: Any, name: str) -> Any:
        """The value, or BadControl."""


REQUIRED: Any = object()


@dataclass(frozen=True, slots=True)
class Word:
    """One of a few words."""

    words: tuple[str, ...]
    default: Any = REQUIRED

    def read(self, value: Any, name: str) -> str:
        if value not in self.words:
            raise BadControl(name, f"must be one of {', '.join(self.words)}")
        return str(value)


@dataclass(frozen=True, slots=True)
class Text:
    """Any text."""

    default: Any = REQUIRED

    def read(self, value: Any, name: str) -> str:
        if not isinstance(value, str) or not value:
            raise BadControl(name, "must be a text that is not empty")
        return value


@dataclass(frozen=True, slots=True)
class Count:
    """A whole number within bounds."""

    least: int
    most: int
    default: Any = REQUIRED

    def read(self, value: Any, name: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not self.least <= value <= self.most:
            raise BadControl(name, f"must be a whole number from {self.least} to {self.most}")
        return value


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    default: Any = REQUIRED

    def read(self, value: Any, name: str) -> bool:
        if not isinstance(value, bool):
            raise BadControl(name, "must be true or false")
        return value


@dataclass(frozen=True, slots=True)
class Seconds:
    """A duration."""

    most: float
    default: Any = REQUIRED

    def read(self, value: Any, name: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= self.most:
            raise BadControl(name, f"must be a number of seconds from 0 to {self.most}")
        return float(value)


@dataclass(frozen=True, slots=True)
class Texts:
    """A list of texts."""

    default: Any = ()

    def read(self, value: Any, name: str) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise BadControl(name, "must be a list of texts")
        return value


def read(document: Any, fields: Mapping[str, Field]) -> Body:
    """The fields of a JSON document, with defaults filled in. Unknown fields are refused."""
    if not isinstance(document, dict):
        raise BadControl("body", "must be a JSON object")
    for name in document:
        if name not in fields:
            raise BadControl(name, f"is not known here; known: {', '.join(fields) or 'none'}")
    for name, field in fields.items():
        if name not in document and field.default is REQUIRED:
            raise BadControl(name, "is required")
    return {
        name: field.read(document[name], name) if name in document else field.default for name, field in fields.items()
    }
