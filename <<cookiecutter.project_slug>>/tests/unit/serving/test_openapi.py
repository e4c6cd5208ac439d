"""The document as a pure function of the schema, and the command that writes it."""

import json

import pytest

from <<cookiecutter.package_name>>.inference import to_yaml
from <<cookiecutter.package_name>>.serving.openapi import build_document, dump_document, main


def references(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


@pytest.mark.parametrize("kind", ["mixed", "numeric"])
def test_every_reference_leads_somewhere(kind, request):
    document = build_document(request.getfixturevalue(kind), "model", max_rows=10)
    for reference in set(references(document)):
        node = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
        assert node


def test_a_matrix_only_without_categories(mixed, numeric):
    def forms(schema):
        document = build_document(schema, "model", max_rows=10)
        request = document["components"]["schemas"]["InferRequest"]
        return [form["maxItems"] for form in request["properties"]["inputs"]["anyOf"]]

    assert forms(mixed) == [4]
    assert forms(numeric) == [1, 2]


def test_a_regression_answers_with_numbers(numeric):
    document = build_document(numeric, "model", max_rows=10)
    outputs = document["components"]["schemas"]["InferResponse"]["properties"]["outputs"]
    assert [item["properties"]["name"]["const"] for item in outputs["items"]["anyOf"]] == [
        "prediction"
    ]


def test_limits_and_descriptions(mixed):
    content = mixed.model_dump()
    content["features"][0]["description"] = "euros a month"
    document = build_document(type(mixed).model_validate(content), "model", max_rows=77)
    text = json.dumps(document)
    assert "euros a month" in text and '"maximum": 77' in text


def test_the_same_schema_gives_the_same_bytes(mixed):
    document = dump_document(mixed, "model", 10)
    assert document == dump_document(mixed, "model", 10)
    assert b"/v2/models/model/infer" in document and document.endswith(b"}\n")


def test_the_command(mixed, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "scorer"\n')
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "schema.yaml").write_text(to_yaml(mixed), encoding="utf-8")
    place = tmp_path / "docs" / "reference" / "openapi.json"
    assert main(["--check"]) == 1
    assert "run `make openapi`" in capsys.readouterr().err
    assert main([]) == 0
    assert "/v2/models/scorer/infer" in json.loads(place.read_text())["paths"]
    assert main(["--check"]) == 0
    assert main(["--check", "--name", "other"]) == 1
