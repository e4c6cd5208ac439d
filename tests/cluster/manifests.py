"""Files that the projects ship in their Go modules: CustomResourceDefinitions, configuration.

Nothing of them is kept in this repository: the version that is pinned for a program is also the
version of its manifests.
"""

import json
import re
from functools import cache
from pathlib import Path

import yaml

from tests.cluster import build

ARGOCD = "github.com/argoproj/argo-cd/v3"
ROLLOUTS = "github.com/argoproj/argo-rollouts"
SELDON = "github.com/seldonio/seldon-core/operator"
ISTIO = "istio.io/api"
KEDA = "github.com/kedacore/keda/v2"
GATEWAY = "sigs.k8s.io/gateway-api"
PROMETHEUS = "github.com/prometheus-operator/prometheus-operator"
SECRETS = "github.com/external-secrets/external-secrets"
CERTIFICATES = "github.com/cert-manager/cert-manager"
ELASTIC = "github.com/elastic/cloud-on-k8s/v3"

# Which go.mod below `tools/` pins the module.
MODULES = {ARGOCD: "argocd", ROLLOUTS: "rollouts", SELDON: "seldon"} | dict.fromkeys(
    (ISTIO, KEDA, GATEWAY, PROMETHEUS, SECRETS, CERTIFICATES, ELASTIC), "crds"
)

# Where a module keeps its definitions, and which of them the tests need: each costs the API server
# memory and start-up time.
DEFINITIONS = (
    (ARGOCD, "manifests/crds/*-crd.yaml", "applications applicationsets appprojects"),
    (
        ROLLOUTS,
        "manifests/crds/*analysis*.yaml",
        "analysisruns analysistemplates clusteranalysistemplates",
    ),
    (SELDON, "testing/machinelearning.seldon.io_seldondeployments.yaml", "seldondeployments"),
    (
        ISTIO,
        "kubernetes/customresourcedefinitions.gen.yaml",
        "virtualservices destinationrules gateways serviceentries sidecars envoyfilters"
        " authorizationpolicies peerauthentications requestauthentications telemetries",
    ),
    (
        KEDA,
        "config/crd/bases/keda.sh_*.yaml",
        "scaledobjects scaledjobs triggerauthentications clustertriggerauthentications",
    ),
    (
        GATEWAY,
        "config/crd/standard/*.yaml",
        "gatewayclasses gateways httproutes grpcroutes referencegrants",
    ),
    (
        PROMETHEUS,
        "example/prometheus-operator-crd/*.yaml",
        "podmonitors servicemonitors prometheusrules probes",
    ),
    (
        SECRETS,
        "config/crds/bases/external-secrets.io_*.yaml",
        "externalsecrets secretstores clustersecretstores",
    ),
    (CERTIFICATES, "deploy/crds/cert-manager.io_*.yaml", "certificates issuers clusterissuers"),
    (ELASTIC, "config/crds/v1/all-crds.yaml", "elasticsearches kibanas beats logstashes"),
)


@cache
def folder_of(module: str) -> Path:
    """Return the folder of a module's pinned version, downloaded where it is not there yet."""
    tools = build.TOOLS_FOLDER / MODULES[module]
    answer = json.loads(build.go("mod", "download", "-json", module, folder=tools))
    return Path(answer["Dir"])


def read(module: str, pattern: str) -> list[dict]:
    """Return the documents of the (small) YAML files that match `pattern` in a module."""
    return [yaml.safe_load(text) for text in _documents(module, pattern)]


@cache
def definitions() -> str:
    """Return the CustomResourceDefinitions that the tests need, as one YAML text."""
    found = []
    for module, pattern, wanted in DEFINITIONS:
        names = set(wanted.split())
        for text in _documents(module, pattern):
            # Not parsed: these are ten megabytes, and reading them as YAML takes half a minute.
            name = re.search(r"^  name: ([^\s.]+)\.", text, re.MULTILINE)
            if name and name[1] in names and "kind: CustomResourceDefinition" in text:
                names.discard(name[1])
                found.append(text)
        if names:
            raise build.Unbuilt(f"{module} no longer defines {', '.join(sorted(names))}")
    return "---\n".join(found)


def _documents(module: str, pattern: str) -> list[str]:
    files = sorted(folder_of(module).glob(pattern))
    if not files:
        raise build.Unbuilt(f"{module} has no file {pattern}")
    texts = [file.read_text(encoding="utf-8") for file in files]
    parts = [part for text in texts for part in re.split(r"^---.*\n", text, flags=re.MULTILINE)]
    return [part for part in parts if re.search(r"^kind: ", part, re.MULTILINE)]


def as_yaml(*documents: dict) -> str:
    """Return objects as one YAML text."""
    return yaml.safe_dump_all(documents, sort_keys=False)
