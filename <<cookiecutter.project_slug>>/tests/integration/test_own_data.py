"""A file of one's own in place of the example, by the edits of docs/how-to/use-your-own-data.md."""

import checkout
import pandas as pd
import pytest
import yaml
from sklearn.datasets import load_wine

from <<cookiecutter.package_name>>.__main__ import main
from <<cookiecutter.package_name>>.dataset import resolve
from <<cookiecutter.package_name>>.schema import load_schema

SORTS = {"class_0": "Barolo", "class_1": "Grignolino", "class_2": "Barbera"}


@pytest.fixture
def vineyard(tmp_path, monkeypatch):
    """A checkout and, in data/incoming, wines as a German spreadsheet writes them."""
    root = checkout.copy_checkout(tmp_path / "checkout")
    monkeypatch.chdir(root)
    bunch = load_wine(as_frame=True)
    frame = bunch.data.rename(columns=lambda name: name.replace("_", " "))
    frame = frame.rename(columns={"alcohol": "Alkohol (%)", "hue": "цвет"})
    rows = range(len(frame))
    frame["Nr"] = [f"{row:05d}" for row in rows]
    frame["Region"] = [("Süd", "Nord", "NA")[row % 3] for row in rows]
    frame["Export"] = [("yes", "no")[row % 2] for row in rows]
    frame["Lager"] = ["n/a" if row % 50 == 3 else str(row % 8) for row in rows]
    frame["Notiz"] = [f"Notiz {row}" for row in rows]
    frame["Sorte"] = [SORTS[bunch.target_names[code]] for code in bunch.target]
    (root / "data" / "incoming").mkdir()
    place = root / "data" / "incoming" / "Weine 2026.csv"
    frame.to_csv(place, sep=";", decimal=",", index=False, encoding="utf-8-sig")
    return root


def test_an_odd_file_becomes_the_dataset(vineyard, capsys):
    path = "data/incoming/Weine 2026.csv"
    params = vineyard / "params.yaml"
    propose = ["schema", "--target", "Sorte", "--id", "Nr", "--source", path]

    assert main(propose) == 1
    assert "holds ';'; set csv.delimiter in params.yaml" in capsys.readouterr().err

    checkout.change(params, "source", to={"kind": "file", "path": path})
    written = {"delimiter": ";", "decimal": ",", "missing_values": ["n/a"]}
    checkout.change(params, "csv", to=written)
    assert main(propose) == 1
    assert "drop_columns in params.yaml:\n  - Notiz" in capsys.readouterr().err

    checkout.change(params, "prepare", "drop_columns", to=["Notiz"])
    checkout.change(params, "prepare", "rename", to={"цвет": "hue", "Alkohol (%)": "alcohol"})
    assert main(propose) == 0
    assert yaml.safe_load(capsys.readouterr().out)["target"]["name"] == "Sorte"
    assert main([*propose, "--write"]) == 0
    assert main(["data"]) == 0

    schema = load_schema(vineyard / "configs" / "schema.yaml")
    kinds = {name: schema.column(name).type for name in ("alcohol", "hue", "Region", "Export")}
    assert kinds == {
        "alcohol": "number",
        "hue": "number",
        "Region": "category",
        "Export": "boolean",
    }
    assert schema.target.classes == ["Barbera", "Barolo", "Grignolino"]
    frame = pd.read_parquet(resolve(vineyard).path)
    assert frame.shape == (178, 18)
    assert frame["Nr"].tolist()[:2] == ["00000", "00001"]
    assert set(frame["Region"]) == {"Süd", "Nord", "NA"}
    assert frame["alcohol"].tolist()[:2] == [14.23, 13.2]
    assert frame["Lager"].isna().sum() == 4


def test_data_of_another_task_is_refused_and_the_dataset_stays(root, capfd):
    before = resolve(root)
    (root / "mine.csv").write_text("x,price\n1,2\n", encoding="utf-8")
    checkout.change(root / "params.yaml", "source", to={"kind": "file", "path": "mine.csv"})

    assert main(["data"]) == 1

    errors, target = capfd.readouterr().err, load_schema(root / "configs/schema.yaml").target
    assert "x: the schema does not know this column" in errors
    assert f"{target.name}: the column is missing" in errors
    assert resolve(root) == before
