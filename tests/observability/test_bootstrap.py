"""The bootstrap job against a real search engine: twice, after changes by hand, with bad input."""

import json
import re
import threading

import pytest

from tests.bakery import ROOT
from tests.observability.elastic_stand_in import StandIn
from tests.observability.log_checks import mapped
from tests.observability.stack import BOOTSTRAP, ELASTIC, apply, bootstrap, changed_copy, clear

COUNTS = re.compile(r"^(\d+) created, (\d+) changed, (\d+) unchanged$", re.MULTILINE)


@pytest.fixture
def empty(engine):
    """The engine without anything of ours, before and after."""
    clear(engine)
    yield engine
    clear(engine)


def counts(output: str) -> tuple[int, ...]:
    return tuple(int(number) for number in COUNTS.search(output).groups())


def test_a_second_run_changes_nothing(empty):
    created, changed, unchanged = counts(apply(empty))
    assert created >= 10 and changed == unchanged == 0
    assert counts(apply(empty)) == (0, 0, created)


def test_what_a_hand_changed_is_put_back(empty):
    apply(empty)
    places = {
        "/_ingest/pipeline/ml-normalise": lambda body: body["processors"].pop(),
        "/_component_template/ml-ecs": lambda body: body["template"]["mappings"].update(
            dynamic=True
        ),
        "/_component_template/ml-settings": lambda body: body["template"]["settings"][
            "index"
        ].update(default_pipeline="_none"),
        "/_index_template/ml-logs-dev": lambda body: body.update(priority=301),
    }
    before = {path: read(empty, path) for path in places}
    for path, spoil in places.items():
        body = read(empty, path)
        spoil(body)
        empty.call("PUT", path, body)
        assert read(empty, path) != before[path]
    output = apply(empty)
    assert counts(output)[:2] == (0, len(places)), output
    for path in places:
        assert re.search(rf"^changed +[\w ]+ {path.rpartition('/')[2]}$", output, re.MULTILINE)
    assert {path: read(empty, path) for path in places} == before
    assert counts(apply(empty))[:2] == (0, 0)


def read(engine, path: str) -> dict:
    answer = engine.call("GET", path)
    if "pipeline" in path:
        return answer[path.rpartition("/")[2]]
    ((kind, (found,)),) = answer.items()
    body = found[kind.removesuffix("s")]
    # The engine's own addition, which it does not take back.
    body.get("data_stream", {}).pop("timestamp_field", None)
    return body


def test_objects_of_others_stay(empty):
    empty.call("PUT", "/_ingest/pipeline/of-another-team", {"processors": []})
    apply(empty)
    assert empty.call("GET", "/_ingest/pipeline/of-another-team")


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("script-unfold.painless", "Map line =", "Map line ==", "/_ingest/pipeline/ml-normalise"),
        ("component-ml-ecs.json", '"type": "date"', '"type": "dat"', "/_component_template/ml-ecs"),
        ("pipeline-ml-normalise.json", '"grok":', '"grokk":', "/_ingest/pipeline/ml-normalise"),
    ],
)
def test_what_the_engine_refuses_is_told(empty, tmp_path, name, old, new, said):
    done = bootstrap(empty.url, folder=changed_copy(tmp_path, name, old, new))
    assert done.returncode == 1
    assert re.search(rf"failed: PUT \S+{said} was refused with 400", done.stderr), done.stderr


def settings_with(tmp_path, **changes: object):
    given = json.loads((ELASTIC / "overlays" / "nonprod" / "settings.json").read_text())
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(given | changes))
    return path


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"retention_days": {"dev": {"logs": 0, "predictions": 7}}}, "of 'dev' must give whole"),
        ({"retention_days": {"dev": {"logs": 3}}}, "for logs and predictions"),
        ({"retention_days": {"platform": {"logs": "30d"}}}, "of 'platform' must give whole"),
        ({"retention_days": {"De v": {"logs": 3, "predictions": 7}}}, "of 'De v' must"),
        ({"shards": 3}, "too many or too few: shards"),
        ({"redaction": {}}, "cannot be read as settings"),
        ({"retention_days": []}, "cannot be read as settings"),
        ({"retention_days": {"dev": 7}}, "of 'dev' must give whole"),
        (
            {"redaction": {"removed": "user.name", "hashed": [], "patterns": []}},
            "'user.name' is no list of fields",
        ),
    ],
)
def test_bad_settings_change_nothing(empty, tmp_path, changes, said):
    path = settings_with(tmp_path, **changes)
    done = bootstrap(empty.url, path)
    assert done.returncode == 1 and said in done.stderr and str(path) in done.stderr, done.stderr
    with pytest.raises(AssertionError, match="404"):
        empty.call("GET", "/_ingest/pipeline/ml-normalise")


def test_hashed_ids_need_a_salt(empty):
    done = bootstrap(empty.url, salt="")
    assert done.returncode == 1 and "HASH_SALT is empty" in done.stderr


def test_an_engine_that_does_not_answer_is_waited_for_and_named():
    done = bootstrap("http://127.0.0.1:9", arguments=("--wait=1",))
    assert done.returncode == 1
    assert "http://127.0.0.1:9 does not answer after 1 s" in done.stderr
    assert "look at the pods" in done.stderr


def test_what_is_no_search_engine_is_named(stand_in):
    """A wrong address, behind which some other server answers."""
    stand_in.version = None
    done = bootstrap(stand_in.url)
    assert done.returncode == 1 and "is no search engine" in done.stderr, done.stderr


@pytest.mark.parametrize(("status", "waits"), [(503, True), (401, False)])
def test_only_wrong_credentials_are_not_waited_for(stand_in, status, waits):
    """Whatever numbers are in the address and in what the engine says."""
    stand_in.unready = (status, "shard 401 of 403 is not ready", 0)
    done = bootstrap(stand_in.url, arguments=("--wait=1",))
    assert done.returncode == 1 and f"refused with {status}" in done.stderr
    assert ("does not answer after 1 s" in done.stderr) == waits


@pytest.mark.parametrize("status", [200, 503])
def test_an_answer_that_is_cut_off_is_told(stand_in, status):
    stand_in.unready = (status, "cut", 100)
    done = bootstrap(stand_in.url, arguments=("--wait=1",))
    assert done.returncode == 1 and "does not answer after 1 s" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr


# What only Elasticsearch or Kibana would take, and neither can be had as a library: a stand-in
# shows that the job sends what their documentation says, not that they like it.
@pytest.fixture
def stand_in():
    server = StandIn()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_elasticsearch_gets_a_lifecycle_for_each_environment(stand_in):
    done = bootstrap(stand_in.url, "prod")
    assert done.returncode == 0, done.stderr
    kept = {
        path.rpartition("/")[2]: body["policy"]["phases"]["delete"]["min_age"]
        for path, body in stand_in.stored.items()
        if path.startswith("/_ilm/policy/")
    }
    assert kept == {"ml-logs-prod": "30d", "ml-predictions-prod": "90d", "platform": "30d"}
    for name in kept:
        template = stand_in.stored[f"/_index_template/{name}"]["template"]
        assert template["settings"] == {"index.lifecycle.name": name, "index.mode": "standard"}
    assert counts(bootstrap(stand_in.url, "prod").stdout)[:2] == (0, 0)
    stand_in.stored["/_ilm/policy/platform"]["policy"]["phases"]["delete"]["min_age"] = "1d"
    assert counts(bootstrap(stand_in.url, "prod").stdout)[:2] == (0, 1)


def test_an_old_elasticsearch_is_refused(stand_in):
    stand_in.version = "7.17.29"
    done = bootstrap(stand_in.url)
    assert done.returncode == 1 and "7.17.29 is too old" in done.stderr and not stand_in.stored


def test_kibana_gets_its_objects_once(stand_in):
    both = (f"--kibana={stand_in.url}",)
    first = bootstrap(stand_in.url, arguments=both)
    assert "created   data views and saved searches" in first.stdout, first.stderr
    kinds = [each["type"] for each in stand_in.objects]
    assert kinds.count("index-pattern") == 2 and kinds.count("search") == 3
    assert "unchanged data views" in bootstrap(stand_in.url, arguments=both).stdout
    stand_in.objects[2]["attributes"]["title"] = "renamed by hand"
    assert "changed   data views" in bootstrap(stand_in.url, arguments=both).stdout


def test_saved_searches_use_fields_that_are_mapped_and_are_those_of_the_guide():
    types = {}
    for name in ("ecs", "fields"):
        body = json.loads((BOOTSTRAP / "objects" / f"component-ml-{name}.json").read_text())
        types |= mapped(body["template"]["mappings"])
    lines = (BOOTSTRAP / "objects" / "kibana.ndjson").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    guide = (ROOT / "docs" / "how-to" / "search-logs.md").read_text(encoding="utf-8")
    views = {each["id"]: each["attributes"] for each in found if each["type"] == "index-pattern"}
    assert all(f"`{view['name']}`" in guide for view in views.values())
    for each in (each for each in found if each["type"] == "search"):
        assert f"\n| {each['attributes']['title']} |" in guide
        assert {reference["id"] for reference in each["references"]} <= set(views)
        source = json.loads(each["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])
        fields = re.findall(r"([\w.]+):", source["query"]["query"])
        assert fields and {*fields, *each["attributes"]["columns"]} <= set(types)
