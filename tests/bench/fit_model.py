"""One fitted model in the forms that the servers take.

    .venv/dev/bin/python fit_model.py PACKAGE KIND PLACE      (in a generated repository)

Prints a JSON line: the bundle, the registered model's address, the columns, and one row.
"""

import json
import sys
from importlib import import_module
from pathlib import Path

import joblib

PACKAGE, KIND, PLACE = sys.argv[1], sys.argv[2], Path(sys.argv[3])
PARAMETERS = {"linear": {}, "forest": {"n_estimators": 200}}


def module(name: str):
    return import_module(f"{PACKAGE}.{name}")


settings = module("settings").load_settings()
schema = module("schema").load_schema(settings.schema_path)
data = module("dataset").resolve(settings.root)
rows = module("parquet").read_parquet(data.path)
model = module("training").ModelSettings(kind=KIND, parameters=PARAMETERS[KIND])
estimator = module("training").fit(rows, schema, model)
PLACE.mkdir(parents=True)
joblib.dump(estimator, PLACE / "model.joblib")
(PLACE / "files").mkdir()
registry = module("registry").Registry(settings)
run = registry.log_run(f"bench {KIND}", {}, {}, {}, PLACE / "files", estimator, schema)
files = {
    "reference/sample.parquet": data.reference_path,
    "reference/profile.json": data.profile_path,
}
bundle, _ = module("publishing").publish(
    PLACE / "bundles", settings.model_name, "v1", estimator, schema, files, {"run_id": run}
)
import mlflow  # noqa: E402

uri = mlflow.MlflowClient().get_run(run).data.tags["model_uri"]
row = [float(value) for value in rows[schema.feature_names].iloc[0]]
made = {"bundle": str(bundle), "model_uri": uri, "names": schema.feature_names, "row": row}
print(json.dumps(made))
