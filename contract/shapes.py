"""What answers and events are made of."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Amount = Annotated[int, Field(description="Minor units of the currency.")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), Field(description="ISO 4217.")]
Instant = Annotated[
    str,
    StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"),
    Field(description="UTC, with milliseconds.", json_schema_extra={"format": "date-time"}),
]
PaymentStatus = Literal[
    "pending",
    "processing",
    "confirmed",
    "settled",
    "failed",
    "cancelled",
    "refunding",
    "partially_refunded",
    "refunded",
    "disputed",
]


class Shape(BaseModel):
    """What is written down for others to read: they should bear more fields than these, since later versions add some.
    Tests do not: to them, a field that is not written down is a mistake.
    """


class Answer(Shape):
    """A body that is answered; its names are camelCase."""

    model_config = ConfigDict(alias_generator=to_camel)


def may_be_absent(alias: str | None = None) -> Any:
    """Of a field that is not null where there is nothing to tell, but not there at all."""
    return Field(default=None, alias=alias)


class _Schemas(GenerateJsonSchema):
    """Without the titles that repeat a field's name, and without defaults that only say that a field may be absent."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic asks of each
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if schema.get("default") is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)


def schemas(models: list[type[BaseModel]], template: str) -> dict[str, Any]:
    """The schemas of models, and of all that these refer to, by name."""
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [(model, "validation") for model in models]
    _, defined = models_json_schema(wanted, ref_template=template, schema_generator=_Schemas)
    found: dict[str, Any] = defined.get("$defs", {})
    return {name: {key: value for key, value in each.items() if key != "title"} for name, each in found.items()}
