"""A certificate authority for one run, and the server certificates that it signs."""

import subprocess
from pathlib import Path

CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc")


class Authority:
    """Signs the certificates of the API server, the Git server and the webhook of one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certificate = folder / "authority.crt"
        self._key = folder / "authority.key"
        folder.mkdir(parents=True)
        self._request(self.certificate, self._key, "/CN=test cluster", "basicConstraints=CA:TRUE")

    def issue(self, name: str) -> tuple[Path, Path]:
        """Return the paths of a new certificate for a host name and loopback, and of its key."""
        certificate, key = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        hosts = f"subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:{name}"
        signer = ("-CA", str(self.certificate), "-CAkey", str(self._key))
        self._request(
            certificate,
            key,
            f"/CN={name}",
            "basicConstraints=CA:FALSE",
            "-addext",
            hosts,
            *signer,
        )
        return certificate, key

    def _request(self, certificate: Path, key: Path, subject: str, basic: str, *more: str) -> None:
        command = ["openssl", "req", "-x509", *CURVE, "-days", "2", "-subj", subject]
        command += ["-addext", basic, "-keyout", str(key), "-out", str(certificate), *more]
        subprocess.run(command, check=True, capture_output=True, timeout=30)
