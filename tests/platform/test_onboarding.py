"""How a team comes in, and that the platform and a team's repository mean the same names."""

import json
import re

import pytest
import yaml

from tests import bakery
from tests.platform.manifests import (
    ENVIRONMENTS,
    PLATFORM,
    TEAM,
    build_team,
    of_kind,
    plural,
    read,
    wave,
)
from tests.platform.teams import problems

SLUG = TEAM["slug"]
NAMES = [f"{SLUG}-{environment}" for environment in ENVIRONMENTS]
FINE = {**TEAM, "quota": {"prod": {"requests.cpu": "64"}}}
BAD = [
    ({"revision": "main"}, "revision main is not a full commit in quotes"),
    ({"revision": 1234567890123456789012345678901234567890}, "is not a full commit in quotes"),
    ({"slug": "Credit"}, "slug Credit is not"),
    ({"slug": "credit-risk-dev"}, "ends in the name of an environment"),
    ({"slug": "other"}, "the file is called credit-risk.yaml and not other.yaml"),
    ({"team": "A team"}, "team A team is no label"),
    ({"quota": {"production": {}}}, "quota of production, which is no environment"),
    ({"branch": "main"}, "branch is unknown"),
    ({"repository": None}, "repository is missing"),
]


def test_the_files_of_the_teams_are_in_order():
    for path in (PLATFORM / "teams").iterdir():
        if path.name != "README.md":
            assert path.suffix == ".yaml" and problems(path) == [], path.name


@pytest.mark.parametrize(("change", "problem"), BAD)
def test_a_bad_file_of_a_team_is_refused(change, problem, tmp_path):
    path = tmp_path / f"{SLUG}.yaml"
    path.write_text(yaml.safe_dump(FINE))
    assert problems(path) == []
    values = {key: value for key, value in (FINE | change).items() if value is not None}
    path.write_text(yaml.safe_dump(values))
    assert problem in " | ".join(problems(path))


def test_the_example_of_a_file_is_in_order(tmp_path):
    page = (PLATFORM / "teams" / "README.md").read_text(encoding="utf-8")
    path = tmp_path / f"{SLUG}.yaml"
    path.write_text(re.search(r"```yaml\n(.*?)```", page, re.DOTALL)[1])
    assert problems(path) == []


def test_the_set_reads_the_files_and_hands_on_all_values(platform):
    spec = of_kind(platform, "ApplicationSet")["teams"]["spec"]
    (generator,) = spec["generators"]
    assert generator["git"]["files"] == [{"path": "gitops/argocd/teams/*.yaml"}]
    # A file that is gone takes nothing with it.
    assert spec["syncPolicy"] == {
        "applicationsSync": "create-update",
        "preserveResourcesOnDeletion": True,
    }
    template = spec["template"]["spec"]
    assert template["project"] == "teams" and template["source"]["path"] == "gitops/argocd/team"
    patches = template["source"]["kustomize"]["patches"]
    assert patches[0]["target"] == {"kind": "ConfigMap", "name": "team"}
    assert set(re.findall(r"path: /data/(\w+)", patches[0]["patch"])) == set(TEAM)
    assert 'regexMatch "^[0-9a-f]{40}$"' in patches[0]["patch"]
    for environment, patch in zip(ENVIRONMENTS, patches[1:], strict=True):
        assert patch["target"]["labelSelector"] == f"mlops/environment={environment}"
        assert f'dig "quota" "{environment}"' in patch["patch"]


def test_a_team_gets_four_closed_namespaces(team):
    namespaces = of_kind(team, "Namespace")
    assert sorted(namespaces) == sorted(NAMES)
    for environment, name in zip(ENVIRONMENTS, NAMES, strict=True):
        labels = namespaces[name]["metadata"]["labels"]
        assert labels["mlops/environment"] == environment
        assert (labels["mlops/team"], labels["app.kubernetes.io/part-of"]) == (TEAM["team"], SLUG)
        assert labels["pod-security.kubernetes.io/enforce"] == "baseline"
        options = namespaces[name]["metadata"]["annotations"]["argocd.argoproj.io/sync-options"]
        assert options == "Prune=false,Delete=false"
        inside = {item["kind"]: item for item in team if item["metadata"].get("namespace") == name}
        assert set(inside) == {
            *("LimitRange", "NetworkPolicy", "ResourceQuota", "RoleBinding", "ServiceAccount")
        }
        policy = inside["NetworkPolicy"]["spec"]
        assert policy["podSelector"] == {} and policy["policyTypes"] == ["Ingress", "Egress"]
        assert policy["ingress"] == []
        assert {port["port"] for rule in policy["egress"] for port in rule["ports"]} == {53}
        quota = inside["ResourceQuota"]["spec"]["hard"]
        assert {"requests.cpu", "requests.memory", "limits.memory", "pods"} <= set(quota)
        # With a quota, a container that says nothing could not start.
        (limits,) = inside["LimitRange"]["spec"]["limits"]
        assert {"cpu", "memory"} == set(limits["default"]) == set(limits["defaultRequest"])
        assert inside["RoleBinding"]["subjects"] == [
            {"kind": "ServiceAccount", "name": "argocd-deployer", "namespace": name}
        ]


def test_quotas_grow_with_the_environment(team):
    quotas = {
        item["metadata"]["namespace"]: item["spec"]["hard"]
        for item in team
        if item["kind"] == "ResourceQuota"
    }
    cpus = [int(quotas[name]["requests.cpu"]) for name in NAMES]
    assert cpus == sorted(cpus) and cpus[-1] > cpus[0]


def test_the_entrance_leads_to_the_pinned_commit_after_the_namespaces(team):
    (application,) = of_kind(team, "Application").values()
    name, spec = f"{SLUG}-onboarding", application["spec"]
    assert application["metadata"]["name"] == spec["project"] == name
    assert spec["source"] == {
        "repoURL": TEAM["repository"],
        "targetRevision": TEAM["revision"],
        "path": "gitops/argocd",
    }
    assert "FailOnSharedResource=true" in spec["syncPolicy"]["syncOptions"]
    others = [wave(item) for item in team if item is not application]
    assert wave(application) > max(others)
    project = of_kind(team, "AppProject")[name]["spec"]
    assert project["sourceRepos"] == [TEAM["repository"]]
    assert [item["namespace"] for item in project["destinations"]] == ["argocd"]
    assert project["clusterResourceWhitelist"] == []
    kinds = {item["kind"] for item in project["namespaceResourceWhitelist"]}
    assert kinds == {"AppProject", "ApplicationSet"}
    assert project["destinationServiceAccounts"][0]["defaultServiceAccount"] == name
    assert name in of_kind(team, "ServiceAccount")


def test_nothing_of_another_team_or_of_the_pattern_is_left(kustomize, tmp_path):
    # A slug that holds words of the pattern, and the longest one.
    for number, slug in enumerate(["slug-team-onboarding", "a2345678-0123456789-0123456789"]):
        values = TEAM | {"slug": slug, "team": "team-slug"}
        built = build_team(kustomize, tmp_path / str(number), values)
        expected = {f"{slug}-{environment}" for environment in ENVIRONMENTS}
        assert set(of_kind(built, "Namespace")) == expected
        inside = {
            item["metadata"].get("namespace") for item in built if item["kind"] != "Namespace"
        }
        assert inside == expected | {"argocd"}
        own = [item for item in built if item["metadata"].get("namespace") == "argocd"]
        assert {item["metadata"]["name"] for item in own} == {f"{slug}-onboarding"}


def test_the_first_projects_of_a_team_pass_the_walls_that_it_meets(team, team_argocd):
    entrance = of_kind(team, "AppProject")[f"{SLUG}-onboarding"]["spec"]
    kinds = {item["kind"] for item in entrance["namespaceResourceWhitelist"]}
    assert {item["kind"] for item in team_argocd} == kinds
    assert {item["metadata"]["namespace"] for item in team_argocd} == {"argocd"}
    for kind in kinds:
        assert sorted(of_kind(team_argocd, kind)) == sorted(NAMES)
    for name, project in of_kind(team_argocd, "AppProject").items():
        place = {"server": "https://kubernetes.default.svc", "namespace": name}
        assert project["spec"]["destinations"] == [place]
        account = {**place, "defaultServiceAccount": "argocd-deployer"}
        assert project["spec"]["destinationServiceAccounts"] == [account]
        assert project["spec"]["sourceRepos"] == [TEAM["repository"]]
        made = of_kind(team, "Namespace")[name]["metadata"]["labels"]
        labels = project["metadata"]["labels"]
        for key in ("mlops/team", "mlops/environment", "app.kubernetes.io/part-of"):
            assert labels[key] == made[key]


def test_a_project_lists_what_the_deployer_may_write_and_manifests_write(platform, bake_once):
    role = of_kind(platform, "ClusterRole")["argocd-deployer"]
    writable = {
        (group, resource)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        if "create" in rule["verbs"]
    }
    rendered = set()
    for name in bakery.SETS:
        root = bake_once(bakery.ANSWERS / f"{name}.yaml")
        gitops = root / "gitops"
        (project,) = read(gitops / "argocd" / "base" / "project.yaml")
        listed = project["spec"]["namespaceResourceWhitelist"]
        assert {(item["group"], plural(item["kind"])) for item in listed} == writable
        folders = [gitops / "base", gitops / "components", root / "observability" / "environment"]
        for path in [path for folder in folders for path in folder.rglob("*.yaml")]:
            rendered |= {
                (item["apiVersion"].rpartition("/")[0], plural(item["kind"]))
                for item in read(path)
                if isinstance(item, dict) and "kustomize.config.k8s.io" not in json.dumps(item)
                if {"apiVersion", "kind"} <= set(item)
            }
    # The release is a ConfigMap of the overlay.
    assert rendered | {("", "configmaps")} == writable
