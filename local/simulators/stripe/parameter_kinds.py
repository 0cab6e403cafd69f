"""Types of single parameters: text of a form in, a value or a refusal that names the parameter out."""

import re
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from local.simulators.stripe.currencies import SUPPORTED
from local.simulators.stripe.errors import invalid
from local.simulators.stripe.form import Raw

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LONGEST_URL = 5000


class Kind(Protocol):
    """One type of parameter: turns the text of the form into a value, or raises a 400 that names `at`."""

    def read(self, raw: Raw, at: str) -> Any:
        """The value; `at` is the full bracketed name for the error."""


def text_of(raw: Raw, at: str) -> str:
    """A scalar; an empty one is refused, since Stripe takes that for an attempt to unset."""
    if not isinstance(raw, str):
        raise invalid(f"{at} must be a plain value.", param=at)
    if raw == "":
        raise invalid(f"{at} is empty and cannot be unset.", param=at, code="parameter_invalid_empty")
    return raw


@dataclass(frozen=True, slots=True)
class Text:
    """Free text; `forbidden` characters and lengths are those of the field's documentation."""

    longest: int = 5000
    shortest: int = 1
    forbidden: str = ""
    needs_letter: bool = False

    def read(self, raw: Raw, at: str) -> str:
        text = text_of(raw, at)
        if not self.shortest <= len(text) <= self.longest:
            raise invalid(f"{at} must have {self.shortest} to {self.longest} characters.", param=at)
        if any(character in self.forbidden for character in text):
            raise invalid(f"{at} must not contain any of {' '.join(self.forbidden)}.", param=at)
        if self.needs_letter and not re.search("[A-Za-z]", text):
            raise invalid(f"{at} must contain a letter.", param=at)
        return text


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number within bounds."""

    least: int = 0
    most: int = 2**53

    def read(self, raw: Raw, at: str) -> int:
        text = text_of(raw, at)
        if not re.fullmatch(r"-?\d{1,18}", text, re.ASCII):
            raise invalid(f"{at} must be a whole number, not '{text}'.", param=at, code="parameter_invalid_integer")
        number = int(text)
        if not self.least <= number <= self.most:
            message = f"{at} must be between {self.least} and {self.most}."
            raise invalid(message, param=at, code="parameter_invalid_integer")
        return number


@dataclass(frozen=True, slots=True)
class Flag:
    """`true` or `false`."""

    def read(self, raw: Raw, at: str) -> bool:
        text = text_of(raw, at)
        if text not in ("true", "false"):
            raise invalid(f"{at} must be true or false, not '{text}'.", param=at)
        return text == "true"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: str

    def read(self, raw: Raw, at: str) -> str:
        text = text_of(raw, at)
        if text not in self.words.split():
            raise invalid(f"{at} must be one of {', '.join(self.words.split())}.", param=at)
        return text


@dataclass(frozen=True, slots=True)
class Currency:
    """A three-letter code in either case; kept in lower case."""

    def read(self, raw: Raw, at: str) -> str:
        code = text_of(raw, at).lower()
        if code not in SUPPORTED:
            raise invalid(f"{at} '{code}' is not a supported currency.", param=at)
        return code


@dataclass(frozen=True, slots=True)
class Link:
    """An absolute http or https address."""

    def read(self, raw: Raw, at: str) -> str:
        text = text_of(raw, at)
        try:
            parts = urlsplit(text)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", text)
        except ValueError:
            usable = False
        if not usable or len(text) > _LONGEST_URL:
            raise invalid(f"{at} is not a valid address with a scheme such as https.", param=at, code="url_invalid")
        return text


@dataclass(frozen=True, slots=True)
class Email:
    """An address with one @ and a domain."""

    def read(self, raw: Raw, at: str) -> str:
        text = text_of(raw, at)
        if not _EMAIL.fullmatch(text) or len(text) > 512:
            raise invalid(f"{at} is not a valid email address.", param=at, code="email_invalid")
        return text


@dataclass(frozen=True, slots=True)
class Metadata:
    """Up to 50 pairs, names up to 40 characters, values up to 500.

    An empty value removes the name: for an update (`merges`) it is handed on, otherwise there is nothing to remove.
    """

    merges: bool = False

    def read(self, raw: Raw, at: str) -> dict[str, str]:
        if raw == "":
            return {}
        if not isinstance(raw, dict):
            raise invalid(f"{at} must be pairs of names and values.", param=at)
        if len(raw) > 50:
            raise invalid(f"{at} may have at most 50 names.", param=at)
        for name, value in raw.items():
            if not isinstance(value, str):
                raise invalid(f"{at}[{name}] must be text.", param=f"{at}[{name}]")
            if len(name) > 40:
                raise invalid(f"Names in {at} may have at most 40 characters.", param=at)
            if len(value) > 500:
                raise invalid(f"Values in {at} may have at most 500 characters.", param=f"{at}[{name}]")
        return {name: str(value) for name, value in raw.items() if value or self.merges}
