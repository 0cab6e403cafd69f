"""A selection of payments as DynamoDB applies it: after reading, so that a page says how much it may read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tollgate.payments.lifecycle import State
from tollgate.payments.ports import Selection


def filter_of(selection: Selection) -> dict[str, Any]:
    """The part of a query that leaves out what is not wanted; empty where everything is."""
    terms: list[str] = []
    values: dict[str, Any] = {}
    if selection.states:
        terms.append(_among(sorted(selection.states), values))
    if selection.provider is not None:
        terms.append("#provider = :provider")
        values[":provider"] = {"S": selection.provider}
    if selection.failed_attempts:
        failed, still_open = _among([State.FAILED], values), _among([State.PENDING, State.PROCESSING], values)
        terms.append(f"({failed} OR ({still_open} AND attribute_exists(#reason)))")
    if not terms:
        return {}
    expression = " AND ".join(terms)
    return {
        "FilterExpression": expression,
        "ExpressionAttributeNames": {
            f"#{name}": name for name in ("state", "provider", "reason") if f"#{name}" in expression
        },
        "ExpressionAttributeValues": values,
    }


def _among(states: Sequence[State], values: dict[str, Any]) -> str:
    values.update({f":{state.value}": {"S": state.value} for state in states})
    return f"#state IN ({', '.join(f':{state.value}' for state in states)})"
