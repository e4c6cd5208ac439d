"""Everything together: one cluster with all that a release passes through."""

import shutil
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.cluster import build, manifests, rollouts
from tests.cluster.argocd import ArgoCD
from tests.cluster.audit import AuditLog
from tests.cluster.certificates import Authority
from tests.cluster.control_plane import ControlPlane
from tests.cluster.git_server import GitServer
from tests.cluster.github import GitHub
from tests.cluster.metrics import Exporter, Prometheus
from tests.cluster.network import Network
from tests.cluster.process import Processes
from tests.cluster.seldon import SeldonOperator
from tests.ports import Ports


class Rig:
    """A running cluster in a folder of its own: `with Rig() as rig: ...`.

    `kubectl` acts as the user "tests", who may do everything. Several rigs may run side by side.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or Path(tempfile.mkdtemp(prefix="cluster-"))
        self.started_in = 0.0
        self.ports = Ports()
        self.processes = Processes(self.folder)
        self.authority = Authority(self.folder / "authority")
        self.network = Network(self.authority)
        self.exporter = Exporter()
        self.git = GitServer(self.folder, self.authority)
        self.control_plane = ControlPlane(self.folder, self.processes, self.ports, self.authority)
        self.kubectl = self.control_plane.kubectl
        self.audit = AuditLog(self.control_plane.audit_log)
        self.github = GitHub(self.network)
        common = (self.folder, self.processes, self.ports)
        self.prometheus = Prometheus(*common, self.exporter)
        self.seldon = SeldonOperator(*common, self.control_plane, self.authority)
        self.argocd = ArgoCD(*common, self.control_plane, self.git, self.network)

    def __enter__(self) -> Self:
        begin = time.monotonic()
        try:
            self.control_plane.start()
            self.seldon.start()
            self.prometheus.start()
            rollouts.start(self.processes, self.ports, self.control_plane, self.network)
            self.argocd.start()
        except BaseException:
            self.stop()
            raise
        self.started_in = time.monotonic() - begin
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop all programs, the last one first, then our own servers; logs stay in `folder`."""
        self.processes.stop_all()
        for server in (self.git, self.exporter, self.network):
            server.stop()
        self.ports.release()

    def memory(self) -> dict[str, int]:
        """Return the resident memory of each program in bytes."""
        return {process.name: process.memory for process in self.processes}


def missing() -> list[str]:
    """Return why the cluster cannot run here: one line for each part that is not there."""
    reasons = []
    for tool in build.TOOLS:
        try:
            for name in tool.programs:
                build.program(name)
        except build.Unbuilt as error:
            reasons.append(str(error))
    for name in ("git", "openssl", "prometheus", "redis-server"):
        if not shutil.which(name):
            reasons.append(f"{name} is not on PATH: install the package of that name")
    try:
        manifests.definitions()
    except build.Unbuilt as error:
        reasons.append(str(error))
    return list(dict.fromkeys(reasons))
