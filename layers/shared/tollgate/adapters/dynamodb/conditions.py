"""pynamodb's conditions and actions in the words of DynamoDB's API; those of the money path are put into words once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action, Update

# What a write request says beside table and item: expressions, names and values.
type Expressed = dict[str, Any]


def expressed(condition: Condition, actions: Sequence[Action] = ()) -> Expressed:
    """A condition, and what is to be changed. The item that fails the condition comes back."""
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    request: Expressed = {
        "ConditionExpression": condition.serialize(names, values),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    if actions:
        request["UpdateExpression"] = Update(*actions).serialize(names, values)
    request["ExpressionAttributeNames"] = {placeholder: name for name, placeholder in names.items()}
    if values:
        request["ExpressionAttributeValues"] = values
    return request


class Prepared:
    """A condition on texts and numbers, made once with any values in it; each write then brings its own."""

    def __init__(self, condition: Condition) -> None:
        self._request = expressed(condition)
        samples: dict[str, dict[str, Any]] = self._request.pop("ExpressionAttributeValues", {})
        self._places = [(placeholder, kind) for placeholder, sample in samples.items() for kind in sample]

    def holding(self, *values: str | int) -> Expressed:
        """The condition with these values, in the order in which it names them; `ValueError` unless there are as
        many.
        """
        if not self._places and not values:
            return self._request
        filled = {place: {kind: str(value)} for (place, kind), value in zip(self._places, values, strict=True)}
        return {**self._request, "ExpressionAttributeValues": filled}
