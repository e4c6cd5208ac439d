"""Rows for the load test, and labels for what was predicted of them.

python prepare_rows.py PACKAGE rows FILE [shifted]    writes FILE and, beside it, the truth
python prepare_rows.py PACKAGE labels FILE LOG OUTPUT writes labels of what LOG says was predicted

Runs in a generated repository's own environment, with its own code.
"""

import importlib
import json
import sys
from pathlib import Path

ROWS, SHARE, DELAY_SECONDS = 400, 0.7, 5.0


def main(package: str, what: str, file: str, *more: str) -> None:
    def module(name: str):
        return importlib.import_module(f"{package}.{name}")

    traffic = module("observe.traffic")
    place = Path(file)
    truth = place.with_suffix(".truth.json")
    if what == "labels":
        log, output = map(Path, more)
        known = json.loads(truth.read_text("utf-8"))
        print(traffic.write_labels(output, log, known, SHARE, DELAY_SECONDS))
        return
    frame = module("parquet").read_parquet(module("dataset").resolve(Path.cwd()).path)
    schema = module("schema").load_schema(Path("configs/schema.yaml"))
    rows = frame.sample(ROWS, random_state=traffic.SEED)
    truth.write_text(json.dumps(rows[schema.target.name].tolist()), "utf-8")
    if more:
        rows = module("examples").shifted(rows, schema)
    traffic.write_rows(place, rows, schema)


if __name__ == "__main__":
    main(*sys.argv[1:])
