"""A repository with a remote, and each forge on it: the local one, and two real servers."""

import ipaddress
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from absent import program
from forge_servers import Hub, serving
from github_server import GitHubServer
from gitlab_server import TOKEN, GitLabServer

from <<cookiecutter.package_name>>.promotion.forges import Forge
from <<cookiecutter.package_name>>.promotion.forges.github import GitHubForge
from <<cookiecutter.package_name>>.promotion.forges.gitlab import GitLabForge
from <<cookiecutter.package_name>>.promotion.forges.local import LocalForge

# They would send a test's requests elsewhere, or with another login.
FOREIGN = (
    *("GH_TOKEN", "GITHUB_TOKEN", "GITHUB_ENTERPRISE_TOKEN", "GH_HOST", "GH_REPO", "GH_DEBUG"),
    *("GITLAB_URL", "GITLAB_TOKEN", "CI_JOB_TOKEN", "CI_API_V4_URL", "CI_PROJECT_PATH"),
    *("CI_SERVER_TLS_CA_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "https_proxy"),
    *("HTTP_PROXY", "http_proxy"),
)


@dataclass
class Place:
    """A clone at ``root``, its remote ``bare``, and a forge that shows it."""

    root: Path
    bare: Path
    forge: Forge | None = None
    hub: Hub | None = None
    url: str = ""

    def git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.root), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def push(self, branch: str, name: str, content: str, start: str = "origin/trunk") -> str:
        """Push a commit that writes one file, on top of ``start``; return it."""
        self.git("fetch", "--quiet", "--prune", "origin")
        self.git("checkout", "--quiet", "--detach", start)
        (self.root / name).write_text(content)
        self.git("add", name)
        self.git("commit", "--quiet", "-m", f"Write {name}")
        self.git("push", "--quiet", "--force", "origin", f"HEAD:refs/heads/{branch}")
        return self.git("rev-parse", "HEAD")

    def remote(self, name: str) -> str:
        """The commit of a branch in the remote; empty if there is none."""
        command = ["git", "-C", str(self.bare), "rev-parse", "--verify", "--quiet", name]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()

    def parents(self, branch: str) -> list[str]:
        command = ["git", "-C", str(self.bare), "rev-list", "--parents", "-n", "1", branch]
        return subprocess.run(command, capture_output=True, text=True).stdout.split()[1:]


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone and its remote. The default branch is not called main, so nothing can assume it."""
    folder = tmp_path_factory.mktemp("untouched")
    bare, root = folder / "remote.git", folder / "clone"
    for command in (
        f"init --quiet --bare {bare}",
        f"-C {bare} symbolic-ref HEAD refs/heads/trunk",
        f"clone --quiet {bare} {root}",
        f"-C {root} config user.name Robin",
        f"-C {root} config user.email robin@example.com",
        f"-C {root} symbolic-ref HEAD refs/heads/trunk",
        f"-C {root} commit --quiet --allow-empty --message Begin",
        f"-C {root} push --quiet --set-upstream origin trunk",
    ):
        subprocess.run(["git", *command.split()], check=True, capture_output=True)
    return folder


@pytest.fixture
def place(untouched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)
    home, copy = tmp_path / "home", tmp_path / "copy"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GH_CONFIG_DIR", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    shutil.copytree(untouched, copy)
    found = Place(copy / "clone", copy / "remote.git")
    found.git("remote", "set-url", "origin", str(found.bare))
    return found


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1, and its key: gh speaks to servers by TLS only."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "of this test")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("certificate")
    encoding = serialization.Encoding.PEM
    (folder / "certificate").write_bytes(signed.public_bytes(encoding))
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key").write_bytes(key.private_bytes(encoding, form, plain))
    return folder / "certificate", folder / "key"


@pytest.fixture
def github(place, certificate, monkeypatch) -> Iterator[Place]:
    """GitHub's server; the real `gh` speaks to it."""
    program("gh")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    monkeypatch.setenv("GH_ENTERPRISE_TOKEN", "a-token-of-this-test")
    place.hub = Hub(place.bare)
    with serving(GitHubServer, place.hub, certificate) as port:
        place.url = f"https://127.0.0.1:{port}/{place.hub.full_name}.git"
        place.forge = GitHubForge(place.root, place.url)
        yield place


@pytest.fixture
def gitlab(place, monkeypatch) -> Iterator[Place]:
    """GitLab's server, not at the root of its host."""
    place.hub = Hub(place.bare, full_name="acme/risk/tumour-screening")
    with serving(GitLabServer, place.hub) as port:
        monkeypatch.setenv("GITLAB_URL", f"http://127.0.0.1:{port}/git")
        monkeypatch.setenv("GITLAB_TOKEN", TOKEN)
        place.url = f"http://127.0.0.1:{port}/git/{place.hub.full_name}.git"
        place.forge = GitLabForge(place.root, place.url)
        yield place


@pytest.fixture
def local(place) -> Place:
    """The repository alone."""
    place.forge = LocalForge(place.root)
    return place


@pytest.fixture(params=["local", "github", "gitlab"])
def each(request: pytest.FixtureRequest) -> Place:
    """Every forge in turn, for what must not differ."""
    found: Callable[..., Place] = request.getfixturevalue(request.param)
    return found
