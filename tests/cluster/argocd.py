"""Argo CD as plain processes beside the cluster that they manage."""

import json
import shutil
import urllib.request
from pathlib import Path

from tests.cluster import build, manifests
from tests.cluster.control_plane import ControlPlane
from tests.cluster.git_server import GitServer
from tests.cluster.network import Network
from tests.cluster.process import Processes, answers
from tests.ports import Ports

NAMESPACE = "argocd"
WRAPPER = "git-verify-wrapper.sh"
# In the order of their start: the server makes the key that the webhook handlers of others read.
COMPONENTS = (
    "argocd-repo-server",
    "argocd-server",
    "argocd-application-controller",
    "argocd-applicationset-controller",
    "argocd-notifications",
)


class ArgoCD:
    """All controllers of Argo CD; `address` is its API, open to everybody on loopback.

    Nothing is polled: a test refreshes the Application or ApplicationSet that it wants to see move.
    """

    def __init__(
        self,
        folder: Path,
        processes: Processes,
        ports: Ports,
        control_plane: ControlPlane,
        git: GitServer,
        network: Network,
    ) -> None:
        self.folder = folder / "argocd"
        self._processes, self._ports, self._network = processes, ports, network
        self._control_plane, self._git = control_plane, git
        self._redis, self._repo = ports.take(), ports.take()
        self._port = ports.take()
        self.address = f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Apply Argo CD's own configuration and start it; return when every part answers."""
        self._prepare_folder()
        self.configure()
        self._processes.start("redis", ["redis-server", *self._redis_options()])
        for name in COMPONENTS:
            self.start_component(name)

    def configure(self) -> None:
        """Apply the configuration that the project ships, which is nearly empty."""
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
        objects = [
            document
            for pattern in ("manifests/base/config/argocd-*", "manifests/base/notification/*-cm.*")
            for document in manifests.read(manifests.ARGOCD, pattern)
        ]
        secret = {"apiVersion": "v1", "kind": "Secret"}
        objects.append(secret | {"metadata": {"name": "argocd-notifications-secret"}})
        kubectl = self._control_plane.kubectl
        kubectl.apply(namespace)
        kubectl.apply(*objects, namespace=NAMESPACE)

    def start_component(self, name: str) -> None:
        """Start one of `COMPONENTS`; return when it answers."""
        options, health = self._options(name)
        # One program for all: it acts as the component that this variable names.
        self._processes.start(
            name,
            [build.program("argocd"), *options],
            lambda: answers(health),
            ARGOCD_BINARY_NAME=name,
            **self._environment(),
        )

    def api(self, path: str) -> dict:
        """Return the answer of Argo CD's API to a GET."""
        with urllib.request.urlopen(f"{self.address}{path}", timeout=30) as answer:
            return json.load(answer)

    def _prepare_folder(self) -> None:
        for name in ("tls", "ssh", "gpg", "plugins", "tmp", "programs"):
            (self.folder / name).mkdir(parents=True)
        # Argo CD looks its trusted certificates up by host name.
        shutil.copy(self._git.certificate, self.folder / "tls" / "127.0.0.1")
        (self.folder / "programs" / "kustomize").symlink_to(build.program("kustomize"))
        # The image of Argo CD has it on its PATH; each commit goes through it, signed or not.
        wrapper = manifests.folder_of(manifests.ARGOCD) / "hack" / WRAPPER
        (self.folder / "programs" / WRAPPER).write_bytes(wrapper.read_bytes())
        (self.folder / "programs" / WRAPPER).chmod(0o755)

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": f"{self.folder}/programs:/usr/local/bin:/usr/bin:/bin",
            "TMPDIR": f"{self.folder}/tmp",
            "KUBECONFIG": str(self._control_plane.kubeconfig("argocd", NAMESPACE)),
            # The address of the cluster that a pod would use means the cluster of KUBECONFIG.
            "ARGOCD_FAKE_IN_CLUSTER": "true",
            "ARGOCD_TLS_DATA_PATH": f"{self.folder}/tls",
            "ARGOCD_SSH_DATA_PATH": f"{self.folder}/ssh",
            "ARGOCD_GNUPGHOME": f"{self.folder}/gpg",
            "ARGOCD_GPG_DATA_PATH": f"{self.folder}/gpg",
            "ARGOCD_PLUGINSOCKFILEPATH": f"{self.folder}/plugins",
            "ARGOCD_GPG_ENABLED": "false",
            "ARGOCD_SYNC_WAVE_DELAY": "1",
            "ARGOCD_K8S_CLIENT_QPS": "200",
            "ARGOCD_K8S_CLIENT_BURST": "400",
        } | self._network.environment

    def _redis_options(self) -> list[str]:
        options = {"port": str(self._redis), "bind": "127.0.0.1", "save": "", "appendonly": "no"}
        return [part for name, value in options.items() for part in (f"--{name}", value)]

    def _options(self, name: str) -> tuple[list[str], str]:
        """Return the options of a component and the address that tells whether it works."""
        redis, repo = f"--redis=127.0.0.1:{self._redis}", f"127.0.0.1:{self._repo}"
        metrics = self._ports.take()
        health = f"http://127.0.0.1:{metrics}/healthz"
        if name == "argocd-repo-server":
            options = [redis, f"--port={self._repo}", "--address=127.0.0.1", "--disable-tls"]
            # Its default is a path, and 3.5 refuses any path together with the option before it.
            options += ["--client-ca-path="]
            options += [f"--metrics-port={metrics}", "--metrics-address=127.0.0.1"]
        elif name == "argocd-application-controller":
            options = [redis, f"--repo-server={repo}", "--repo-server-plaintext"]
            options += ["--app-resync=86400", "--app-resync-jitter=0", f"--metrics-port={metrics}"]
            options += ["--status-processors=4", "--operation-processors=4"]
            options += ["--self-heal-timeout-seconds=1", "--persist-resource-health"]
        elif name == "argocd-applicationset-controller":
            options = [f"--argocd-repo-server={repo}", "--repo-server-plaintext"]
            options += [f"--metrics-addr=127.0.0.1:{metrics}"]
            options += [f"--probe-addr=127.0.0.1:{self._ports.take()}"]
            options += [f"--webhook-addr=127.0.0.1:{self._ports.take()}"]
            health = f"http://127.0.0.1:{metrics}/metrics"
        elif name == "argocd-server":
            options = [redis, f"--repo-server={repo}", "--repo-server-plaintext"]
            options += ["--disable-auth", "--insecure", "--address=127.0.0.1"]
            options += [f"--port={self._port}", f"--metrics-port={metrics}"]
            health = f"{self.address}/healthz"
        else:
            options = [f"--argocd-repo-server={repo}", "--argocd-repo-server-plaintext"]
            options += [f"--metrics-port={metrics}"]
            health = f"http://127.0.0.1:{metrics}/metrics"
        return options, health
