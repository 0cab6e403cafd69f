"""Runs parliament over every policy of the translated template: `python -m tests.template.lint_policies`.

Parliament knows which actions exist and which resources each of them takes. It lives beside the SAM CLI, in an
environment of its own.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from typing import Any

from tests.template.translation import REGION, policy_documents, readable, translated

ACCOUNT = "123456789012"

# What CloudFormation would put in place of an attribute, by type and attribute.
# (A stream's real label has colons, at which parliament would cut the ARN.)
_ARNS = {
    ("AWS::DynamoDB::Table", "Arn"): "dynamodb:{region}:{account}:table/{name}",
    ("AWS::DynamoDB::Table", "StreamArn"): "dynamodb:{region}:{account}:table/{name}/stream/label",
    ("AWS::Events::EventBus", "Arn"): "events:{region}:{account}:event-bus/{name}",
    ("AWS::Lambda::Function", "Arn"): "lambda:{region}:{account}:function:{name}",
    ("AWS::Logs::LogGroup", "Arn"): "logs:{region}:{account}:log-group:{name}:*",
    ("AWS::S3::Bucket", "Arn"): "s3:::{name}",
    ("AWS::SecretsManager::Secret", "Id"): "secretsmanager:{region}:{account}:secret:{name}-AbCdEf",
    ("AWS::SQS::Queue", "Arn"): "sqs:{region}:{account}:{name}",
    ("AWS::StepFunctions::StateMachine", "Arn"): "states:{region}:{account}:stateMachine:{name}",
}


def main() -> int:
    import parliament

    complaints = 0
    documents = list(policy_documents())
    for owner, document in documents:
        analysed = parliament.analyze_policy_string(json.dumps(resolved(document)), ignore_private_auditors=True)
        for finding in analysed.findings:
            complaints += 1
            print(f"{owner}: {finding.issue} {finding.title} {finding.detail or ''} at {finding.location}")
    print(f"parliament: {len(documents)} policies, {complaints} complaints")
    return 1 if complaints else 0


def resolved(document: dict[str, Any]) -> dict[str, Any]:
    """The same document with plausible ARNs for its resources."""
    return document | {"Statement": [each | {"Resource": list(_resources(each))} for each in document["Statement"]]}


def _resources(statement: dict[str, Any]) -> Iterator[str]:
    written = statement["Resource"]
    for each in written if isinstance(written, list) else [written]:
        text = readable(each)
        if "Fn::GetAtt" in each:
            yield _arn(text)
        else:
            yield re.sub(r"\$\{([^}]+)\}", lambda match: _arn(match[1]), text)


def _arn(reference: str) -> str:
    """Raises KeyError for an attribute that `_ARNS` does not know: add it there."""
    name, _, attribute = reference.partition(".")
    resource_type = translated()["Resources"][name]["Type"]
    return "arn:aws:" + _ARNS[resource_type, attribute].format(region=REGION, account=ACCOUNT, name=name.lower())


if __name__ == "__main__":
    sys.exit(main())
