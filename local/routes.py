"""The routes of HTTP APIs: the engine ignores an API's OpenAPI `Body`, so they are created one by one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_FUNCTION = re.compile(r"\$\{(\w+)\.Arn\}")
_METHODS = {"get", "post", "put", "patch", "delete", "head", "options", "x-amazon-apigateway-any-method"}


def wanted_routes(body: Mapping[str, Any]) -> dict[str, str]:
    """Route key (`POST /payments`) → logical id of its function."""
    found: dict[str, str] = {}
    for path, operations in (body.get("paths") or {}).items():
        for method, operation in operations.items():
            if method not in _METHODS:
                continue
            integration = json.dumps(operation.get("x-amazon-apigateway-integration") or {})
            function = _FUNCTION.search(integration)
            if function:
                name = "ANY" if method.startswith("x-") else method.upper()
                found["$default" if path == "/$default" else f"{name} {path}"] = function[1]
    return found


def sync_routes(client: Any, api_id: str, wanted: Mapping[str, str], function_arns: Mapping[str, str]) -> None:
    """Create what is missing and remove what the template no longer has."""
    existing = {route["RouteKey"]: route for route in client.get_routes(ApiId=api_id)["Items"]}
    integrations = {
        item["IntegrationUri"]: item["IntegrationId"] for item in client.get_integrations(ApiId=api_id)["Items"]
    }
    for key, function in wanted.items():
        arn = function_arns[function]
        if arn not in integrations:
            integrations[arn] = client.create_integration(
                ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0"
            )["IntegrationId"]
        target = f"integrations/{integrations[arn]}"
        if key not in existing:
            client.create_route(ApiId=api_id, RouteKey=key, Target=target)
        elif existing[key].get("Target") != target:
            client.update_route(ApiId=api_id, RouteId=existing[key]["RouteId"], Target=target)
    for key in existing.keys() - wanted.keys():
        client.delete_route(ApiId=api_id, RouteId=existing[key]["RouteId"])
