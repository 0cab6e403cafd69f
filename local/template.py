"""The SAM template → a CloudFormation template that the local engine can create.

The official translator does the work; code locations become objects in the engine's S3 first.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from local.errors import LocalError
from local.packaging import function_zip, layer_zip
from local.settings import ACCOUNT, REGION

Upload = Callable[[bytes], str]


class TemplateError(LocalError):
    """The template cannot be deployed; the message is the translator's."""


def load(path: Path) -> dict[str, Any]:
    """Parse the template with CloudFormation's short tags. Raises TemplateError."""
    from samtranslator.yaml_helper import yaml_parse

    if not path.exists():
        raise TemplateError(
            f"There is no template at {path}.\nNext: set TOLLGATE_TEMPLATE, or run from a full checkout."
        )
    try:
        parsed = yaml_parse(path.read_text())
    except Exception as error:
        raise TemplateError(f"{path} is not valid YAML: {error}") from error
    return dict(json.loads(json.dumps(parsed, default=str)))


def parameter_values(template: Mapping[str, Any], wanted: Mapping[str, str]) -> dict[str, str]:
    """A value for each parameter the template declares: ours where we have one, else its default."""
    declared: Mapping[str, Any] = template.get("Parameters") or {}
    return {name: str(wanted.get(name, spec.get("Default", ""))) for name, spec in declared.items()}


def translate(template: dict[str, Any], root: Path, parameters: Mapping[str, str], upload: Upload) -> dict[str, Any]:
    """The CloudFormation template, with every source folder uploaded. Raises TemplateError, PackagingError."""
    _upload_sources(template, root, upload)
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.translator.transform import transform

    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    pseudo = {"AWS::Region": REGION, "AWS::Partition": "aws", "AWS::AccountId": ACCOUNT}
    try:
        return dict(transform(template, {**parameters, **pseudo}, _NoManagedPolicies()))
    except InvalidDocumentException as error:
        reasons = [cause.message for cause in error.causes] or [str(error)]
        raise TemplateError("The template cannot be translated:\n" + "\n".join(f"  {r}" for r in reasons)) from error


class _NoManagedPolicies:
    """Policies named without an ARN are looked up in IAM; ours are all written out."""

    def load(self) -> dict[str, str]:
        return {}


def _upload_sources(template: dict[str, Any], root: Path, upload: Upload) -> None:
    for resource in template.get("Resources", {}).values():
        properties = resource.setdefault("Properties", {})
        match resource["Type"]:
            case "AWS::Serverless::Function" if isinstance(properties.get("CodeUri"), str):
                properties["CodeUri"] = upload(function_zip(root / properties["CodeUri"]))
            case "AWS::Serverless::LayerVersion" if isinstance(properties.get("ContentUri"), str):
                properties["RetentionPolicy"] = "Delete"  # every reload makes a version, and nobody rolls back here
                properties["ContentUri"] = upload(layer_zip(root / properties["ContentUri"]))
            case "AWS::Serverless::StateMachine" if isinstance(properties.get("DefinitionUri"), str):
                definition = (root / properties.pop("DefinitionUri")).read_text()
                properties["Definition"] = json.loads(definition)
