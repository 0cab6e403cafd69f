"""What the SDK's classes know of an answer: its fields, and the words that each of them may hold."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

import stripe


def fields_of(kind: type[stripe.StripeObject]) -> set[str]:
    """The fields of a class of objects."""
    return set(kind.__annotations__) - {"OBJECT_NAME", "deleted"}


def unknown_fields(answer: Any, path: str) -> list[str]:
    """Fields, also inside objects, that the SDK's classes do not know."""
    if isinstance(answer, list):
        return [name for each in answer for name in unknown_fields(each, path)]
    kind: Any = type(answer)
    if not isinstance(answer, stripe.StripeObject) or kind.__module__ == stripe.StripeObject.__module__:
        return []
    if isinstance(answer, stripe.ListObject):
        return unknown_fields(answer.data, f"{path}.data")
    names = list(answer.to_dict(recursive=False))
    missing = [f"{path}.{name}" for name in names if name not in kind.__annotations__]
    return missing + [found for name in names for found in unknown_fields(answer[name], f"{path}.{name}")]


def unknown_words(answer: Any, path: str) -> list[str]:
    """Values, also inside objects, that are none of the words which the SDK's classes list for their field."""
    if isinstance(answer, list):
        return [word for each in answer for word in unknown_words(each, path)]
    kind: Any = type(answer)
    if not isinstance(answer, stripe.StripeObject) or kind.__module__ == stripe.StripeObject.__module__:
        return []
    if isinstance(answer, stripe.ListObject):
        return unknown_words(answer.data, f"{path}.data")
    found = []
    for name in answer.to_dict(recursive=False):
        words, value = _words(kind.__annotations__.get(name)), answer[name]
        if words and value is not None and not isinstance(value, stripe.StripeObject | list) and value not in words:
            found.append(f"{path}.{name}={value}")
        found += unknown_words(value, f"{path}.{name}")
    return found


def _words(annotation: Any) -> set[Any]:
    if get_origin(annotation) is Literal:
        return set(get_args(annotation))
    return {word for part in get_args(annotation) for word in _words(part)}
