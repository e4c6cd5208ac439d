"""etcd, the API server, its controllers and scheduler, and nodes without machines (KWOK)."""

import json
import secrets
import subprocess
from functools import partial
from pathlib import Path

from tests.cluster import build, manifests
from tests.cluster.certificates import Authority
from tests.cluster.kubectl import Kubectl
from tests.cluster.process import Processes
from tests.ports import Ports

STAGES = Path(__file__).parent / "stages"
NODES = ("node-1", "node-2")
# Everything that acts on the cluster has a name of its own, so that the audit log tells who wrote.
# All may do anything: what a team's project may do is decided by Argo CD and by the service
# accounts that it acts as, which have no rights here but those of their own roles.
USERS = (
    "tests",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok",
    "argocd",
    "rollouts",
    "seldon",
)
# Writes only, and without what controllers write about themselves.
AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "verbs": ["get", "list", "watch"]},
        {
            "level": "None",
            "resources": [
                {"group": "", "resources": ["events"]},
                {"group": "events.k8s.io", "resources": ["events"]},
                {"group": "coordination.k8s.io", "resources": ["leases"]},
                {"group": "authorization.k8s.io"},
                {"group": "authentication.k8s.io"},
            ],
        },
        {"level": "Metadata"},
    ],
}
NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"labels": {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}},
    "status": {"allocatable": {"cpu": "64", "memory": "512Gi", "pods": "1000"}},
}


class ControlPlane:
    """A Kubernetes API server in `folder` that schedules pods and reports them as running."""

    def __init__(
        self, folder: Path, processes: Processes, ports: Ports, authority: Authority
    ) -> None:
        self.folder = folder / "kubernetes"
        self.folder.mkdir()
        self.address = f"https://127.0.0.1:{(port := ports.take())}"
        self.audit_log = self.folder / "audit.jsonl"
        self._processes, self._ports, self._authority = processes, ports, authority
        self._port = port
        self._tokens = {user: secrets.token_hex(16) for user in USERS}
        self.kubectl = Kubectl(self.kubeconfig("tests", "default"))

    def start(self) -> None:
        """Start everything; return when pods can be scheduled and all kinds are served."""
        self._start_etcd()
        self._start_api_server()
        self._define()
        self._start_controllers()
        self._start_kwok()

    def kubeconfig(self, user: str, namespace: str) -> Path:
        """Return the path of a kubeconfig for one of `USERS`, with `namespace` as its default."""
        path = self.folder / f"kubeconfig-{user}-{namespace}"
        authority = str(self._authority.certificate)
        cluster = {"server": self.address, "certificate-authority": authority}
        context = {"cluster": "here", "user": user, "namespace": namespace}
        path.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [{"name": "here", "cluster": cluster}],
                    "users": [{"name": user, "user": {"token": self._tokens[user]}}],
                    "contexts": [{"name": "here", "context": context}],
                    "current-context": "here",
                }
            ),
            encoding="utf-8",
        )
        return path

    def _start_etcd(self) -> None:
        client, peer = self._ports.take(), self._ports.take()
        self._etcd = f"http://127.0.0.1:{client}"
        self._processes.start(
            "etcd",
            [
                build.program("etcd"),
                f"--data-dir={self.folder}/etcd",
                f"--listen-client-urls={self._etcd}",
                f"--advertise-client-urls={self._etcd}",
                f"--listen-peer-urls=http://127.0.0.1:{peer}",
                f"--initial-advertise-peer-urls=http://127.0.0.1:{peer}",
                f"--initial-cluster=default=http://127.0.0.1:{peer}",
                "--unsafe-no-fsync",
                # The definition of SeldonDeployment alone comes near the default of 1.5 MiB.
                "--max-request-bytes=8388608",
                "--log-level=warn",
            ],
        )

    def _start_api_server(self) -> None:
        certificate, key = self._authority.issue("kube-apiserver")
        tokens, policy = self.folder / "tokens.csv", self.folder / "audit-policy.json"
        lines = [f'{token},{user},{user},"system:masters"' for user, token in self._tokens.items()]
        tokens.write_text("\n".join(lines), encoding="utf-8")
        policy.write_text(json.dumps(AUDIT_POLICY))
        self._service_key = self.folder / "service-accounts.key"
        command = ["openssl", "genrsa", "-out", str(self._service_key), "2048"]
        subprocess.run(command, check=True, capture_output=True, timeout=30)
        self._processes.start(
            "kube-apiserver",
            [
                build.program("kube-apiserver"),
                f"--etcd-servers={self._etcd}",
                f"--secure-port={self._port}",
                "--bind-address=127.0.0.1",
                # Loopback is no legal endpoint of the Service "kubernetes", and nobody calls it.
                "--endpoint-reconciler-type=none",
                f"--tls-cert-file={certificate}",
                f"--tls-private-key-file={key}",
                f"--cert-dir={self.folder}",
                "--service-cluster-ip-range=10.0.0.0/16",
                "--service-account-issuer=https://kubernetes.default.svc",
                f"--service-account-key-file={self._service_key}",
                f"--service-account-signing-key-file={self._service_key}",
                "--authorization-mode=RBAC",
                f"--token-auth-file={tokens}",
                "--allow-privileged=true",
                f"--audit-policy-file={policy}",
                f"--audit-log-path={self.audit_log}",
                "--enable-priority-and-fairness=false",
                "--profiling=false",
            ],
            self.kubectl.ready,
        )

    def _define(self) -> None:
        self.kubectl.apply(manifests.definitions())
        # A definition is served a moment after it is accepted, and KWOK ends when one is missing.
        fields = "{range .items[*]}{.spec.group}/{.spec.versions[0].name} {end}"
        groups = set(self.kubectl.run("get", "crd", f"-o=jsonpath={fields}").split())
        for group in sorted(groups):
            self._processes["kube-apiserver"].wait_until(partial(self._served, group), 30)

    def _served(self, group: str) -> bool:
        return self.kubectl.attempt("get", f"--raw=/apis/{group}").returncode == 0

    def _start_controllers(self) -> None:
        self._processes.start(
            "kube-controller-manager",
            [
                build.program("kube-controller-manager"),
                f"--kubeconfig={self.kubeconfig('kube-controller-manager', 'default')}",
                "--leader-elect=false",
                "--secure-port=0",
                f"--service-account-private-key-file={self._service_key}",
                f"--root-ca-file={self._authority.certificate}",
                # Without a metrics API it would report each autoscaler as broken; a stage of ours
                # reports them as working.
                "--controllers=*,-horizontal-pod-autoscaler-controller",
                "--kube-api-qps=200",
                "--kube-api-burst=400",
            ],
        )
        self._processes.start(
            "kube-scheduler",
            [
                build.program("kube-scheduler"),
                f"--kubeconfig={self.kubeconfig('kube-scheduler', 'default')}",
                "--leader-elect=false",
                "--secure-port=0",
                "--kube-api-qps=200",
                "--kube-api-burst=400",
            ],
        )

    def _start_kwok(self) -> None:
        stages = [f"--config={stage}" for stage in sorted(STAGES.glob("*.yaml"))]
        self._processes.start(
            "kwok",
            [
                build.program("kwok"),
                f"--kubeconfig={self.kubeconfig('kwok', 'default')}",
                "--manage-all-nodes=true",
                "--node-lease-duration-seconds=40",
                *stages,
            ],
        )
        nodes = [NODE | {"metadata": NODE["metadata"] | {"name": name}} for name in NODES]
        self.kubectl.apply(*nodes)
        self.kubectl.run("wait", "--for=condition=Ready", "nodes", "--all", "--timeout=60s")
