"""What CloudFormation would put in place of `!Ref`, `!GetAtt` and `!Sub` in a policy, where resources have names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.template.translation import translated

# By type and attribute. What `!Ref` gives is an ARN here and there; elsewhere it is the name.
# (A stream's real label has colons, at which parliament would cut the ARN.)
_FORMS = {
    ("AWS::DynamoDB::Table", "Arn"): "dynamodb:{region}:{account}:table/{name}",
    ("AWS::DynamoDB::Table", "StreamArn"): "dynamodb:{region}:{account}:table/{name}/stream/label",
    ("AWS::Events::EventBus", "Arn"): "events:{region}:{account}:event-bus/{name}",
    ("AWS::Lambda::Function", "Arn"): "lambda:{region}:{account}:function:{name}",
    ("AWS::Logs::LogGroup", "Arn"): "logs:{region}:{account}:log-group:{name}:*",
    ("AWS::S3::Bucket", "Arn"): "s3:::{name}",
    ("AWS::SecretsManager::Secret", "Id"): "secretsmanager:{region}:{account}:secret:{name}-AbCdEf",
    ("AWS::SecretsManager::Secret", "Ref"): "secretsmanager:{region}:{account}:secret:{name}-AbCdEf",
    ("AWS::SQS::Queue", "Arn"): "sqs:{region}:{account}:{name}",
    ("AWS::StepFunctions::StateMachine", "Arn"): "states:{region}:{account}:stateMachine:{name}",
    ("AWS::StepFunctions::StateMachine", "Ref"): "states:{region}:{account}:stateMachine:{name}",
}
_SSM_PARAMETER = "ssm:{region}:{account}:parameter/{name}"
_SES_IDENTITY = "ses:{region}:{account}:identity/{name}"


@dataclass(frozen=True)
class Arns:
    """Of one region and account. `name_of` gives the name of a resource, or the value of a parameter, by logical id."""

    region: str
    account: str
    name_of: Callable[[str], str]

    def resolved(self, value: Any) -> str:
        """The text that an intrinsic function stands for. Raises ValueError for one that is not known here."""
        match value:
            case str(text):
                return text
            case {"Ref": str(name)}:
                return self._reference(name)
            case {"Fn::GetAtt": [str(name), str(attribute)]}:
                return self._reference(f"{name}.{attribute}")
            case {"Fn::Sub": str(text)}:
                return self._substituted(text, {})
            case {"Fn::Sub": [str(text), dict(given)]}:
                return self._substituted(text, {str(name): self.resolved(each) for name, each in given.items()})
            case {"Fn::Select": [int(index), {"Fn::Split": [str(separator), whole]}]}:
                return self.resolved(whole).split(separator)[index]
            case _:
                raise ValueError(f"teach tests/template/arns.py what {value} stands for")

    def of(self, resource_type: str, name: str, attribute: str = "Arn") -> str:
        """The ARN of a resource. Raises KeyError for an attribute that `_FORMS` does not know: add it there."""
        return self._filled(_FORMS[resource_type, attribute], name)

    def of_ssm_parameter(self, name: str) -> str:
        return self._filled(_SSM_PARAMETER, name.removeprefix("/"))

    def of_ses_identity(self, name: str) -> str:
        return self._filled(_SES_IDENTITY, name)

    def _substituted(self, text: str, given: Mapping[str, str]) -> str:
        def value(match: re.Match[str]) -> str:
            return given[match[1]] if match[1] in given else self._reference(match[1])

        return re.sub(r"\$\{([^}]+)\}", value, text)

    def _reference(self, reference: str) -> str:
        pseudo = {"AWS::Partition": "aws", "AWS::Region": self.region, "AWS::AccountId": self.account}
        if reference in pseudo:
            return pseudo[reference]
        name, _, attribute = reference.partition(".")
        resource = translated()["Resources"].get(name, {"Type": "a parameter"})
        if not attribute and (resource["Type"], "Ref") not in _FORMS:
            return self.name_of(name)
        return self.of(resource["Type"], self.name_of(name), attribute or "Ref")

    def _filled(self, form: str, name: str) -> str:
        return "arn:aws:" + form.format(region=self.region, account=self.account, name=name)
