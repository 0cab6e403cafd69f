"""What becomes of a template before the engine sees it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from local.packaging import PackagingError, function_zip, layer_zip
from local.routes import wanted_routes
from local.template import TemplateError, load, parameter_values, translate
from tests.local.laptop import SAMPLE, Laptop


def test_equal_sources_give_equal_bytes(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("x = 1\n")
    first = function_zip(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "old.cpython-313.pyc").write_bytes(b"stale")
    (tmp_path / "app.py").touch()

    assert function_zip(tmp_path) == first
    (tmp_path / "app.py").write_text("x = 2\n")
    assert function_zip(tmp_path) != first


def test_a_layer_holds_its_packages_and_their_byte_code() -> None:
    names = zipfile.ZipFile(io.BytesIO(layer_zip(SAMPLE / "layers/shared"))).namelist()

    assert names == ["python/sample/__init__.py", "python/sample/__pycache__/__init__.cpython-313.pyc"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(PackagingError, match="nowhere, which does not exist"):
        function_zip(tmp_path / "nowhere")
    with pytest.raises(PackagingError, match="holds no Python package"):
        layer_zip(tmp_path)


def test_the_sample_translates_with_all_its_routes() -> None:
    template = load(SAMPLE / "template.yaml")
    values = parameter_values(template, {"Environment": "local", "Unknown": "x"})
    uploads: list[bytes] = []

    def upload(data: bytes) -> str:
        uploads.append(data)
        return f"s3://bucket/{len(uploads)}.zip"

    resources = translate(template, SAMPLE, values, upload)["Resources"]

    assert values == {"Environment": "local", "StripeApiBase": ""}
    assert len(uploads) == 7
    assert wanted_routes(resources["HttpApi"]["Properties"]["Body"]) == {
        "ANY /echo/{name}": "ApiFunction",
        "POST /notes": "ApiFunction",
    }


def test_what_is_no_template_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="There is no template at"):
        load(tmp_path / "template.yaml")
    broken = tmp_path / "broken.yaml"
    broken.write_text("Resources: [")
    with pytest.raises(TemplateError, match="is not valid YAML"):
        load(broken)
    function = {"Type": "AWS::Serverless::Function", "Properties": {"Runtime": "python3.13"}}
    with pytest.raises(TemplateError, match="cannot be translated"):
        translate({"Resources": {"F": function}}, tmp_path, {}, lambda _: "")


@pytest.mark.e2e
def test_a_resource_that_cannot_be_made_is_named_at_the_start(own_laptop: Laptop) -> None:
    template = own_laptop.sources / "template.yaml"
    alarm = (
        "  Broken:\n    Type: AWS::CloudWatch::Alarm\n    Properties: { ComparisonOperator: GreaterThanThreshold }\n"
    )
    template.write_text(template.read_text().replace("  HttpApi:\n", alarm + "\n  HttpApi:\n", 1))

    shown = own_laptop.run("run")

    assert shown.returncode == 1
    assert "Broken" in shown.stderr
    assert "Traceback" not in shown.stderr
