"""What a deployed stack consists of, as CloudFormation tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import boto3
from botocore.exceptions import ClientError

from operations.errors import OperationError
from tollgate.adapters.dynamodb.failures import code_of

QUEUE, BUS, FUNCTION = "AWS::SQS::Queue", "AWS::Events::EventBus", "AWS::Lambda::Function"


@dataclass(frozen=True, slots=True)
class Stack:
    """`resources` holds physical ids by type; queues have their URL as id, buses and functions their name."""

    name: str
    outputs: Mapping[str, str] = field(default_factory=dict)
    resources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def output(self, key: str) -> str:
        """Raises `OperationError` for a stack without this output."""
        if key not in self.outputs:
            raise OperationError(
                f"The stack {self.name} has no output {key}: it is not Tollgate, or its last deployment is older than "
                f"this command.\nNext: deploy it again, or name the right stack: STACK=…"
            )
        return self.outputs[key]

    def of(self, type_: str) -> tuple[str, ...]:
        return self.resources.get(type_, ())


def find(name: str) -> Stack:
    """The stack in the session's account and region. Raises `OperationError` when it is not there."""
    client = boto3.client("cloudformation")
    try:
        described = client.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if code_of(error) != "ValidationError":
            raise
        raise OperationError(
            f"There is no stack {name} in {client.meta.region_name} of this account.\n"
            "Next: see `aws cloudformation list-stacks`; another region is AWS_REGION=…, another account AWS_PROFILE=…"
        ) from error
    resources: dict[str, tuple[str, ...]] = {}
    # Describing all of them at once ends at 100.
    for page in client.get_paginator("list_stack_resources").paginate(StackName=name):
        for each in page["StackResourceSummaries"]:
            if physical := each.get("PhysicalResourceId"):
                resources[each["ResourceType"]] = (*resources.get(each["ResourceType"], ()), physical)
    outputs = {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}
    return Stack(name, outputs, resources)
