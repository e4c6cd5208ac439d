"""The shared components: pinned, from allowed places, in order, with the values that are said."""

import json
import re

import pytest
import yaml

from tests.bakery import ROOT, TEMPLATE
from tests.platform.manifests import (
    PLATFORM,
    SERVER,
    application_files,
    build,
    of_kind,
    read,
    wave,
)

FILES = application_files()
VALUES = sorted((PLATFORM / "values").glob("*.yaml"))
COPIED = "copied from root.yaml"
EXACT = re.compile(r"v?\d+\.\d+\.\d+")
# What has to be there before what.
ORDER = [
    ("argo-cd", "cert-manager", "kube-prometheus-stack", "istiod", "keda", "seldon-core-operator"),
    ("istio-base", "istiod", "istio-ingress", "seldon-core-operator", "mlflow"),
    ("linkerd-crds", "linkerd-identity", "linkerd-control-plane", "seldon-core-operator", "zenml"),
    ("kube-prometheus-stack", "prometheus-pushgateway", "mlflow-database", "mlflow"),
    ("kube-prometheus-stack", "observability", "seldon-core-operator"),
    ("cert-manager", "eck-operator", "elastic-nonprod", "zenml"),
    ("kube-prometheus-stack", "eck-operator", "elastic-prod", "elastalert2-prod"),
    ("kube-prometheus-stack", "elastic-nonprod", "elastalert2-nonprod"),
    ("cert-manager", "external-secrets", "mlflow"),
    ("cloudnative-pg", "mlflow-database", "mlflow"),
    ("kube-prometheus-stack", "argo-rollouts", "seldon-core-operator"),
    ("cert-manager", "trust-manager", "linkerd-identity"),
    ("gateway-api", "linkerd-control-plane"),
    ("istio-base", "istio-gateway"),
    ("istio-base", "istio-cni", "istio-ingress"),
    ("linkerd-crds", "linkerd-cni", "linkerd-control-plane"),
]


def components() -> dict[str, dict]:
    return {item["metadata"]["name"]: item for path in FILES for item in read(path)}


def sources(application: dict) -> list[dict]:
    return application["spec"].get("sources") or [application["spec"]["source"]]


def allowed() -> list[str]:
    return read(PLATFORM / "bootstrap" / "project.yaml")[0]["spec"]["sourceRepos"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_holds_one_application_of_its_name_with_one_pinned_source(path):
    (application,) = read(path)
    assert application["metadata"]["name"] == path.stem
    first, *rest = sources(application)
    assert first["repoURL"] in [COPIED, *allowed()]
    if first["repoURL"] == COPIED:
        assert (ROOT / first["path"] / "kustomization.yaml").is_file() and not rest
        assert first["targetRevision"] == COPIED
    else:
        assert EXACT.fullmatch(first["targetRevision"])
        values = {"repoURL": COPIED, "targetRevision": COPIED, "ref": "values"}
        assert rest == ([values] if "helm" in first else [])


def test_every_allowed_place_is_used_and_written_once():
    used = {source["repoURL"] for item in components().values() for source in sources(item)}
    assert sorted(allowed()) == sorted(used)
    texts = "".join(path.read_text(encoding="utf-8") for path in PLATFORM.rglob("*.yaml"))
    root = read(PLATFORM / "bootstrap" / "root.yaml")[0]["spec"]["source"]["repoURL"]
    assert texts.count(root) == 1


def test_every_chart_has_values_and_every_values_file_a_chart():
    wanted = {}
    for name, application in components().items():
        for source in sources(application):
            for file in source.get("helm", {}).get("valueFiles", []):
                assert file == f"$values/gitops/argocd/values/{name}.yaml"
                wanted[file.removeprefix("$values/")] = name
    assert {path.relative_to(ROOT).as_posix() for path in VALUES} == set(wanted)


@pytest.mark.parametrize("path", VALUES, ids=lambda path: path.stem)
def test_values_are_a_mapping_and_hold_no_password(path):
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(values, dict) and values

    def walk(node, where=""):
        for key, value in node.items() if isinstance(node, dict) else ():
            if re.search("password|token|secretkey|accesskey", str(key), re.IGNORECASE):
                assert not isinstance(value, str) or where.endswith(("Secret", "admin")), key
            walk(value, str(key))

    walk(values)


@pytest.mark.parametrize("names", ORDER, ids=" < ".join)
def test_components_come_after_what_they_need(names):
    found = components()
    waves = [wave(found[name]) for name in names]
    assert waves == sorted(set(waves))


def test_each_component_has_a_wave_before_the_teams():
    teams = wave(read(PLATFORM / "onboarding" / "teams.yaml")[0])
    assert all(0 <= wave(item) < teams for item in components().values())
    assert {name for names in ORDER for name in names} == set(components())


@pytest.mark.parametrize("mesh", ["istio", "linkerd"])
def test_the_platform_builds_with_either_mesh(mesh, platform_with):
    built = platform_with(mesh)
    applications = of_kind(built, "Application")
    other = {"istio": "linkerd", "linkerd": "istio"}[mesh]
    expected = {path.stem for path in FILES if f"/mesh/{other}/" not in path.as_posix()} | {"root"}
    assert set(applications) == expected
    assert COPIED not in json.dumps(built)
    root = applications.pop("root")["spec"]["source"]
    namespaces = set(of_kind(built, "Namespace")) | {"argocd"}
    for name, item in applications.items():
        spec = item["spec"]
        assert spec["project"] == "platform" and item["metadata"]["namespace"] == "argocd"
        assert spec["destination"]["server"] == SERVER
        assert spec["destination"]["namespace"] in namespaces, name
        assert "ServerSideApply=true" in spec["syncPolicy"]["syncOptions"]
        assert spec["syncPolicy"]["automated"] == {"prune": True, "selfHeal": True}
        own = [s for s in sources(item) if s["repoURL"] == root["repoURL"]]
        assert all(s["targetRevision"] == root["targetRevision"] for s in own)
        assert own or name == "gateway-api"
    (project,) = [p for n, p in of_kind(built, "AppProject").items() if n == "platform"]
    destinations = {d["namespace"] for d in project["spec"]["destinations"]}
    assert namespaces <= destinations
    seldon = applications["seldon-core-operator"]["spec"]["sources"][0]["helm"]
    given = {p["name"]: p["value"] for p in seldon.get("parameters", [])}
    assert given.get("istio.enabled", "false") == str(mesh == "istio").lower()


@pytest.mark.parametrize(
    "folder", ["mlflow-database", "mesh/istio/gateway", "mesh/linkerd/identity"]
)
def test_folders_of_applications_build(folder, kustomize):
    assert build(kustomize, PLATFORM / folder)


def test_seldon_core_is_the_one_that_is_free_and_never_loses_its_definition():
    default = json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8"))
    version = components()["seldon-core-operator"]["spec"]["sources"][0]["targetRevision"]
    assert version == default["seldon_core_version"][0] == "1.17.1"
    (values,) = read(PLATFORM / "values" / "seldon-core-operator.yaml")
    assert values["certManager"]["enabled"] is True and values["keda"]["enabled"] is True
    assert values["istio"] == {"enabled": False, "tlsMode": ""}
    assert "Prune=false" in values["crd"]["annotations"]["argocd.argoproj.io/sync-options"]


def test_the_analysis_controller_runs_alone_and_charts_leave_our_settings_alone():
    (rollouts,) = read(PLATFORM / "values" / "argo-rollouts.yaml")
    assert rollouts["controller"]["extraArgs"] == ["--controllers=analysis"]
    (argocd,) = read(PLATFORM / "values" / "argo-cd.yaml")
    assert argocd["configs"]["cm"] == argocd["configs"]["rbac"] == {"create": False}
    assert argocd["notifications"]["cm"] == {"create": False}


SILENT = (
    ("eck-operator", ("telemetry", "disabled"), True),
    ("kube-prometheus-stack", ("grafana", "grafana.ini", "analytics", "reporting_enabled"), False),
    ("kube-prometheus-stack", ("grafana", "grafana.ini", "analytics", "check_for_updates"), False),
    (
        "kube-prometheus-stack",
        ("grafana", "grafana.ini", "analytics", "check_for_plugin_updates"),
        False,
    ),
    ("linkerd-control-plane", ("disableHeartBeat",), True),
    ("mlflow", ("extraEnvVars", "MLFLOW_DISABLE_TELEMETRY"), "true"),
    ("seldon-core-operator", ("usageMetrics", "enabled"), False),
    ("zenml", ("zenml", "analyticsOptIn"), False),
)


@pytest.mark.parametrize(("chart", "keys", "wanted"), SILENT)
def test_nothing_about_the_cluster_is_told_to_makers(chart, keys, wanted):
    (value,) = read(PLATFORM / "values" / f"{chart}.yaml")
    for key in keys:
        value = value[key]
    assert value == wanted


def test_zenml_is_the_version_of_the_teams():
    text = (TEMPLATE / "requirements" / "train.in").read_text(encoding="utf-8")
    (pinned,) = re.findall(r"^zenml\[?[\w,]*\]?==([\d.]+)$", text, re.MULTILINE)
    assert components()["zenml"]["spec"]["sources"][0]["targetRevision"] == pinned


def test_the_guide_lists_every_application_with_version_and_wave():
    page = (ROOT / "docs" / "how-to" / "install-the-platform.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \| ([\w.]*) *\| (\d+) \|", page, re.MULTILINE)
    expected = {}
    for name, item in components().items():
        first = sources(item)[0]
        version = "" if first["repoURL"] == COPIED else first["targetRevision"]
        expected[name] = (version, str(wave(item)))
    assert {name: (version, place) for name, version, place in rows} == expected
    version = expected["argo-cd"][0]
    assert f"--version {version}" in page
