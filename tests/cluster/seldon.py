"""The Seldon operator as a plain process, with the environment that its own manifests give it."""

import base64
import shutil
from pathlib import Path

from tests.cluster import build, manifests
from tests.cluster.certificates import Authority
from tests.cluster.control_plane import ControlPlane
from tests.cluster.process import Processes
from tests.ports import Ports

NAMESPACE = "seldon-system"
# What the platform sets and the project's default does not.
SETTINGS = {
    "ISTIO_ENABLED": "true",
    "ISTIO_GATEWAY": "istio-system/seldon-gateway",
    "KEDA_ENABLED": "true",
    "AMBASSADOR_ENABLED": "false",
    "POD_NAMESPACE": NAMESPACE,
}


class SeldonOperator:
    """The operator and the webhook by which the API server asks it about each SeldonDeployment."""

    def __init__(
        self,
        folder: Path,
        processes: Processes,
        ports: Ports,
        control_plane: ControlPlane,
        authority: Authority,
    ) -> None:
        self.folder = folder / "seldon"
        self._processes, self._authority = processes, authority
        self._control_plane = control_plane
        self._port, self._metrics = ports.take(), ports.take()

    def start(self) -> None:
        """Configure and start it; return when the API server reaches its webhook."""
        kubectl = self._control_plane.kubectl
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
        (settings,) = manifests.read(manifests.SELDON, "config/manager/configmap.yaml")
        settings["metadata"]["name"] = "seldon-config"
        kubectl.apply(namespace)
        kubectl.apply(settings, namespace=NAMESPACE)
        self._place_certificate()
        # A webhook that cannot be asked refuses everything, and one that is not yet registered
        # nothing: the trial must be refused for what it says.
        self._processes.start("seldon-operator", self._command(), **self._environment())
        kubectl.apply(self._webhook())
        self._processes["seldon-operator"].wait_until(self._refuses, 60)

    def _refuses(self) -> bool:
        trial = {
            "apiVersion": "machinelearning.seldon.io/v1",
            "kind": "SeldonDeployment",
            "metadata": {"name": "trial", "namespace": NAMESPACE},
            "spec": {
                "predictors": [
                    {"name": name, "traffic": 10, "graph": {"name": "trial"}} for name in "ab"
                ]
            },
        }
        answer = self._control_plane.kubectl.attempt(
            "create", "--dry-run=server", "-f", "-", text=manifests.as_yaml(trial)
        )
        return "traffic" in answer.stderr.lower()

    def _command(self) -> list[str | Path]:
        return [
            build.program("seldon-operator"),
            f"--webhook-port={self._port}",
            f"--metrics-addr=127.0.0.1:{self._metrics}",
        ]

    def _environment(self) -> dict[str, str]:
        workloads = manifests.read(manifests.SELDON, "config/manager/manager.yaml")
        (pod,) = (
            document["spec"]["template"]["spec"]
            for document in workloads
            if document["kind"] == "Deployment"
        )
        own = {
            each["name"]: each["value"] for each in pod["containers"][0]["env"] if "value" in each
        }
        return (
            own
            | SETTINGS
            | {
                "KUBECONFIG": str(self._control_plane.kubeconfig("seldon", NAMESPACE)),
                "TMPDIR": str(self.folder),
            }
        )

    def _place_certificate(self) -> None:
        # There is no option for it: the webhook server looks below the folder for temporary files.
        folder = self.folder / "k8s-webhook-server" / "serving-certs"
        folder.mkdir(parents=True)
        certificate, key = self._authority.issue("seldon-webhook")
        shutil.copy(certificate, folder / "tls.crt")
        shutil.copy(key, folder / "tls.key")

    def _webhook(self) -> dict:
        """Return the webhook's registration with an address in place of the Service."""
        (registration,) = manifests.read(manifests.SELDON, "config/webhook/manifests.yaml")
        registration["metadata"]["name"] = "seldon-validating-webhook"
        bundle = base64.b64encode(self._authority.certificate.read_bytes()).decode()
        for webhook in registration["webhooks"]:
            path = webhook["clientConfig"]["service"]["path"]
            address = f"https://127.0.0.1:{self._port}{path}"
            webhook["clientConfig"] = {"url": address, "caBundle": bundle}
        return registration
