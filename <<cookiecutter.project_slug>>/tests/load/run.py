"""Serve a bundle, load it with locust, stop it; ends with 1 if the budget is broken.

    python tests/load/run.py --bundle DIRECTORY

Needs only the standard library: the server runs in ``.venv/serve``, locust in ``.venv/client``.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from servers import ROOT, serving

HERE = Path(__file__).parent
SLACK_SECONDS = 60


def main() -> int:
    arguments = _arguments()
    output = arguments.output.resolve()
    output.mkdir(parents=True, exist_ok=True)
    budget = arguments.budget.read_text()
    users = arguments.users or _number(budget, "users")
    seconds = arguments.seconds or _number(budget, "seconds")
    with serving(arguments.bundle.resolve(), output) as server:
        command = [ROOT / ".venv/client/bin/locust", "--headless", "--only-summary"]
        command += ["--locustfile", HERE / "locustfile.py", "--host", server.url]
        command += ["--users", str(users), "--spawn-rate", str(users)]
        command += ["--run-time", f"{seconds}s", "--stop-timeout", "5"]
        command += ["--html", output / "report.html", "--csv", output / "figures"]
        # Evidence of this bundle and no other; `make release` asks for it.
        result = output / "result.json"
        result.unlink(missing_ok=True)
        digest = json.loads((arguments.bundle / "bundle.json").read_text())["digest"]
        environment = {**os.environ, "LOAD_BUDGET": str(arguments.budget.resolve())}
        environment |= {"LOAD_RESULT": str(result), "LOAD_BUNDLE": digest}
        done = subprocess.run(command, env=environment, timeout=seconds + SLACK_SECONDS)
    print(f"report: {output / 'report.html'}, result: {result}")
    return done.returncode


def _number(budget: str, key: str) -> int:
    # One number from a YAML file whose form is ours: not worth a package here.
    found = re.search(rf"^{key}: (\d+)$", budget, re.MULTILINE)
    if found is None:
        raise SystemExit(f"the budget has no line `{key}: NUMBER`")
    return int(found[1])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--budget", type=Path, default=HERE / "budget.yaml")
    parser.add_argument("--output", type=Path, default=ROOT / "build/load-test")
    parser.add_argument("--users", type=int, help="instead of the budget's")
    parser.add_argument("--seconds", type=int, help="instead of the budget's")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
