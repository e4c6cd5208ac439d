"""The other task: trained, gated, served and monitored in real units."""

import json
import urllib.request

import pytest

pytestmark = pytest.mark.journey
ANSWERS = "regression-gitlab-s3"


def test_regression_is_trained_served_and_monitored(repository):
    repository.run("make data")
    trained = repository.run("make train")
    assert "rmse" in trained and "v1 is the champion" in trained
    body = repository.run(f".venv/dev/bin/python -m {repository.package} example-request --rows 3")
    with repository.serving() as address:
        request = urllib.request.Request(
            f"{address}/v2/models/{repository.name}/infer",
            body.encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            (output,) = json.load(response)["outputs"]
    assert (output["name"], output["shape"]) == ("prediction", [3, 1])
    # Disease progression lies between 25 and 346 in this data set.
    assert all(25 < value < 346 for value in output["data"])
    package = f".venv/dev/bin/python -m {repository.package}"
    repository.run(f"{package} example-batch --shifted shifted.csv")
    assert "drift:" in repository.run("make monitor BATCH=shifted.csv", expect=2)


def test_checks_pass_for_this_task(repository):
    repository.run("make check")


def test_committed_api_description_is_that_of_the_schema(repository):
    repository.run("make openapi && git diff --exit-code docs/reference/openapi.json")
