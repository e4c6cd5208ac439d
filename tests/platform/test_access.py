"""Who may do what: projects, accounts and roles of the platform."""

from tests.platform.manifests import PLATFORM, SERVER, build, of_kind, read, wave

READ = {"get", "list", "watch"}
WRITE = READ | {"create", "update", "patch", "delete"}


def rules_of(role: dict) -> dict[tuple[str, str], set[str]]:
    """Return the verbs of a role by group and resource."""
    return {
        (group, resource): set(rule["verbs"])
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }


def test_one_apply_brings_the_root_application_with_its_project_and_account(kustomize):
    built = build(kustomize, PLATFORM / "bootstrap")
    (root,) = of_kind(built, "Application").values()
    (project,) = of_kind(built, "AppProject").values()
    (account,) = of_kind(built, "ServiceAccount").values()
    (binding,) = of_kind(built, "ClusterRoleBinding").values()
    assert root["spec"]["project"] == project["metadata"]["name"] == "platform"
    assert root["spec"]["source"]["path"] == "gitops/argocd"
    assert root["spec"]["source"]["repoURL"] == project["spec"]["sourceRepos"][0]
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": account["metadata"]["name"], "namespace": "argocd"}
    ]


def test_the_root_application_keeps_what_was_applied_by_hand(platform, kustomize):
    built = [(item["kind"], item["metadata"]["name"]) for item in platform]
    for item in build(kustomize, PLATFORM / "bootstrap"):
        assert (item["kind"], item["metadata"]["name"]) in built


def test_each_sync_has_the_rights_of_an_account_that_is_there(platform):
    (settings,) = read(PLATFORM / "configuration" / "argocd-cm.yaml")
    assert settings["data"]["application.sync.impersonation.enabled"] == "true"
    assert settings["data"]["application.sync.impersonation.enforced"] == "true"
    accounts = {f"argocd:{name}" for name in of_kind(platform, "ServiceAccount")}
    for name, project in of_kind(platform, "AppProject").items():
        used = project["spec"].get("destinationServiceAccounts", [])
        assert bool(used) == (name != "default")
        for item in used:
            account = item["defaultServiceAccount"]
            assert (account if ":" in account else f"argocd:{account}") in accounts


def test_the_default_project_is_closed(platform):
    spec = of_kind(platform, "AppProject")["default"]["spec"]
    assert spec["sourceRepos"] == spec["destinations"] == spec["clusterResourceWhitelist"] == []
    assert spec["namespaceResourceBlacklist"] == [{"group": "*", "kind": "*"}]


def test_project_teams_makes_only_what_is_in_folder_team(platform, team):
    spec = of_kind(platform, "AppProject")["teams"]["spec"]
    root = of_kind(platform, "Application")["root"]["spec"]["source"]["repoURL"]
    assert spec["sourceRepos"] == [root]
    assert all(item["server"] == SERVER for item in spec["destinations"])
    namespaces = {item["namespace"] for item in spec["destinations"]}
    assert namespaces == {"argocd", "*-dev", "*-test", "*-staging", "*-prod"}

    def kinds(whitelist):
        return {(item["group"], item["kind"]) for item in whitelist}

    made = {
        (item["apiVersion"].rpartition("/")[0].partition("/")[0], item["kind"]) for item in team
    }
    cluster = kinds(spec["clusterResourceWhitelist"])
    assert cluster == {("", "Namespace")}
    assert kinds(spec["namespaceResourceWhitelist"]) | cluster == made


def test_the_account_of_project_teams_can_write_that_and_no_more(platform, team):
    roles = of_kind(platform, "ClusterRole")
    rules = rules_of(roles["argocd-teams"])
    rules |= rules_of(of_kind(platform, "Role")["argocd-teams"])
    # It hands on two roles and makes no others.
    (bind,) = [r for r in roles["argocd-teams"]["rules"] if "bind" in r["verbs"]]
    assert set(bind["resourceNames"]) == {"argocd-deployer", "argocd-onboarding"}
    del rules["rbac.authorization.k8s.io", "clusterroles"]
    assert "delete" not in rules.pop(("", "namespaces"))
    assert set(map(frozenset, rules.values())) == {frozenset(WRITE)}
    assert {resource for _, resource in rules} == {
        *("limitranges", "resourcequotas", "serviceaccounts", "networkpolicies", "rolebindings"),
        *("applications", "appprojects"),
    }
    handed = {item["roleRef"]["name"] for item in team if item["kind"] == "RoleBinding"}
    assert handed == set(bind["resourceNames"])


def test_an_entrance_can_write_projects_and_sets_and_no_application(platform):
    rules = rules_of(of_kind(platform, "ClusterRole")["argocd-onboarding"])
    assert rules == dict.fromkeys(
        [("argoproj.io", "applicationsets"), ("argoproj.io", "appprojects")], WRITE
    )


def test_a_deployer_reads_no_secret_and_writes_no_right(platform):
    rules = rules_of(of_kind(platform, "ClusterRole")["argocd-deployer"])
    assert {"secrets", "roles", "rolebindings", "resourcequotas"}.isdisjoint(r for _, r in rules)
    assert set(map(frozenset, rules.values())) == {frozenset(READ), frozenset(WRITE)}


def test_the_policy_is_in_force_before_any_team(platform):
    (policy,) = of_kind(platform, "ValidatingAdmissionPolicy").values()
    (binding,) = of_kind(platform, "ValidatingAdmissionPolicyBinding").values()
    assert binding["spec"]["policyName"] == policy["metadata"]["name"]
    assert binding["spec"]["validationActions"] == ["Deny"]
    assert policy["spec"]["failurePolicy"] == "Fail"
    teams = wave(of_kind(platform, "ApplicationSet")["teams"])
    assert max(wave(policy), wave(binding)) < teams
    (rule,) = policy["spec"]["matchConstraints"]["resourceRules"]
    assert rule["operations"] == ["CREATE", "UPDATE", "DELETE"]
    assert set(rule["resources"]) == {"applicationsets", "appprojects"}


def test_nobody_sees_anything_without_a_group(platform):
    data = of_kind(platform, "ConfigMap")["argocd-rbac-cm"]["data"]
    assert data["policy.default"] == ""
    assert {line.split(", ")[0] for line in data["policy.csv"].splitlines()} == {"g"}
