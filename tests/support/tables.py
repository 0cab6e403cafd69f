"""The two tables as `template.yaml` declares them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

_TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"
_TAKEN = ("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "BillingMode")


@cache
def _template() -> Any:
    return yaml_parse(_TEMPLATE.read_text())


def create_table(dynamodb: Any, logical_id: str, name: str) -> None:
    """Create the table of that logical id under another name, with its keys, indexes and stream."""
    properties = _template()["Resources"][logical_id]["Properties"]
    request = {key: properties[key] for key in _TAKEN if key in properties}
    request["StreamSpecification"] = {"StreamEnabled": True, **properties["StreamSpecification"]}
    dynamodb.create_table(TableName=name, **request)
