"""The gitops/argocd of a generated repository, for every set of answers."""

import datetime
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests import bakery
from tests.platform.manifests import ENVIRONMENTS, build, of_kind, read, wave

NOTIFY = "notifications.argoproj.io/subscribe."


@pytest.fixture(scope="module")
def built(project, kustomize) -> list[dict]:
    return build(kustomize, project / "gitops" / "argocd")


@pytest.fixture(scope="module")
def answers(project) -> dict[str, str]:
    return bakery.saved_answers(project)


def test_each_environment_has_a_project_and_a_set_of_its_name(built, answers):
    names = {f"{answers['project_slug']}-{environment}" for environment in ENVIRONMENTS}
    assert set(of_kind(built, "AppProject")) == set(of_kind(built, "ApplicationSet")) == names
    assert len(built) == 2 * len(names)
    for item in built:
        environment = item["metadata"]["labels"]["mlops/environment"]
        assert item["metadata"]["name"] == f"{answers['project_slug']}-{environment}"
        assert item["metadata"]["labels"]["mlops/team"] == answers["team"]


def test_projects_reach_their_namespace_and_nothing_cluster_wide(built, answers):
    for name, project in of_kind(built, "AppProject").items():
        spec = project["spec"]
        assert spec["sourceRepos"] == [answers["repository_url"]]
        assert [item["namespace"] for item in spec["destinations"]] == [name]
        (account,) = spec["destinationServiceAccounts"]
        assert account["namespace"] == name
        assert account["defaultServiceAccount"] == "argocd-deployer"
        assert spec["clusterResourceWhitelist"] == []
        assert "*" not in json.dumps(spec["namespaceResourceWhitelist"])
        assert spec["orphanedResources"]["warn"] is True
        for role in spec["roles"]:
            for policy in role["policies"]:
                # Argo CD ignores policies about anything but the project itself.
                assert policy.startswith(f"p, proj:{name}:{role['name']}, ")
                assert f", {name}/*, allow" in policy


def test_only_on_call_starts_a_sync_in_prod(built, answers):
    for name, project in of_kind(built, "AppProject").items():
        may = {
            group
            for role in project["spec"]["roles"]
            for policy in role["policies"]
            if ", sync, " in policy
            for group in role["groups"]
        }
        team = answers["team"]
        assert may == {f"{team}-on-call" if name.endswith("-prod") else team}


def test_sets_find_overlays_of_their_environment_that_have_a_release(built, answers):
    for name, item in of_kind(built, "ApplicationSet").items():
        environment = name.removeprefix(f"{answers['project_slug']}-")
        spec = item["spec"]
        (generator,) = spec["generators"]
        assert generator["git"]["repoURL"] == answers["repository_url"]
        assert generator["git"]["files"] == [
            {"path": f"gitops/overlays/{environment}/release.yaml"},
            {"path": f"gitops/overlays/{environment}-*/release.yaml"},
            {"path": "gitops/overlays/*/rollout/**", "exclude": True},
        ]
        assert spec["goTemplate"] and spec["goTemplateOptions"] == ["missingkey=error"]
        template = spec["template"]
        assert template["spec"]["project"] == name
        assert template["spec"]["destination"]["namespace"] == name
        assert template["spec"]["source"]["repoURL"] == answers["repository_url"]
        assert template["metadata"]["name"].startswith(f"{name}{{{{")
        assert wave(item) > wave(of_kind(built, "AppProject")[name])


def test_applications_are_applied_alike_and_verified_once(built):
    for item in of_kind(built, "ApplicationSet").values():
        template = item["spec"]["template"]
        policy = template["spec"]["syncPolicy"]
        assert policy["automated"]["prune"] and policy["automated"]["selfHeal"]
        assert "ServerSideApply=true" in policy["syncOptions"]
        assert "FailOnSharedResource=true" in policy["syncOptions"]
        assert not any(option.startswith("ApplyOutOfSyncOnly") for option in policy["syncOptions"])
        assert policy["retry"] == {"limit": 0, "refresh": True}
        annotations = template["metadata"]["annotations"]
        paths = annotations["argocd.argoproj.io/manifest-generate-paths"].split(";")
        assert paths == [".", "/gitops/base", "/gitops/components", "/observability"]
        assert annotations["argocd.argoproj.io/compare-options"] == "ServerSideDiff=true"


def folders_read(folder: Path) -> Iterator[Path]:
    """A folder of manifests, and every one that it lists."""
    yield folder
    (content,) = read(folder / "kustomization.yaml")
    for entry in [*content.get("resources", ()), *content.get("components", ())]:
        if (folder / entry).is_dir():
            yield from folders_read((folder / entry).resolve())


def test_a_commit_to_any_folder_that_an_overlay_reads_renders_it_anew(built, project):
    for name, item in of_kind(built, "ApplicationSet").items():
        annotations = item["spec"]["template"]["metadata"]["annotations"]
        paths = annotations["argocd.argoproj.io/manifest-generate-paths"].split(";")
        overlay = project.resolve() / "gitops" / "overlays" / name.rpartition("-")[2]
        known = [overlay if path == "." else project.resolve() / path[1:] for path in paths]
        found = set(folders_read(overlay))
        assert project.resolve() / "observability" / "environment" in found
        assert [f for f in found if not any(f.is_relative_to(each) for each in known)] == []


def test_prod_outlives_its_files(built):
    for name, item in of_kind(built, "ApplicationSet").items():
        prod = name.endswith("-prod")
        options = item["metadata"]["annotations"].get("argocd.argoproj.io/sync-options")
        assert options == ("Prune=confirm,Delete=confirm" if prod else None)
        policy = item["spec"].get("syncPolicy")
        kept = {"applicationsSync": "create-update", "preserveResourcesOnDeletion": True}
        assert policy == (kept if prod else None)
        ignored = [{"jsonPointers": ["/spec/syncPolicy/automated"]}]
        assert item["spec"].get("ignoreApplicationDifferences") == (ignored if prod else None)


def test_prod_is_synced_as_the_answer_says(built, answers):
    for name, item in of_kind(built, "ApplicationSet").items():
        enabled = item["spec"]["template"]["spec"]["syncPolicy"]["automated"].get("enabled", True)
        assert enabled == (not name.endswith("-prod") or answers["prod_sync"] == "automatic")


def test_prod_rests_when_nothing_is_promoted_and_on_call_can_still_act(built, project):
    days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
    environments = yaml.safe_load((project / "gitops" / "environments.yaml").read_text())
    (promotion,) = [e["window"] for e in environments["environments"] if e["name"] == "prod"]
    for name, item in of_kind(built, "AppProject").items():
        windows = item["spec"].get("syncWindows", [])
        assert bool(windows) == name.endswith("-prod")
        for window in windows:
            assert window["kind"] == "deny" and window["manualSync"] and window["syncOverrun"]
            assert window["timeZone"] == promotion["time_zone"]
            minute, hour, _, _, day = window["schedule"].split()
            begin = datetime.timedelta(days=int(day), hours=int(hour), minutes=int(minute))
            end = begin + datetime.timedelta(hours=int(window["duration"].removesuffix("h")))
            for week in (0, 7):
                for open_day in promotion["days"]:
                    midnight = datetime.timedelta(days=days.index(open_day) + week)
                    opens, closes = (
                        midnight + datetime.timedelta(hours=int(promotion[key][:2]))
                        for key in ("from", "to")
                    )
                    assert closes <= begin or end <= opens


def test_notifications_go_to_the_forge_by_triggers_that_the_platform_has(built, answers, platform):
    settings = of_kind(platform, "ConfigMap")["argocd-notifications-cm"]["data"]
    for item in of_kind(built, "ApplicationSet").values():
        metadata = item["spec"]["template"]["metadata"]
        keys = [key.removeprefix(NOTIFY) for key in metadata["annotations"] if NOTIFY in key]
        receivers = {key.partition(".")[2] for key in keys}
        forge = answers["ci_platform"]
        assert receivers == ({"gitlab", "gitlab-pipeline"} if forge == "gitlab" else {"github"})
        triggers = {f"trigger.{key.partition('.')[0]}" for key in keys}
        assert triggers == {key for key in settings if key.startswith("trigger.")}
        labels = set(re.findall(r'\.app\.metadata\.labels "([\w/]+)"', "".join(settings.values())))
        assert labels == {"mlops/environment", "mlops/overlay"} <= set(metadata["labels"])


def test_the_address_of_the_repository_stands_in_one_file(project, answers):
    address = answers["repository_url"]
    files = bakery.files_of(project / "gitops" / "argocd")
    found = [n for n, path in files.items() if address in path.read_text(encoding="utf-8")]
    assert found == ["base/project.yaml"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_can_be_read_alone(environment, project, kustomize, answers):
    built = build(kustomize, project / "gitops" / "argocd" / environment)
    name = f"{answers['project_slug']}-{environment}"
    assert [item["metadata"]["name"] for item in built] == [name, name]
    assert "copied from" not in json.dumps(built) and "none" not in json.dumps(built)


def test_the_page_about_seldon_core_says_version_and_licence_plainly(project, answers):
    text = (project / "docs" / "reference" / "seldon-core.md").read_text(encoding="utf-8")
    version = answers["seldon_core_version"]
    assert f"generated for **{version}**" in text
    bold = re.search(r"\*\*using it in production\s+needs a commercial licence", text)
    assert bool(bold) == (version != "1.17.1")
    assert "the last release under the Apache License 2.0" in text
