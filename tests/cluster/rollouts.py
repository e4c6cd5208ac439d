"""The analysis controller of Argo Rollouts: it measures, and moves no traffic."""

from pathlib import Path

from tests.cluster import build
from tests.cluster.control_plane import ControlPlane
from tests.cluster.network import Network
from tests.cluster.process import Processes, answers
from tests.ports import Ports


def start(
    processes: Processes, ports: Ports, control_plane: ControlPlane, network: Network
) -> None:
    """Start the controller; return when it answers."""
    health, metrics = ports.take(), ports.take()
    command: list[str | Path] = [
        build.program("rollouts-controller"),
        "--controllers=analysis",
        "--leader-elect=false",
        f"--healthzPort={health}",
        f"--metricsPort={metrics}",
    ]
    kubeconfig = str(control_plane.kubeconfig("rollouts", "argo-rollouts"))
    processes.start(
        "rollouts-controller",
        command,
        lambda: answers(f"http://127.0.0.1:{health}/healthz"),
        KUBECONFIG=kubeconfig,
        **network.environment,
    )
