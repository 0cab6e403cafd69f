"""Holds what the functions answer and tell to what docs/api and docs/events promise. There, answers and events may gain
fields; here, a field that is not written down is a mistake.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from contract.event_schemas import event_schemas
from contract.openapi import OPERATIONS, document
from contract.responses import PLAIN
from tollgate.runtime.http.errors import JSON

type Schema = dict[str, Any]


def hold_answer(method: str, path: str, status: int, headers: Mapping[str, str], body: Any) -> None:
    """`AssertionError` for a status, a type or a body that is not written down. Addresses that nobody knows are 404."""
    route = route_of(method, path)
    if route is None:
        assert status == 404, f"{method} {path} is written down nowhere, and answered {status}"
        return
    validators = _answers()[route]
    assert status in validators, f"{method} {route[1]} answered {status}, which is not written down: {body}"
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    if kind == PLAIN and status in _plain()[route]:
        return
    assert kind == JSON, f"{method} {route[1]} answered {kind!r}"
    _hold(validators[status], body, f"{method} {route[1]} answered {status}")


def hold_event(envelope: Mapping[str, Any]) -> None:
    """`AssertionError` for an event of another type or shape than those that are written down."""
    validator = _events().get(envelope["type"])
    assert validator is not None, f"{envelope['type']} is written down nowhere"
    _hold(validator, envelope, f"event {envelope['type']}")


def hold_stored_events(items: Iterable[Mapping[str, Any]]) -> None:
    """Every event among the items of a table."""
    for item in items:
        if item["kind"]["S"] == "event":
            hold_event(json.loads(item["body"]["S"]))


def route_of(method: str, path: str) -> tuple[str, str] | None:
    """Method and template of an address, if it is one of ours; whole words go before what stands for anything."""
    fits = [route for route in _patterns() if route[0] == method and _patterns()[route].fullmatch(path)]
    return min(fits, key=lambda route: route[1].count("{"), default=None)


def closed(schema: Any) -> Any:
    """The same schema, bearing no fields but its own."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(each) for name, each in schema.items()}
    whole = inner.get("type") == "object" and "properties" in inner
    return {"additionalProperties": False, **inner} if whole else inner


@cache
def strict_document() -> Schema:
    return dict(closed(document()))


@cache
def _patterns() -> dict[tuple[str, str], re.Pattern[str]]:
    return {
        (method.upper(), path): re.compile(re.sub(r"\{\w+\}", "[^/]+", path))
        for path, entry in document()["paths"].items()
        for method in entry
        if method != "servers"
    }


@cache
def _answers() -> dict[tuple[str, str], dict[int, Draft202012Validator]]:
    paths = strict_document()["paths"]
    return {
        (method, path): {int(status): _validator(each) for status, each in told["responses"].items()}
        for method, path in _patterns()
        for told in [paths[path][method.lower()]]
    }


@cache
def _plain() -> dict[tuple[str, str], set[int]]:
    """The statuses that may be answered with a text."""
    return {(each.method, each.address): set(each.plain) for each in OPERATIONS}


def _validator(response: Schema) -> Draft202012Validator:
    components = strict_document()["components"]
    if "$ref" in response:
        response = components["responses"][response["$ref"].rpartition("/")[2]]
    shape = response["content"].get(JSON, {"schema": False})["schema"]
    return Draft202012Validator({"allOf": [shape], "components": components})


@cache
def _events() -> dict[str, Draft202012Validator]:
    return {name: Draft202012Validator(closed(schema)) for name, schema in event_schemas().items()}


def _hold(validator: Draft202012Validator, body: Any, what: str) -> None:
    problems = [f"{each.json_path}: {each.message}" for each in validator.iter_errors(body)]
    assert not problems, f"{what} in another shape than is written down: {'; '.join(problems)}; {body}"
