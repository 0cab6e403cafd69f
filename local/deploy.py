"""Deploys the template on the engine: create or update the stack, its routes, and tell where everything is."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from local.aws import Aws
from local.errors import LocalError
from local.packaging import content_hash
from local.routes import sync_routes, wanted_routes
from local.settings import ACCOUNT, REGION, STACK_NAME, LocalSettings
from local.template import load, parameter_values, translate

_BUCKET = "tollgate-local-artifacts"
_TEMPLATE_KEY = "template.json"
_SERVICES = ("s3", "cloudformation", "apigatewayv2", "lambda", "secretsmanager", "sesv2", "sqs", "events")
_PATIENCE_SECONDS = 60.0
_HEALTHY = ("CREATE_COMPLETE", "UPDATE_COMPLETE")


class DeployError(LocalError):
    """The stack could not be deployed; the message lists the resources that failed and why."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the stack consists of: logical id → physical id."""

    api_id: str = ""
    webhook_host: str = ""
    functions: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)
    buses: Mapping[str, str] = field(default_factory=dict)
    state_machines: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A translated template and the code it refers to, ready to be sent to an engine."""

    template: Mapping[str, Any]
    parameters: Mapping[str, str]
    objects: Mapping[str, bytes]


class Deployer:
    """Deploys again and again, touching only what changed; data in tables survives."""

    def __init__(self, settings: LocalSettings, aws: Aws) -> None:
        self._settings = settings
        self._aws = aws
        self._uploaded: set[str] = set()

    def prepare(self, parameters: Mapping[str, str]) -> Prepared:
        """What can be done without the engine. Raises TemplateError, PackagingError."""
        template = load(self._settings.template)
        values = parameter_values(template, parameters)
        objects: dict[str, bytes] = {}

        def keep(data: bytes) -> str:
            key = f"{content_hash(data)}.zip"
            objects[key] = data
            return f"s3://{_BUCKET}/{key}"

        translated = translate(template, self._settings.source_root, values, keep)
        for service in _SERVICES:
            self._aws.client(service)
        return Prepared(translated, values, objects)

    def deploy(self, prepared: Prepared) -> Deployment:
        """Bring the engine's stack to what was prepared. Raises DeployError."""
        self._upload(prepared.objects)
        self._apply(prepared.template, prepared.parameters)
        resources = self._resources()
        self._sync_routes(prepared.template, resources)
        return self._describe(resources)

    def _upload(self, objects: Mapping[str, bytes]) -> None:
        s3 = self._aws.client("s3")
        try:
            s3.head_bucket(Bucket=_BUCKET)
        except ClientError:
            s3.create_bucket(Bucket=_BUCKET)
        for key in objects.keys() - self._uploaded:
            s3.put_object(Bucket=_BUCKET, Key=key, Body=objects[key])
            self._uploaded.add(key)

    def _apply(self, translated: Mapping[str, Any], values: Mapping[str, str]) -> None:
        client = self._aws.client("cloudformation")
        status = self._status()
        # By address, as SAM does: a template inside the request may have 51,200 bytes only.
        self._aws.client("s3").put_object(Bucket=_BUCKET, Key=_TEMPLATE_KEY, Body=json.dumps(translated).encode())
        request = {
            "StackName": STACK_NAME,
            "TemplateURL": f"https://s3.{REGION}.amazonaws.com/{_BUCKET}/{_TEMPLATE_KEY}",
            "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()],
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        }
        try:
            (client.create_stack if status is None else client.update_stack)(**request)
        except ClientError as error:
            if "No updates are to be performed" in str(error):
                return
            raise DeployError(f"The engine refused the stack: {error}") from error
        self._wait()

    def _status(self) -> str | None:
        client = self._aws.client("cloudformation")
        try:
            stack = client.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
        except ClientError:
            return None
        status = str(stack["StackStatus"])
        if status in ("ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED", "DELETE_COMPLETE"):
            client.delete_stack(StackName=STACK_NAME)
            return None
        return status

    def _wait(self) -> None:
        client = self._aws.client("cloudformation")
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            status = client.describe_stacks(StackName=STACK_NAME)["Stacks"][0]["StackStatus"]
            if status in _HEALTHY:
                return
            if not status.endswith("_IN_PROGRESS"):
                raise DeployError(f"The stack ended in {status}:\n{self._failures()}")
            time.sleep(0.05)
        raise DeployError(f"The stack was not ready within {_PATIENCE_SECONDS:.0f} s.")

    def _failures(self) -> str:
        events = self._aws.client("cloudformation").describe_stack_events(StackName=STACK_NAME)["StackEvents"]
        failed = [e for e in events if e["ResourceStatus"].endswith("_FAILED")]
        return "\n".join(f"  {e['LogicalResourceId']}: {e.get('ResourceStatusReason', '?')}" for e in failed[:10])

    def _resources(self) -> dict[str, dict[str, str]]:
        """Type → logical id → physical id."""
        found: dict[str, dict[str, str]] = {}
        listed = self._aws.client("cloudformation").describe_stack_resources(StackName=STACK_NAME)
        for item in listed["StackResources"]:
            found.setdefault(item["ResourceType"], {})[item["LogicalResourceId"]] = item["PhysicalResourceId"]
        return found

    def _sync_routes(self, translated: Mapping[str, Any], resources: Mapping[str, Mapping[str, str]]) -> None:
        arns = {
            logical: f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
            for logical, name in resources.get("AWS::Lambda::Function", {}).items()
        }
        for logical, api_id in resources.get("AWS::ApiGatewayV2::Api", {}).items():
            body = translated["Resources"][logical]["Properties"].get("Body") or {}
            sync_routes(self._aws.client("apigatewayv2"), api_id, wanted_routes(body), arns)

    def _describe(self, resources: Mapping[str, Mapping[str, str]]) -> Deployment:
        stack = self._aws.client("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"][0]
        return Deployment(
            api_id=next(iter(resources.get("AWS::ApiGatewayV2::Api", {}).values()), ""),
            webhook_host=self._webhook_host(resources),
            functions=resources.get("AWS::Lambda::Function", {}),
            tables=resources.get("AWS::DynamoDB::Table", {}),
            buses=resources.get("AWS::Events::EventBus", {}),
            state_machines=resources.get("AWS::StepFunctions::StateMachine", {}),
            outputs={o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])},
        )

    def _webhook_host(self, resources: Mapping[str, Mapping[str, str]]) -> str:
        client = self._aws.client("lambda")
        for name in resources.get("AWS::Lambda::Function", {}).values():
            for config in client.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"]:
                return str(config["FunctionUrl"]).removeprefix("https://").strip("/")
        return ""
