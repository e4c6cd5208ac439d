"""Make the search engine what this folder says: python bootstrap.py --engine URL --settings FILE

Ingest pipelines, lifecycle policies, component and index templates; with --kibana also data views
and saved searches. What is there and equal is left alone, so the job can run at every sync; what
somebody changed by hand is put back. Nothing is ever deleted.

Runs on the standard library of Python 3.12. ENGINE_USERNAME and ENGINE_PASSWORD say who calls,
ENGINE_CA and KIBANA_CA are files with the authority of the certificates, HASH_SALT goes into
hashed ids.
"""

import argparse
import os
import sys
from pathlib import Path

import kibana
import objects
from comparing import differences
from server import Failed, Server

FOLDER = Path(__file__).parent


def main() -> int:
    """Apply everything; return 1, with what to do, for the first thing that cannot be done."""
    arguments = _arguments()
    try:
        settings = objects.read_settings(arguments.settings)
        counts = _apply(_server(arguments.engine, "ENGINE_CA"), settings, arguments.wait)
        if arguments.kibana:
            server = _server(arguments.kibana, "KIBANA_CA")
            server.wait("/api/status", arguments.wait)
            state = kibana.apply(server, FOLDER / "objects" / "kibana.ndjson")
            counts[state] += 1
            print(f"{state:<10}data views and saved searches")
    except (Failed, objects.Wrong) as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1
    print(", ".join(f"{number} {state}" for state, number in counts.items()))
    return 0


def _apply(server: Server, settings: objects.Settings, seconds: float) -> dict[str, int]:
    server.wait("/_cluster/health?wait_for_status=yellow&timeout=5s", seconds)
    product, version = server.product()
    print(f"{product} {version} at {server.url}")
    if product == "elasticsearch" and int(version.partition(".")[0]) < 8:
        raise Failed(f"Elasticsearch {version} is too old: these objects need 8 or newer")
    lifecycle = product == "elasticsearch"
    if not lifecycle:
        print(f"skipped   lifecycle policies: {product} has none, so nothing is ever deleted there")
    counts = {"created": 0, "changed": 0, "unchanged": 0}
    for item in objects.everything(settings, lifecycle, os.environ.get("HASH_SALT", "")):
        stored = item.read(server)
        state = "created" if stored is None else "changed"
        if stored is not None and not differences(item.body, stored):
            state = "unchanged"
        else:
            server.call("PUT", item.path, item.body)
            _check(item, server)
        counts[state] += 1
        print(f"{state:<10}{item.kind} {item.name}")
    return counts


def _check(item: objects.Object, server: Server) -> None:
    stored = item.read(server)
    if stored is None:
        raise Failed(
            f"{item.kind} {item.name} was taken and is not there: look at the engine's log"
        )
    if left := differences(item.body, stored):
        # Not an error: but the next run will say "changed" again.
        print(f"note      the engine writes {item.kind} {item.name} otherwise: {', '.join(left)}")


def _server(url: str, authority: str) -> Server:
    names = ("ENGINE_USERNAME", "ENGINE_PASSWORD", authority)
    return Server(url, *(os.environ.get(name) for name in names))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--engine", required=True, help="address of Elasticsearch or OpenSearch")
    parser.add_argument("--kibana", help="address of Kibana; without it nothing is done there")
    parser.add_argument("--settings", type=Path, required=True, help="JSON file of the overlay")
    parser.add_argument("--wait", type=float, default=600, help="seconds until they must answer")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
