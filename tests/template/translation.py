"""The template as CloudFormation gets it, after SAM's own translator."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"
REGION = "eu-west-1"
_BUILT = {"Bucket": "built", "Key": "archive.zip"}
_CODE = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
}

type Resource = dict[str, Any]


@cache
def source() -> dict[str, Any]:
    """The template as written."""
    parsed: dict[str, Any] = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    return parsed


@cache
def translated() -> dict[str, Any]:
    template = copy.deepcopy(source())
    for resource in template["Resources"].values():
        if name := _CODE.get(resource["Type"]):
            resource["Properties"][name] = _BUILT
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
    result: dict[str, Any] = translator.translate(template, parameter_values={})
    return result


def resources(resource_type: str) -> dict[str, Resource]:
    """By logical id. Raises AssertionError for a type that the template has not, so that no test passes on nothing."""
    found = {name: each for name, each in translated()["Resources"].items() if each["Type"] == resource_type}
    assert found, f"the template has no {resource_type}"
    return found


def properties(logical_id: str) -> dict[str, Any]:
    found: dict[str, Any] = translated()["Resources"][logical_id]["Properties"]
    return found


@dataclass(frozen=True)
class Statement:
    """One statement of a policy that is attached to a role. `resources` are written as `<logical id><suffix>`."""

    owner: str
    sid: str
    effect: str
    actions: frozenset[str]
    resources: frozenset[str]


def statements() -> Iterator[Statement]:
    for owner, document in policy_documents():
        for each in document["Statement"]:
            actions = frozenset(_listed(each["Action"]))
            yield Statement(
                owner, each["Sid"], each["Effect"], actions, frozenset(map(readable, _listed(each["Resource"])))
            )


def policy_documents() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, role in resources("AWS::IAM::Role").items():
        for policy in role["Properties"].get("Policies", []):
            yield name, policy["PolicyDocument"]
    for name, policy in resources("AWS::IAM::ManagedPolicy").items():
        yield name, policy["Properties"]["PolicyDocument"]


def readable(value: Any) -> str:
    """`CoreTable.Arn`, `${CoreTable.Arn}/index/by_owner` or the plain text, whatever the intrinsic function."""
    match value:
        case {"Ref": str(name)}:
            return name
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"{name}.{attribute}"
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), _]}:
            return text
        case _:
            return str(value)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
