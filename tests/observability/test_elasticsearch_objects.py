"""What OpenSearch cannot tell: Elasticsearch's own parsers take our policies and templates."""

import json
import subprocess
import sys

import pytest

from tests.observability.engine import JAVA, java, libraries
from tests.observability.stack import BOOTSTRAP, ELASTIC

FOLDER = JAVA / "elasticsearch"


@pytest.fixture(scope="module")
def job():
    """The modules of the bootstrap job that say what there shall be and compare."""
    sys.path.insert(0, str(BOOTSTRAP))
    try:
        import comparing
        import objects

        yield objects, comparing
    finally:
        sys.path.remove(str(BOOTSTRAP))


@pytest.fixture(scope="module")
def parse(available):
    """A function: each kind and body as Elasticsearch would give it back, or what it says."""
    program, jars = available(java), available(lambda: libraries(FOLDER / "pom.xml"))

    def run(pairs: list[tuple[str, dict]]) -> list[dict | str]:
        command = [program, "-XX:TieredStopAtLevel=1", "-cp", f"{jars}/*", FOLDER / "Parse.java"]
        lines = "\n".join(f"{kind}\t{json.dumps(body)}" for kind, body in pairs)
        done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=180)
        assert done.returncode == 0, done.stderr
        said = done.stdout.splitlines()
        return [line if line.startswith("refused: ") else json.loads(line) for line in said]

    return run


def made(objects, overlay: str) -> list:
    """What the job makes of kinds that can be parsed."""
    settings = objects.read_settings(ELASTIC / "overlays" / overlay / "settings.json")
    found = objects.everything(settings, True, "salt")
    return [each for each in found if each.kind != "ingest pipeline"]


def body_of(item) -> dict:
    return item.body.get("policy", item.body)


@pytest.mark.parametrize("overlay", ["nonprod", "prod"])
def test_elasticsearch_takes_the_objects_and_gives_them_back_equal(job, parse, overlay):
    objects, comparing = job
    items = made(objects, overlay)
    answers = parse([(each.kind, body_of(each)) for each in items])
    assert len(answers) == len(items) >= 10
    for each, answer in zip(items, answers, strict=True):
        # Else a second run of the job would find a change where there is none.
        assert comparing.differences(body_of(each), answer) == [], (each.name, answer)


MISSPELT = [
    ("lifecycle policy", "max_age", "max_agee", "max_agee"),
    ("lifecycle policy", '"rollover"', '"shrug"', "shrug"),
    ("lifecycle policy", '"hot"', '"lukewarm"', "lukewarm"),
    ("index template", "index.lifecycle.name", "index.lifecycle.nam", "unknown setting"),
    ("index template", "composed_of", "composed_off", "composed_off"),
    ("component template", "index.codec", "index.codecs", "unknown setting"),
]


def test_misspelt_objects_are_refused(job, parse):
    objects, _ = job
    # Of components only the last has settings, of templates the first has no lifecycle.
    last = {each.kind: json.dumps(body_of(each)) for each in made(objects, "prod")}
    pairs = []
    for kind, old, new, _ in MISSPELT:
        assert old in last[kind]
        pairs.append((kind, json.loads(last[kind].replace(old, new))))
    for (_, _, new, said), answer in zip(MISSPELT, parse(pairs), strict=True):
        assert isinstance(answer, str) and said in answer, (new, answer)
