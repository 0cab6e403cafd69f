"""What is written down for others is what the code does: its routes, its requests, and its events."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

from jsonschema import Draft202012Validator

from contract.documents import EVENTS, OPENAPI, ROOT, documents, stale, write
from contract.event_schemas import event_schemas
from contract.openapi import OPERATIONS
from contract.operations import Who
from tests.architecture.handled import handled, nameless
from tests.architecture.source import read
from tests.template.translation import properties
from tollgate.runtime.composition import provider_webhook
from tollgate.runtime.settings import Settings

WRITTEN = {each.route for each in OPERATIONS if each.who is not Who.PROVIDERS}


def test_the_documents_say_what_the_code_does() -> None:
    assert not (found := stale()), f"run make docs: {', '.join(found)}"


def test_a_document_that_says_something_else_is_found_and_written_anew(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    changed, gone = sorted(documents())[-2:]
    (tmp_path / changed).write_text("{}")
    (tmp_path / gone).unlink()
    (tmp_path / EVENTS / "payments.unheard_of.schema.json").write_text("{}")
    found = stale(tmp_path)
    assert found == sorted([str(changed), str(gone), str(EVENTS / "payments.unheard_of.schema.json")])
    assert write(tmp_path) == found
    assert not stale(tmp_path)
    assert (tmp_path / OPENAPI).is_file()


def test_every_route_of_the_api_is_written_down_and_no_other() -> None:
    paths = properties("HttpApi")["Body"]["paths"]
    assert {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods} == WRITTEN


def test_every_route_is_handled_by_one_function() -> None:
    assert sorted(each.route for each in handled()) == sorted(map(nameless, WRITTEN))


def test_every_request_is_written_down_as_its_handler_reads_it() -> None:
    written = {nameless(each.route): each.body.__name__ if each.body else None for each in OPERATIONS}
    assert {each.route: each.body for each in handled()} == {each.route: written[each.route] for each in handled()}


def test_every_operation_has_a_name_of_its_own() -> None:
    assert len({each.name for each in OPERATIONS}) == len(OPERATIONS)


def test_every_provider_that_has_a_door_is_written_down() -> None:
    switches = {f"ENABLE_{name}": "true" for name in ("STRIPE", "SEGPAY", "SQUARE", "PAYPAL", "MOCK")}
    doors = provider_webhook._doors(Settings.from_environment(switches))
    for webhook in (each for each in OPERATIONS if each.who is Who.PROVIDERS):
        calling = [name for name, door in doors.items() if webhook.method in door.methods]
        assert webhook.path[0].schema["enum"] == sorted(calling)


def test_every_type_of_event_that_the_rooms_name_is_written_down() -> None:
    # What providers call theirs is their own affair.
    ours = [each for each in read("layers/shared/tollgate") if not each.name.startswith("tollgate.adapters.providers.")]
    named = {text for module in ours for text in _named_events(module.tree)}
    written = set(event_schemas())
    assert named
    assert not [text for text in named if not any(each.startswith(text) for each in written)]
    assert not [each for each in written if not any(each.startswith(text) for text in named)]


def test_every_event_schema_is_a_schema() -> None:
    for schema in event_schemas().values():
        Draft202012Validator.check_schema(schema)


def _named_events(tree: ast.Module) -> set[str]:
    """Whole names, and the beginnings of those that are put together."""
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text for text in texts if text.startswith(("payments.", "payment.")) and " " not in text}
