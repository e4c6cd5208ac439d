"""Write small bundles for the tests of servers and print where they are, as JSON.

Run by the training environment, since the one of the tests has neither the package nor
scikit-learn: ``.venv/dev/bin/python tests/make_bundle.py DIRECTORY``.
"""

import json
import sys
import tomllib
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from <<cookiecutter.package_name>>.models import build_model
from <<cookiecutter.package_name>>.predictor import SklearnPredictor
from <<cookiecutter.package_name>>.publishing import publish
from <<cookiecutter.package_name>>.schema import Schema, load_schema
from <<cookiecutter.package_name>>.scores import count_scores, prediction_scores

ROOT = Path(__file__).parents[1]
ROWS = 200
MIXED = {
    "target": {"name": "outcome", "classes": ["stays", "leaves"], "positive": "leaves"},
    "id": "customer",
    "features": [
        {"name": "income", "type": "number", "minimum": 0, "maximum": 1000},
        {"name": "visits", "type": "integer", "minimum": 0, "maximum": 50, "nullable": True},
        {"name": "member", "type": "boolean"},
        {"name": "region", "type": "category", "values": ["north", "süd", "east"]},
        {"name": "plan", "type": "category", "values": ["a", "b"], "nullable": True},
    ],
}
# Of a person: what it says must not be found in any log.
PERSONAL = {
    **MIXED,
    "features": [
        {**feature, "personal": True} if feature["name"] in ("income", "region") else feature
        for feature in MIXED["features"]
    ],
}
NUMERIC = {
    "target": {"name": "kind", "classes": ["one", "two", "three"]},
    "features": [
        {"name": "length", "type": "number", "minimum": -10, "maximum": 10},
        {"name": "width", "type": "number", "nullable": True},
        {"name": "count", "type": "integer", "minimum": 0, "maximum": 9},
        {"name": "flag", "type": "boolean"},
    ],
}
AMOUNT = {
    "target": {"name": "amount", "minimum": -100, "maximum": 100},
    "features": [{"name": "size", "type": "number", "minimum": 0, "maximum": 100}],
}


# Its model cannot take the root of a negative number, which the schema allows.
FRAGILE = {
    "target": {"name": "side", "classes": ["low", "high"]},
    "features": [{"name": "size", "type": "number", "minimum": -100, "maximum": 100}],
}


def main(store: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["name"]
    schemas = {
        "mixed": Schema.model_validate(MIXED),
        "personal": Schema.model_validate(PERSONAL),
        "numeric": Schema.model_validate(NUMERIC),
        "amount": Schema.model_validate(AMOUNT),
        project: load_schema(ROOT / "configs" / "schema.yaml"),
    }
    places = {name: str(write(store, name, schema)) for name, schema in schemas.items()}
    places["project"] = places[project]
    places["boosted"] = str(write(store, "boosted", schemas["numeric"], "boosting"))
    fragile = Schema.model_validate(FRAGILE)
    sizes = np.linspace(0, 100, ROWS)[:, None]
    model = make_pipeline(FunctionTransformer(np.sqrt), LogisticRegression())
    model.fit(sizes, sizes.ravel() > 50)
    places["fragile"] = str(publish(store, "fragile", "v7", model, fragile, {}, {})[0])
    model = LogisticRegression().fit(np.hstack([sizes, sizes]), sizes.ravel() > 50)
    places["misfit"] = str(publish(store, "misfit", "v7", model, fragile, {}, {})[0])
    print(json.dumps(places))


def write(store: Path, name: str, schema: Schema, kind: str = "linear") -> Path:
    """A bundle of a quick model, fitted to noise that follows the schema."""
    random = np.random.default_rng(seed=7)
    matrix = np.column_stack([_values(column, random) for column in schema.features])
    signal = np.nan_to_num(matrix).sum(axis=1)
    if schema.target.classes is None:
        truth = np.interp(signal, (signal.min(), signal.max()), (-50, 50))
    else:
        edges = np.quantile(signal, np.linspace(0, 1, len(schema.target.classes) + 1)[1:-1])
        truth = np.digitize(signal, edges)
    estimator = build_model(kind, schema, {}, seed=7).fit(matrix, truth)
    scores = prediction_scores(SklearnPredictor(estimator, schema).predict(matrix), schema.target)
    evaluation = {"scores": None if scores is None else count_scores(scores)}
    files = {"evaluation.json": json.dumps(evaluation).encode()}
    facts = {"run_id": "0123456789abcdef", "commit": "0" * 40, "metrics": {}}
    return publish(store, name, "v7", estimator, schema, files, facts)[0]


def _values(column, random: np.random.Generator) -> np.ndarray:
    if column.type == "category":
        return random.integers(0, len(column.values), ROWS).astype(float)
    if column.type == "boolean":
        return random.integers(0, 2, ROWS).astype(float)
    low = -100.0 if column.minimum is None else column.minimum
    high = low + 200.0 if column.maximum is None else column.maximum
    values = random.uniform(low, high, ROWS)
    values = np.floor(values) if column.type == "integer" else values
    if column.nullable:
        values[::10] = np.nan
    return values


if __name__ == "__main__":
    main(Path(sys.argv[1]))
