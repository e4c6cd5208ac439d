"""Real servers of the three object stores on loopback, one process each, stopped by their id."""

import base64
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from absent import absent
from ports import free_port

AZURITE_VERSION = "3.37.0"
# Asked here and not later: tests have a home of their own.
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
_WAIT_SECONDS = 60
# What may read and write in S3: moto checks it as AWS does.
_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}


class Store(NamedTuple):
    """A DVC remote, the environment that opens it, and one that it refuses, with its words."""

    url: str
    environment: dict[str, str]
    wrong: dict[str, str]
    complaint: str


@contextmanager
def s3(folder: Path) -> Iterator[Store]:
    """moto's server with its access control switched on: requests are signed and checked."""
    import boto3

    port = free_port()
    arguments = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    # The four requests that make the user and the bucket come before there is anybody to be.
    with _running(arguments, port, folder / "s3.log", INITIAL_NO_AUTH_ACTION_COUNT="4"):
        address = f"http://127.0.0.1:{port}"
        anybody = {
            "endpoint_url": address,
            "region_name": "us-east-1",
            "aws_access_key_id": "none",
            "aws_secret_access_key": "none",
        }
        iam = boto3.client("iam", **anybody)
        iam.create_user(UserName="team")
        iam.put_user_policy(UserName="team", PolicyName="data", PolicyDocument=json.dumps(_POLICY))
        key = iam.create_access_key(UserName="team")["AccessKey"]
        boto3.client("s3", **anybody).create_bucket(Bucket="data")
        environment = {
            "AWS_ENDPOINT_URL": address,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        }
        wrong = {"AWS_SECRET_ACCESS_KEY": "wrong"}
        yield Store("s3://data/dvc", environment, wrong, "Forbidden")


@contextmanager
def azure(folder: Path) -> Iterator[Store]:
    """Azurite, Microsoft's own server for tests; skips where Node or Azurite is missing."""
    from azure.storage.blob import BlobServiceClient

    command, port = _azurite(), free_port()
    keys = [base64.b64encode(secrets.token_bytes(64)).decode() for _ in range(2)]

    def opening(key: str) -> dict[str, str]:
        place = f"http://127.0.0.1:{port}/team"
        account = f"DefaultEndpointsProtocol=http;AccountName=team;AccountKey={key}"
        return {"AZURE_STORAGE_CONNECTION_STRING": f"{account};BlobEndpoint={place};"}

    options = ["--blobHost", "127.0.0.1", "--blobPort", str(port), "--silent"]
    # The client may speak a newer version of the protocol than the server knows by name.
    options += ["--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry"]
    accounts = f"team:{keys[0]}"
    with _running([command, *options], port, folder / "azure.log", AZURITE_ACCOUNTS=accounts):
        connection = opening(keys[0])["AZURE_STORAGE_CONNECTION_STRING"]
        BlobServiceClient.from_connection_string(connection).create_container("data")
        wrong = opening(keys[1])
        yield Store("azure://data/dvc", opening(keys[0]), wrong, "AuthorizationFailure")


@contextmanager
def gcs(folder: Path) -> Iterator[Store]:
    """An emulator of Google's store; it knows no accounts, so that nobody is refused."""
    port = free_port()
    places = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = shutil.which("gcp-storage-emulator", path=places)
    if command is None:
        absent("gcp-storage-emulator is not installed in .venv/dev")
    options = ["start", "--host", "127.0.0.1", "--port", str(port), "--in-memory"]
    options += ["--default-bucket", "data"]
    with _running([command, *options], port, folder / "gcs.log"):
        # The client otherwise asks Google, with Google's credentials, for the kind of the bucket.
        environment = {"GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false"}
        environment["STORAGE_EMULATOR_HOST"] = f"http://127.0.0.1:{port}"
        yield Store("gs://data/dvc", environment, {}, "")


def _azurite() -> str:
    """The command: named by AZURITE, on PATH, or where scripts/install-azurite puts it."""
    installed = CACHE / "azurite" / AZURITE_VERSION / "node_modules" / ".bin" / "azurite-blob"
    named = os.environ.get("AZURITE") or shutil.which("azurite-blob")
    command = Path(named) if named else installed
    if command.exists() and shutil.which("node"):
        return str(command)
    absent(f"no Azurite at {command}, or no Node: run scripts/install-azurite")


@contextmanager
def _running(arguments: list[str], port: int, log: Path, **environment: str) -> Iterator[None]:
    with log.open("wb") as output:
        # A group of its own: the node of .venv/dev is a program that starts the real one.
        server = subprocess.Popen(
            arguments,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + _WAIT_SECONDS
        while not _listens(port):
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{arguments[0]} did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.1)
        yield
    finally:
        # The group is gone if the server ended by itself, which was told above.
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait(10)
    deadline = time.monotonic() + 30
    while _listens(port):
        if time.monotonic() > deadline:
            pytest.fail(f"{arguments[0]} was stopped, but port {port} still answers")
        time.sleep(0.1)


def _listens(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0
