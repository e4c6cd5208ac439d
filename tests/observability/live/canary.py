"""A canary that fails on purpose: its bundle, and requests to it until this is ended.

python canary.py PACKAGE bundle FOLDER
python canary.py PACKAGE calls ADDRESS MODEL FAILING PAUSE

FAILING is the share of requests (0 to 1) that are answered with 500. Runs in a generated
repository's own environment, with its own code.
"""

import importlib
import signal
import sys
from pathlib import Path


def main(package: str, what: str, *more: str) -> None:
    candidate = importlib.import_module(f"{package}.observe.candidate")
    if what == "bundle":
        print(candidate.failing_bundle(Path.cwd(), Path(more[0])))
        return
    address, model, failing, pause = more
    with candidate.calls(address, model, float(failing), float(pause)):
        signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
