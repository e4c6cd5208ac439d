"""Git addresses in every form that people and CI use."""

import pytest

from <<cookiecutter.package_name>>.promotion.forges.addresses import Address, parse_address


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://github.com/acme/risk", Address("https", "github.com", "acme/risk")),
        ("https://github.com/acme/risk.git/", Address("https", "github.com", "acme/risk")),
        (
            "https://robin:secret" + "@git.example.com:8443/a/b/c.git",
            ("https", "git.example.com:8443"),
        ),
        (
            "https://gitlab-ci-token:x" + "@gitlab.com/a/b.git",
            Address("https", "gitlab.com", "a/b"),
        ),
        ("http://127.0.0.1:3000/git/a/b", Address("http", "127.0.0.1:3000", "git/a/b")),
        ("ssh://git@GitHub.com:22/acme/risk.git", Address("ssh", "github.com", "acme/risk")),
        ("git@github.com:acme/risk.git", Address("ssh", "github.com", "acme/risk")),
        ("github.com:acme/risk", Address("ssh", "github.com", "acme/risk")),
        ("git@gitlab.example.com:a/b/c.git", Address("ssh", "gitlab.example.com", "a/b/c")),
        ("https://github.com/acme/my%20risk", Address("https", "github.com", "acme/my risk")),
        (" https://github.com/acme/risk \n", Address("https", "github.com", "acme/risk")),
    ],
)
def test_an_address_on_a_host_is_read(url, expected):
    found = parse_address(url)

    if isinstance(expected, Address):
        assert found == expected
    else:
        assert (found.scheme, found.host) == expected
    assert "secret" not in str(found)


@pytest.mark.parametrize(
    "url",
    [
        *("/srv/git/risk.git", "../risk", "file:///srv/git/risk.git", "C:/git/risk", ""),
        *("https://", "https://example.com:port/a/b", "risk"),
    ],
)
def test_a_folder_is_not_on_a_host(url):
    assert parse_address(url) is None
