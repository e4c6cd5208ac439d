"""A file of somebody's own: semicolons, odd column names, texts, gaps and three classes."""

import json
import urllib.error
import urllib.request

import pytest

pytestmark = pytest.mark.journey
ANSWERS = "odd-but-legal"
# Real rows (wine, from scikit-learn), spelt as a spreadsheet in another country would.
MAKE_CSV = """
import pandas as pd
from sklearn.datasets import load_wine
wine = load_wine(as_frame=True)
frame = wine.frame.rename(columns={"alcohol": "Alkohol (% vol)", "hue": "Farbton \\u2116 1"})
frame["Farbe"] = pd.cut(frame.pop("color_intensity"), 3, labels=["hell", "mittel", "n/a dunkel"])
frame["proline"] = frame["proline"].round().astype(int)
frame.loc[::17, "ash"] = None
frame["Sorte"] = frame.pop("target").map({0: "Barolo", 1: "Grignolino", 2: "Barbera"})
frame["Bemerkung"] = [f"Flasche {number}" for number in range(len(frame))]
frame.to_csv("wein.csv", sep=";", decimal=",", index=False, encoding="utf-8-sig")
"""


def edit(repository, path, *changes):
    place = repository.path / path
    text = place.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, f"{path}: {old}"
        text = text.replace(old, new)
    place.write_text(text, encoding="utf-8")


def post(address, body):
    request = urllib.request.Request(
        address, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_own_csv_is_trained_on_and_served_after_the_edits_that_the_guide_names(repository):
    (repository.path / "make_csv.py").write_text(MAKE_CSV, encoding="utf-8")
    repository.run(".venv/dev/bin/python make_csv.py && rm make_csv.py")
    edit(
        repository,
        "params.yaml",
        ("  kind: example\n  name: breast_cancer", "  kind: file\n  path: wein.csv"),
        ('delimiter: ","', 'delimiter: ";"'),
        ('decimal: "."', 'decimal: ","'),
        ("drop_columns: []", "drop_columns: [Bemerkung]"),
    )
    repository.run("make schema TARGET=Sorte SOURCE=wein.csv WRITE=1")
    schema = (repository.path / "configs" / "schema.yaml").read_text(encoding="utf-8")
    assert "Farbton № 1" in schema and "nullable: true" in schema and "n/a dunkel" in schema
    repository.run("make data")
    trained = repository.run("make train")
    assert "v1 is the champion" in trained
    repository.run("make openapi")
    body = json.loads(
        repository.run(f".venv/dev/bin/python -m {repository.package} example-request --rows 5")
    )
    with repository.serving() as address:
        infer = f"{address}/v2/models/{repository.name}/infer"
        status, answer = post(infer, body)
        assert status == 200, answer
        outputs = {output["name"]: output for output in answer["outputs"]}
        assert set(outputs["class"]["data"]) <= {"Barolo", "Grignolino", "Barbera"}
        assert outputs["probabilities"]["shape"] == [len(outputs["class"]["data"]), 3]
        tensors = {tensor["name"]: tensor for tensor in body["inputs"]}
        tensors["Farbe"]["data"][0] = "violett"
        status, refusal = post(infer, body)
        assert (status, refusal["field"]) == (400, "Farbe"), refusal
        assert "violett" in refusal["message"]
    repository.run("make load-test")


def test_the_same_file_with_a_broken_row_is_refused_and_changes_nothing(repository):
    before = (repository.path / "dvc.lock").read_bytes()
    place = repository.path / "wein.csv"
    text = place.read_text(encoding="utf-8-sig")
    place.write_text(text.replace(";mittel;", ";rosa;", 1), encoding="utf-8-sig")
    said = repository.run("make data", expect=2)
    assert "Farbe" in said and "rosa" in said
    assert (repository.path / "dvc.lock").read_bytes() == before
