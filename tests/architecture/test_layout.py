"""One folder, one trigger, one handler; and the template knows them all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from tests.architecture.source import ROOT

FOLDERS = sorted(path for path in (ROOT / "functions").iterdir() if path.is_dir() and path.name != "__pycache__")


def test_every_function_folder_has_exactly_one_app() -> None:
    apps = {folder.name: [path.relative_to(folder) for path in folder.rglob("app.py")] for folder in FOLDERS}
    assert apps == {folder.name: [Path("app.py")] for folder in FOLDERS}


def test_functions_and_template_are_in_step() -> None:
    code = {resource["Properties"]["CodeUri"] for resource in _functions().values()}
    assert code == {f"functions/{folder.name}" for folder in FOLDERS}


def test_a_function_is_named_after_its_folder() -> None:
    for logical_id, resource in _functions().items():
        words = Path(resource["Properties"]["CodeUri"]).name.split("_")
        assert logical_id == "".join(word.capitalize() for word in words) + "Function"


def test_a_function_names_no_dependency_of_its_own() -> None:
    """They come from the layer: one pinned, hashed list for all."""
    assert not [path for folder in FOLDERS for path in folder.rglob("requirements*.txt")]


def _functions() -> dict[str, Any]:
    resources = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))["Resources"]
    return {name: each for name, each in resources.items() if each["Type"] == "AWS::Serverless::Function"}
