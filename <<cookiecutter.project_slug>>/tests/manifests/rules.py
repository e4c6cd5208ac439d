"""What must be so in every combination. Each rule yields what is wrong, in words."""

import re
from collections.abc import Iterator
from typing import Any

CLUSTER_SCOPED = {"Namespace", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"}
# As the project of Argo CD lists them; a kind is added by the platform.
KINDS = {
    "AnalysisRun",
    "ConfigMap",
    "CronJob",
    "DestinationRule",
    "ExternalSecret",
    "HTTPRoute",
    "NetworkPolicy",
    "PersistentVolumeClaim",
    "PeerAuthentication",
    "PodMonitor",
    "PrometheusRule",
    "SecretStore",
    "SeldonDeployment",
    "Service",
    "ServiceAccount",
    "Telemetry",
    "VirtualService",
}
LABELS = {
    "app.kubernetes.io/name",
    "app.kubernetes.io/part-of",
    "app.kubernetes.io/component",
    "mlops/team",
    "mlops/environment",
}
DIGEST = re.compile(r"[^\s:@]+(:[0-9]+)?(/[^\s:@]+)+@sha256:[0-9a-f]{64}")
LONGEST_NAME = 63


def named(objects: list[dict], kind: str, name: str) -> dict:
    """The object of this kind and name."""
    found = [item for item in objects if (item["kind"], item["metadata"]["name"]) == (kind, name)]
    assert len(found) == 1, f"{kind} {name}: {len(found)} of {[i['kind'] for i in objects]}"
    return found[0]


def model(objects: list[dict]) -> dict:
    return named(objects, "SeldonDeployment", "model")


def predictors(objects: list[dict]) -> dict[str, dict]:
    """The predictors by name."""
    return {item["name"]: item for item in model(objects)["spec"]["predictors"]}


def pod(predictor: dict) -> dict:
    return predictor["componentSpecs"][0]["spec"]


def problems(objects: list[dict], namespace: str) -> list[str]:
    """Everything that breaks a rule."""
    found = list(_identity(objects, namespace))
    found += _values(objects, "")
    for name, predictor in predictors(objects).items():
        found += [f"predictor {name}: {problem}" for problem in _predictor(predictor)]
    found += _together(list(predictors(objects).values()))
    return found


def _identity(objects: list[dict], namespace: str) -> Iterator[str]:
    seen = set()
    for item in objects:
        kind, metadata = item["kind"], item["metadata"]
        where = f"{kind} {metadata['name']}"
        if where in seen:
            yield f"{where} is there twice"
        seen.add(where)
        if kind in CLUSTER_SCOPED or kind not in KINDS:
            yield f"{where}: a kind that the project of this environment does not allow"
        if metadata.get("namespace") != namespace:
            yield f"{where} is in namespace {metadata.get('namespace')}, not {namespace}"
        if len(metadata["name"]) > LONGEST_NAME:
            yield f"{where}: a name of more than {LONGEST_NAME} characters"
        missing = LABELS - set(metadata.get("labels", {}))
        if missing:
            yield f"{where} lacks labels {sorted(missing)}"
        for key in ("labels", "annotations"):
            for name, value in metadata.get(key, {}).items():
                if not isinstance(value, str):
                    yield f"{where}: {key} {name} is {value!r}, not a text"
        if kind == "ConfigMap":
            for name, value in item["data"].items():
                if not isinstance(value, str):
                    yield f"{where}: {name} is {value!r}, not a text"
        if kind == "Service" and "seldon-deployment-id" in metadata["labels"]:
            yield f"{where}: the operator deletes services with the label seldon-deployment-id"


def _values(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in pairs:
            yield from _values(inner, f"{path}/{key}")
    elif value == "none" or (isinstance(value, str) and re.search('"none"|//none/', value)):
        yield f"{path} still has its placeholder"
    elif isinstance(value, str) and value.endswith(":latest"):
        yield f"{path} is {value}: it moves"


def _predictor(predictor: dict) -> Iterator[str]:
    spec = pod(predictor)
    (container,) = spec["containers"]
    name = container["name"]
    # Made by the operator: <deployment>-<predictor>-<number>-<containers>, or else a hash.
    if len(f"model-{predictor['name']}-0-{name}") > LONGEST_NAME:
        yield f"the operator's name for its Deployment exceeds {LONGEST_NAME} characters"
    if not DIGEST.fullmatch(container["image"]):
        yield f"image {container['image']} is not given by digest alone"
    if predictor["graph"]["name"] != name or "implementation" in predictor["graph"]:
        yield "the graph is not that of our own container"
    if not re.search("/[0-9a-f]{16}$", predictor["graph"]["modelUri"]):
        yield f"modelUri {predictor['graph']['modelUri']} is not that of one bundle"
    for part, resources in (
        ("model", container.get("resources", {})),
        ("orchestrator", predictor["svcOrchSpec"].get("resources", {})),
    ):
        for what in ("requests", "limits"):
            if set(resources.get(what, {})) != {"cpu", "memory"}:
                yield f"{part} has no {what} of cpu and memory"
    ports = {port["name"]: port.get("protocol") for port in container["ports"]}
    if ports != {"http": "TCP", "grpc": "TCP", "metrics": "TCP"}:
        yield f"ports are {ports}"
    for probe, path in (("readinessProbe", "ready"), ("livenessProbe", "live")):
        if container[probe]["httpGet"]["path"] != f"/v2/health/{path}":
            yield f"{probe} asks {container[probe]['httpGet']}"
    yield from _security(spec, container)
    if predictor["labels"]["mlops/predictor"] != predictor["name"]:
        yield f"its pods say that they are {predictor['labels']['mlops/predictor']}"
    if not LABELS | {"mlops/release"} <= set(predictor["labels"]):
        yield f"its pods have only labels {sorted(predictor['labels'])}"
    if min(_replicas(predictor)) < 1:
        yield f"may have no replicas: {_replicas(predictor)}"


def _security(spec: dict, container: dict) -> Iterator[str]:
    if spec["securityContext"]["seccompProfile"] != {"type": "RuntimeDefault"}:
        yield "no seccomp profile"
    if not spec["securityContext"]["runAsNonRoot"] or spec["securityContext"]["runAsUser"] < 1:
        yield "may run as root"
    own = container["securityContext"]
    if own["capabilities"] != {"drop": ["ALL"]} or own["allowPrivilegeEscalation"]:
        yield "has capabilities"
    if not own["readOnlyRootFilesystem"]:
        yield "may write to its image"
    if {"name": "tmp", "mountPath": "/tmp"} not in container["volumeMounts"]:
        yield "has no place to write to"
    if spec["automountServiceAccountToken"] or spec["serviceAccountName"] == "default":
        yield "has rights in the cluster"
    # Where there is none, the operator adds one that needs a shell.
    if "lifecycle" not in container:
        yield "has no lifecycle"


def _replicas(predictor: dict) -> list[int]:
    component = predictor["componentSpecs"][0]
    keda = component.get("kedaSpec", {})
    counts = [
        predictor["replicas"],
        component.get("hpaSpec", {}).get("minReplicas"),
        keda.get("minReplicaCount"),
        keda.get("idleReplicaCount"),
        keda.get("fallback", {}).get("replicas"),
        *(int(t["metadata"].get("desiredReplicas", 1)) for t in keda.get("triggers", [])),
    ]
    return [count for count in counts if count is not None]


def _together(items: list[dict]) -> Iterator[str]:
    first, *others = items
    if first["name"] != "default":
        yield "the first predictor is not `default`"
    if "pdbSpec" not in first["componentSpecs"][0]:
        yield "there is no disruption budget"
    for item in others:
        more = {"pdbSpec", "kedaSpec"} & set(item["componentSpecs"][0])
        if more:
            yield f"predictor {item['name']} has {sorted(more)}, which the operator cannot remove"
    total = sum(item["traffic"] for item in items if not item.get("shadow"))
    if total != 100:
        yield f"traffic sums to {total}, which the operator refuses"
