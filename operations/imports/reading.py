"""From a row to the record that it is."""

from __future__ import annotations

from operations.imports import common, purchase_rows, subscription_rows
from operations.imports.common import Defaults
from operations.imports.fields import Fields
from operations.imports.records import Record
from operations.imports.rows import Row

SUBSCRIPTION, PURCHASE = "subscription", "purchase"
KINDS = (SUBSCRIPTION, PURCHASE)
KNOWN = common.NAMES | subscription_rows.OWN | purchase_rows.OWN


def read(row: Row, defaults: Defaults) -> Record:
    """Raises `RowRefused`, which names each wrong field."""
    fields = Fields(row.fields)
    kind = _kind(fields, defaults.kind)
    of_kind = subscription_rows if kind == SUBSCRIPTION else purchase_rows
    fields.only(common.NAMES | of_kind.OWN, f"a {kind}")
    said = common.read(fields, defaults)
    return subscription_rows.read(fields, said) if kind == SUBSCRIPTION else purchase_rows.read(fields, said)


def _kind(fields: Fields, default: str) -> str:
    """Nothing else can be told of a record whose kind is unknown."""
    kind = fields.chosen("kind", default)
    if kind not in KINDS:
        fields.wrong("kind", f"one of {', '.join(KINDS)}" if kind else "missing: say it, or KIND=subscription for all")
    elif default and kind != default:
        fields.wrong("kind", "not the one that the command names")
    fields.settle()
    return kind
