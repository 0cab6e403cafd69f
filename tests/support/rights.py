"""What each function may do, as `template.yaml` says it, on the resources of a test's deployment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.support.policies import Grant, NotUnderstood, Policy, grants
from tests.template.arns import Arns
from tests.template.translation import properties, readable, source, translated

ACCOUNT, REGION = "000000000000", "us-east-1"


@cache
def functions() -> dict[str, str]:
    """Folder to logical id."""
    return {
        resource["Properties"]["CodeUri"].removeprefix("functions/"): name
        for name, resource in source()["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def arns(environment: Mapping[str, str]) -> Arns:
    """Resources by the names that a deployment gives them."""
    names = Names(environment)
    return DeployedArns(REGION, ACCOUNT, names.of, names.begun)


@dataclass(frozen=True)
class DeployedArns(Arns):
    """Secrets that no resource makes are named in a policy by how their names begin."""

    begun: Callable[[str], str]

    def resolved(self, value: Any) -> str:
        arn, mark, name = super().resolved(value).partition(":secret:")
        return f"{arn}{mark}{self.begun(name)}"


def policy_of(function: str, where: Arns) -> Policy:
    """All that the role of a function says."""
    role = properties(functions()[function])["Role"]["Fn::GetAtt"][0]
    return Policy(tuple(_grants(role, where)))


def _grants(role: str, where: Arns) -> Iterator[Grant]:
    for policy in properties(role).get("Policies", []):
        yield from grants(role, policy["PolicyDocument"], where.resolved, readable)
    for attached in properties(role).get("ManagedPolicyArns", []):
        if not (isinstance(attached, dict) and "Ref" in attached):
            raise NotUnderstood(f"{role}: nobody here knows what {attached} says")
        name = attached["Ref"]
        yield from grants(name, properties(name)["PolicyDocument"], where.resolved, readable)


class Names:
    """The template hands functions names in variables, and a deployment sets the same variables: so it tells what it
    calls a resource, what a parameter is, and with what the names of its secrets begin.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._variables = _variables()

    def of(self, logical_id: str) -> str:
        """The name of a resource, or the value of a parameter."""
        for variable, value in self._variables.items():
            if variable in self._environment and _refers_to(value, logical_id):
                return self._environment[variable].rpartition("/")[2].rpartition(":")[2]
        if parameter := source()["Parameters"].get(logical_id):
            return str(parameter["Default"])
        written = translated()["Resources"][logical_id]["Properties"].get("Name")
        return f"unnamed-{logical_id}" if written is None else self.begun(self._filled(written))

    def begun(self, name: str) -> str:
        """Under the beginning that the deployment gives its names."""
        for variable, value in self._variables.items():
            if variable in self._environment and isinstance(value, dict) and "Fn::Sub" in value:
                beginning = f"{self._filled(value)}/"
                if name.startswith(beginning):
                    return f"{self._environment[variable]}/{name.removeprefix(beginning)}"
        return name

    def _filled(self, value: Any) -> str:
        return Arns(REGION, ACCOUNT, self.of).resolved(value)


@cache
def _variables() -> dict[str, Any]:
    """Every variable that some function gets, as the template writes it."""
    found: dict[str, Any] = {}
    for logical_id in functions().values():
        found |= properties(logical_id)["Environment"]["Variables"]
    return found


def _refers_to(value: Any, logical_id: str) -> bool:
    attributes = ({"Fn::GetAtt": [logical_id, attribute]} for attribute in ("Arn", "QueueName"))
    return value in ({"Ref": logical_id}, *attributes)
