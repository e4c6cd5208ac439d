"""Which answers are refused, and the sentence that a person reads."""

import re

import pytest
from cookiecutter.exceptions import FailedHookException

from hooks import pre_gen_project
from tests import bakery
from tests.bakery import FINE

NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")
SLUG = "must be 3 to 30 lower-case letters, digits and single hyphens, a letter first."
PACKAGE = "must be 1 to 32 of a-z, 0-9 and _, a letter first."
TEAM = "must be 2 to 30 lower-case letters, digits and single hyphens, a letter first."
TAKEN = "is taken by Python or a package; choose another."
NAME_LINE = (
    "must be 1 to 60 characters in one line, without '<', control characters or outer spaces."
)
TEXT_LINE = NAME_LINE.replace("60", "200")
REFUSED = [
    *(
        ("project_name", name, NAME_LINE)
        for name in (
            *("", " \u2003 ", "two\nlines", "a\tb", "bell \x07", "next\x85line", "a\u2028b"),
            *("reversed \u202e", "half \ud83d an emoji", "a <b> tag", "<< cookiecutter.team >>"),
            *(" padded", "padded\u00a0", "x" * 61),
        )
    ),
    *(
        ("description", text, TEXT_LINE)
        for text in ("", "two\r\nlines", "<% raw %>", "a\x00b", "x" * 201)
    ),
    *(
        ("project_slug", slug, SLUG)
        for slug in (
            *("", "ab", "a" * 31, "Credit", "credit_risk", "1credit", "-credit", "credit-"),
            *("cre--dit", "credit risk", "crédit", "../credit", "credit\n", "credit.risk", "~cr"),
        )
    ),
    ("project_slug", "mlflow", TAKEN),
    ("project_slug", "scikit-learn", TAKEN),
    *(
        ("package_name", package, PACKAGE)
        for package in (
            *("", "a" * 33, "Credit", "credit-risk", "1credit", "_credit", "credit.risk"),
            *("crédit", "credit risk", "credit\n"),
        )
    ),
    *(
        ("package_name", package, TAKEN)
        for package in (
            *("class", "import", "json", "statistics", "test", "zenml", "mlflow", "sklearn"),
            *("pandas", "numpy", "evidently", "dvc", "mlserver", "seldon_core", "locust"),
            *("pytest", "tests", "src"),
        )
    ),
    *(("team", team, TEAM) for team in ("", "a", "a" * 31, "Risk Team", "risk_team", "team-", "ü")),
    *(
        ("artifact_bucket", bucket, "breaks the naming rules of the store 'local'; use ")
        for bucket in ("", "ab", "a" * 64, "Upper", "a..b", "-ab", "ab-", "a_b", "192.168.1.1")
    ),
    *(
        ("container_registry", registry, "must be lower-case, such as registry.example.com/risk")
        for registry in (
            *("", "docker", "team/model", "Ghcr.io/acme", "ghcr.io/Acme", "ghcr.io/acme/"),
            *("ghcr.io/acme/model:v1", "ghcr.io/acme@sha256:00", "https://ghcr.io/acme"),
            *(
                "ghcr.io/",
                "ghcr.io//acme",
                "ghcr.io/acme model",
                "host:port/acme",
                "ghcr.io/acme\n",
            ),
        )
    ),
]
GOOD_REGISTRIES = (
    *("ghcr.io/acme", "localhost:5000", "123.dkr.ecr.eu-west-1.amazonaws.com"),
    "host:5000/a/b_c/d.e",
)
BAD_URLS = [
    *("", "github.com/acme/x", "http://github.com/acme/x", "file:///srv/x", "git://host/x"),
    *("https://github.com", "https://user:pw@host/x", "https://token@host/x", "https://host/a b"),
    *("https://host/x?token=1", "ssh://git:pw@host/x", "git@host", "ext::sh -c x", "https://h/\n"),
    *("javascript:alert(1)", 'https://host/"x', "https://host/x#y", "--upload-pack=x@host:y"),
]
GOOD_URLS = [
    *("https://github.com/acme/x", "https://host:8443/~me/group/x.git", "https://host/x/"),
    *("ssh://git@host:2222/acme/x", "ssh://host/x", "git@github.com:acme/x.git"),
]


def test_fine_answers_are_accepted():
    assert pre_gen_project.problems(FINE) == []


@pytest.mark.parametrize(("question", "answer", "reason"), REFUSED)
def test_a_bad_answer_is_refused_with_one_sentence(question, answer, reason):
    found = pre_gen_project.problems({**FINE, question: answer})
    assert len(found) == 1
    assert found[0].startswith(f"{question} ")
    assert reason in found[0]
    assert found[0].isprintable() and found[0].endswith(".")


@pytest.mark.parametrize("url", BAD_URLS)
def test_a_bad_repository_address_is_refused_and_its_password_not_shown(url):
    (sentence,) = pre_gen_project.problems({**FINE, "repository_url": url})
    assert "must be an address without a password, such as https://" in sentence
    assert "pw" not in sentence and "token@" not in sentence


@pytest.mark.parametrize("url", GOOD_URLS)
def test_https_and_ssh_addresses_are_accepted(url):
    assert pre_gen_project.problems({**FINE, "repository_url": url}) == []


@pytest.mark.parametrize(
    ("store", "bucket", "legal"),
    [
        ("s3", "a.b-c", True),
        ("s3", "a_b", False),
        ("s3", "xn--abc", False),
        ("s3", "abc-s3alias", False),
        ("gcs", "a_b.c", True),
        ("gcs", "goog-abc", False),
        ("gcs", "my-google-bucket", False),
        ("azure", "abc-1", True),
        ("azure", "a--b", False),
        ("azure", "a.b", False),
        ("azure", "a" * 64, False),
    ],
)
def test_bucket_names_follow_the_rules_of_their_store(store, bucket, legal):
    found = pre_gen_project.problems({**FINE, "artifact_store": store, "artifact_bucket": bucket})
    assert [sentence.split()[0] for sentence in found] == ([] if legal else ["artifact_bucket"])


def test_each_bad_answer_gets_its_own_sentence():
    bad = {**FINE, "project_name": "", "project_slug": "X", "package_name": "Y", "team": "?"}
    assert [sentence.split()[0] for sentence in pre_gen_project.problems(bad)] == [
        "project_name",
        "project_slug",
        "package_name",
        "team",
    ]


def test_what_follows_from_a_bad_slug_is_not_reported_again():
    slug = "Bad--Slug"
    url, bucket = f"https://host/{slug}?", f"{slug}-artifacts"
    bad = {**FINE, "project_slug": slug, "package_name": "Bad__Slug", "repository_url": url}
    found = pre_gen_project.problems({**bad, "artifact_bucket": bucket, "team": "Bad--Slug"})
    assert [sentence.split()[0] for sentence in found] == ["project_slug", "team"]


def test_a_template_address_with_a_password_is_refused():
    found = pre_gen_project.problems({**FINE, "_template": "https://user:pw@host/template"})
    assert found == [
        "template has a password in its address, which would be saved; leave it to Git."
    ]


def test_no_project_can_have_the_name_of_something_it_installs():
    files = (bakery.TEMPLATE / "requirements").glob("*.in")
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    names = [name[0].lower().replace("-", "_") for line in lines if (name := NAME.match(line))]
    assert set(names) <= set(pre_gen_project.NEEDED.split())


def test_a_refusal_leaves_nothing_behind(cookies, capfd):
    result = cookies.bake(extra_context={"project_slug": "Bad Slug", "team": "?"})
    assert isinstance(result.exception, FailedHookException)
    assert result.project_path is None
    shown = capfd.readouterr().err
    assert "Nothing was generated. Please change:\n  - project_slug 'Bad Slug' must be" in shown
    assert "\n  - team '?' must be" in shown


def test_an_unknown_option_is_refused(cookies):
    result = cookies.bake(extra_context={"artifact_store": "ftp"})
    assert isinstance(result.exception, ValueError)
    assert result.project_path is None


@pytest.mark.parametrize("registry", GOOD_REGISTRIES)
def test_container_registries_are_accepted(registry):
    assert pre_gen_project.problems({**FINE, "container_registry": registry}) == []
