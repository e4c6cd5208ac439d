"""Write the configuration of the live proof, in a generated repository's own environment.

python configure.py PACKAGE MODEL ENVIRONMENT FOLDER WEBHOOK FLEET < JOBS

JOBS is JSON: each job with its port, and the predictor whose labels its series get or null. Rules
are those of the repository and FLEET, word for word but for how long a condition has to hold
(`for`): that is what the rules' own unit tests prove, and waiting would take hours.
"""

import importlib
import json
import sys
from pathlib import Path

import yaml

INTERVAL, HOLD = "2s", "1s"
# "Never since yesterday" (26h) stays as it is: nothing has run before the proof begins.
SHORTENED = {"5m", "10m", "15m", "30m", "1h"}


def main(package: str, model: str, environment: str, folder: str, webhook: str, fleet: str) -> None:
    configuration = importlib.import_module(f"{package}.observe.configuration")
    asked = json.load(sys.stdin)
    who = configuration.identity(Path.cwd(), model, environment)
    groups = configuration.rule_groups(Path.cwd(), who)
    groups += yaml.safe_load(Path(fleet).read_text("utf-8"))["spec"]["groups"]
    for group in groups:
        for rule in group["rules"]:
            if rule.get("for") in SHORTENED:
                rule["for"] = HOLD
    targets = {
        name: (job["port"], labels(configuration, who, job["predictor"]))
        for name, job in asked["jobs"].items()
    }
    place = Path(folder)
    configuration.write_prometheus(place, groups, targets, asked["alertmanager"], INTERVAL)
    configuration.write_alertmanager(place, webhook)
    print(json.dumps(who.grouping))


def labels(configuration, who, predictor: str | None) -> dict[str, str]:
    """A stand-in for orchestrators names the predictor itself; a model server does not."""
    if predictor is None:
        return {}
    if predictor == "orchestrators":
        return {**who.grouping, "container": "seldon-container-engine"}
    return configuration.scraped(who, predictor)


if __name__ == "__main__":
    main(*sys.argv[1:])
