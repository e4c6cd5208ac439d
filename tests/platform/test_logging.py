"""The logging stacks: sizes, rights, names that Filebeat, templates, roles and guides agree on."""

import fnmatch
import json
import re
import subprocess
import sys

import pytest
import yaml

from tests.bakery import ROOT, TEMPLATE
from tests.platform.manifests import PLATFORM, build, of_kind, read, wave

LOGGING = ROOT / "observability" / "elastic"
OVERLAYS = {"nonprod": ("dev", "test", "staging"), "prod": ("prod",)}
DATASETS = {
    *("ml.serving", "ml.prediction", "ml.label", "ml.training", "ml.batch", "ml.monitor"),
    "mesh.access",
}
PREDICTIONS = ("ml.prediction", "ml.label")
INSTALL = ROOT / "docs" / "how-to" / "install-the-platform.md"


@pytest.fixture(scope="module", params=OVERLAYS)
def overlay(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def stack(overlay, kustomize) -> list[dict]:
    """What Argo CD applies for one stack."""
    return build(kustomize, LOGGING / "overlays" / overlay)


@pytest.fixture(scope="module")
def settings(overlay) -> dict:
    return json.loads((LOGGING / "overlays" / overlay / "settings.json").read_text())


@pytest.fixture(scope="module")
def roles(overlay) -> dict:
    """All roles of one stack, by name."""
    base = yaml.safe_load((LOGGING / "base" / "roles.yml").read_text())
    return base | yaml.safe_load((LOGGING / "overlays" / overlay / "readers.yml").read_text())


@pytest.fixture(scope="module")
def filebeat(stack) -> dict:
    return of_kind(stack, "Beat")["filebeat"]["spec"]


def templates(settings: dict) -> dict[str, list[str]]:
    """Index patterns by the name of the template that the bootstrap job makes."""
    sys.path.insert(0, str(LOGGING / "bootstrap"))
    try:
        import objects

        path = (
            LOGGING / "overlays" / ("prod" if "prod" in settings["retention_days"] else "nonprod")
        )
        made = objects.everything(objects.read_settings(path / "settings.json"), True, "salt")
        kind = "index template"
        return {each.name: each.body["index_patterns"] for each in made if each.kind == kind}
    finally:
        sys.path.remove(str(LOGGING / "bootstrap"))


def test_everything_is_in_the_namespace_of_the_stack(stack, overlay, platform):
    name = f"logging-{overlay}"
    for item in stack:
        if item["kind"].startswith("Cluster"):
            assert item["metadata"]["name"] == f"{name}-filebeat"
        else:
            assert item["metadata"]["namespace"] == name, item["metadata"]["name"]
    application = of_kind(platform, "Application")[f"elastic-{overlay}"]["spec"]
    assert application["destination"]["namespace"] == name
    assert application["source"]["path"] == f"observability/elastic/overlays/{overlay}"
    (subject,) = of_kind(stack, "ClusterRoleBinding")[f"{name}-filebeat"]["subjects"]
    assert subject["namespace"] == name


def test_what_a_line_needs_is_there_before_filebeat_starts(stack):
    names = [("Elasticsearch", "logs"), ("Kibana", "logs")]
    names += [("Job", "logs-bootstrap"), ("Beat", "filebeat")]
    waves = [wave(of_kind(stack, kind)[name]) for kind, name in names]
    assert waves == sorted(set(waves))
    job = of_kind(stack, "Job")["logs-bootstrap"]
    annotations = job["metadata"]["annotations"]
    assert annotations["argocd.argoproj.io/hook"] == "Sync"
    assert annotations["argocd.argoproj.io/hook-delete-policy"] == "BeforeHookCreation"
    (argocd,) = read(PLATFORM / "values" / "argo-cd.yaml")
    limit = int(argocd["configs"]["params"]["controller.sync.timeout.seconds"])
    assert job["spec"]["activeDeadlineSeconds"] < limit


def test_the_job_gets_every_file_that_it_reads(stack):
    given = set()
    for name in ("logs-bootstrap", "logs-bootstrap-objects"):
        (item,) = (
            i
            for n, i in of_kind(stack, "ConfigMap").items()
            if re.fullmatch(f"{name}(-[a-z0-9]{{10}})?", n)
        )
        given |= set(item["data"])
    folder = LOGGING / "bootstrap"
    there = {path.name for path in [*folder.glob("*.py"), *(folder / "objects").iterdir()]}
    assert given == there


def test_one_engine_for_each_group_and_sizes_as_the_page_says(stack, overlay):
    page = (LOGGING / "README.md").read_text(encoding="utf-8")
    engine = of_kind(stack, "Elasticsearch")["logs"]["spec"]
    (nodes,) = engine["nodeSets"]
    (container,) = nodes["podTemplate"]["spec"]["containers"]
    (claim,) = nodes["volumeClaimTemplates"]
    memory = container["resources"]["limits"]["memory"]
    disk = claim["spec"]["resources"]["requests"]["storage"]
    assert memory == container["resources"]["requests"]["memory"]
    said = re.search(rf"^\| `{overlay}` \| (\d) x (\S+), (\S+) \|", page, re.MULTILINE).groups()
    assert said == (str(nodes["count"]), memory, disk)
    budget = engine["podDisruptionBudget"]
    # One node cannot be spared, so a budget would only hold its machine.
    assert bool(budget) == (nodes["count"] > 1)
    kinds = {"Elasticsearch", "Kibana", "Beat"}
    assert len({item["spec"]["version"] for item in stack if item["kind"] in kinds}) == 1


def test_replicas_need_nodes(stack, settings):
    (nodes,) = of_kind(stack, "Elasticsearch")["logs"]["spec"]["nodeSets"]
    assert settings["replicas"] < nodes["count"]


def test_retention_is_what_the_pages_say(settings, overlay):
    page = (LOGGING / "README.md").read_text(encoding="utf-8")
    for environment, days in settings["retention_days"].items():
        row = f"| {environment} | {days['logs']} | {days.get('predictions', '')} |".replace(
            "|  |", "| |"
        )
        assert row in page, row
    ours = set(settings["retention_days"]) - {"platform"}
    assert ours == set(OVERLAYS[overlay])


def test_every_stream_that_filebeat_writes_has_a_template(filebeat, settings, overlay):
    config = filebeat["config"]
    assert config["output.elasticsearch"]["index"] == (
        "logs-%{[event.dataset]}-%{[service.environment]}"
    )
    text = json.dumps(config)
    (allowed,) = re.findall(r'"when.regexp.line.event.dataset": "\^(.+?)\$"', text)
    assert all(re.fullmatch(allowed.replace("\\\\", "\\"), name) for name in DATASETS)
    set_here = {
        add["add_fields"]["fields"]["dataset"]
        for add in config["processors"]
        if "dataset" in add.get("add_fields", {}).get("fields", {})
    }
    patterns = templates(settings)
    for dataset in DATASETS | set_here - {"platform"}:
        for environment in OVERLAYS[overlay]:
            stream = f"logs-{dataset}-{environment}"
            kind = "predictions" if dataset in PREDICTIONS else "logs"
            assert any(
                fnmatch.fnmatch(stream, each) for each in patterns[f"ml-{kind}-{environment}"]
            )
    assert ("platform" in set_here) == ("platform" in patterns) == (overlay == "prod")


def test_a_file_belongs_to_the_environment_of_its_namespace(filebeat, overlay):
    config = filebeat["config"]
    (source,) = config["filebeat.inputs"]
    rules = [
        (add["add_fields"]["when.regexp.log.file.path"], add["add_fields"]["fields"])
        for add in config["processors"]
        if "when.regexp.log.file.path" in add.get("add_fields", {})
    ]

    def read_as(namespace: str) -> str | None:
        path = f"/var/log/containers/model-0_{namespace}_main-{'0' * 64}.log"
        if not any(fnmatch.fnmatch(path, each) for each in source["paths"]):
            return None
        if any(re.search(each, path) for each in source["prospector.scanner"]["exclude_files"]):
            return None
        found = {}
        for pattern, fields in rules:
            found |= fields if re.search(pattern, path) else {}
        return found["environment"]

    for group, environments in OVERLAYS.items():
        for environment in environments:
            expected = environment if group == overlay else None
            assert read_as(f"credit-risk-{environment}") == expected
    assert read_as("argocd") == ("shared" if overlay == "prod" else None)
    # Nobody's, and its own.
    assert read_as("kube-system") is None and read_as(f"logging-{overlay}") is None


def test_filebeat_reads_every_line_once(filebeat):
    (source,) = filebeat["config"]["filebeat.inputs"]
    assert source["type"] == "filestream" and source["id"] == "container-logs"
    assert source["file_identity.fingerprint"] == {}
    assert source["prospector.scanner"]["symlinks"] is True
    container, ndjson = source["parsers"]
    assert "container" in container
    # At the root, a line's own @metadata would choose index and pipeline.
    assert ndjson["ndjson"]["target"] == "line" and ndjson["ndjson"]["add_error_key"] is True
    assert source["prospector.scanner"]["fingerprint"]["length"] == 64


def test_filebeat_has_no_more_rights_than_it_needs(filebeat, stack, overlay):
    assert "elasticsearchRef" not in filebeat
    (role,) = of_kind(stack, "ClusterRole").values()
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"get", "list", "watch"}
    assert not any("secrets" in rule["resources"] for rule in role["rules"])
    pod = filebeat["daemonSet"]["podTemplate"]["spec"]
    (container,) = pod["containers"]
    security = container["securityContext"]
    assert security["readOnlyRootFilesystem"] and not security["allowPrivilegeEscalation"]
    assert security["capabilities"] == {"drop": ["ALL"], "add": ["DAC_READ_SEARCH"]}
    assert all(mount["readOnly"] for mount in container["volumeMounts"])


def privileges(roles: dict, role: str) -> dict[str, set[str]]:
    return {
        name: set(rule["privileges"])
        for rule in roles[role].get("indices", [])
        for name in rule["names"]
    }


def allowed(roles: dict, role: str, stream: str) -> set[str]:
    found = privileges(roles, role).items()
    return set().union(*(what for name, what in found if fnmatch.fnmatch(stream, name)))


def test_the_shipper_adds_and_reads_nothing(roles, overlay):
    for environment in OVERLAYS[overlay]:
        for dataset in DATASETS:
            may = allowed(roles, "logs-shipper", f"logs-{dataset}-{environment}")
            assert may == {"create_doc", "auto_configure"}


def test_readers_see_their_environment_and_predictions_are_apart(roles, overlay):
    environments = [name for names in OVERLAYS.values() for name in names]
    for environment in OVERLAYS[overlay]:
        for other in environments:
            for dataset in DATASETS:
                stream = f"logs-{dataset}-{other}"
                ours = other == environment
                special = dataset in PREDICTIONS
                may = bool(allowed(roles, f"logs-reader-{environment}", stream))
                assert may == (ours and not special), stream
                for role in (
                    f"predictions-reader-{environment}",
                    f"monitoring-reader-{environment}",
                ):
                    assert bool(allowed(roles, role, stream)) == (ours and special), (role, stream)
    for environment in environments:
        for dataset in PREDICTIONS:
            assert not allowed(roles, "logs-alerting", f"logs-{dataset}-{environment}")
    readers = [name for name in roles if "reader" in name]
    changing = {"write", "create_doc", "index", "delete", "manage", "all", "create_index"}
    for role in readers:
        assert not changing & set().union(*privileges(roles, role).values())
        assert not roles[role].get("cluster")


def test_roles_and_users_reach_the_engine_and_the_guide_makes_them(stack, overlay):
    auth = of_kind(stack, "Elasticsearch")["logs"]["spec"]["auth"]
    made = {n for n, item in of_kind(stack, "Secret").items()}
    assert {each["secretName"] for each in auth["roles"]} == made == {"logs-roles", "logs-readers"}
    for item in of_kind(stack, "Secret").values():
        assert set(item["data"]) <= {"roles.yml"}, item["metadata"]["name"]
    page = INSTALL.read_text(encoding="utf-8")
    users = {each["secretName"].removeprefix("logs-user-") for each in auth["fileRealm"]}
    jobs = {f"monitoring-{environment}" for environment in OVERLAYS[overlay]}
    assert users == {"shipper", "bootstrap", "alerting"} | jobs
    assert "for user in shipper bootstrap alerting; do" in page
    assert "logs-user-monitoring-prod" in page
    assert "logs-hash-salt" in page and "for group in nonprod prod; do" in page


def test_no_password_is_in_git():
    for path in LOGGING.rglob("*.y*ml"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(password|salt): [^$\s{]", text, re.MULTILINE), path
        assert "kind: Secret\n" not in text


def test_pods_are_hardened(stack):
    job = of_kind(stack, "Job")["logs-bootstrap"]["spec"]["template"]["spec"]
    assert job["securityContext"]["runAsNonRoot"] and not job["automountServiceAccountToken"]
    (container,) = job["containers"]
    assert re.fullmatch(r"docker.io/library/python:3\.12\.\d+-slim-\w+", container["image"])
    assert container["securityContext"]["readOnlyRootFilesystem"]
    for kind in ("Elasticsearch", "Kibana"):
        spec = of_kind(stack, kind)["logs"]["spec"]
        pod = (spec["nodeSets"][0] if kind == "Elasticsearch" else spec)["podTemplate"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] and not pod["automountServiceAccountToken"]


def test_the_operator_knows_the_version(stack):
    operator = read(PLATFORM / "applications" / "eck-operator.yaml")[0]["spec"]["sources"][0]
    # Versions that the operator's notes name: 3.5 was released with 9.4.
    assert operator["targetRevision"].startswith("3.5.")
    assert of_kind(stack, "Elasticsearch")["logs"]["spec"]["version"].startswith("9.4.")


def test_files_are_in_order_by_the_rules_of_generated_repositories():
    paths = [
        path for path in LOGGING.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ]
    names = [path.relative_to(ROOT).as_posix() for path in paths]
    command = [sys.executable, str(TEMPLATE / "scripts" / "check_files.py"), *names]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
