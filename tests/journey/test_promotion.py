"""The how-to guides of promotion, block by block, as a person copies and pastes them.

The repository is its own forge. There is no cluster: where Argo CD would report, the guides call
`make report-deployment`. Blocks that need a cluster are marked `console` and are not run.
"""

import json
import re
from datetime import UTC, datetime

import pytest
import yaml

pytestmark = pytest.mark.journey
ANSWERS = "defaults"
LOAD_TEST = "artifacts/reports/load/result.json"
# A file is shown after its path, as `path`: on a line that ends so.
_BLOCK = re.compile(
    r"(?:`(?P<path>[^`\n]+)`\)?:\n\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```",
    re.MULTILINE | re.DOTALL,
)
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)


class Guide:
    """One page of docs/how-to, whose sections are run in turn."""

    def __init__(self, repository, name):
        self.repository = repository
        text = (repository.path / "docs" / "how-to" / f"{name}.md").read_text(encoding="utf-8")
        _, *parts = _SECTION.split(text)
        bodies = zip(parts[::2], parts[1::2], strict=True)
        self.sections = {title: list(_BLOCK.finditer(body)) for title, body in bodies}

    def run(self, title):
        """What the section's commands print; files that it shows are written first."""
        return [output for block in self.sections.pop(title) if (output := self._follow(block))]

    def end(self):
        """Fail if a section with commands was forgotten."""
        kinds = {title: {block["kind"] for block in left} for title, left in self.sections.items()}
        assert [title for title in kinds if "sh" in kinds[title]] == []

    def _follow(self, block):
        if block["kind"] == "sh":
            return self.repository.run(block["text"])
        if block["path"]:
            place = self.repository.path / block["path"]
            place.parent.mkdir(parents=True, exist_ok=True)
            before = place.read_text(encoding="utf-8") + "\n\n" if place.exists() else ""
            place.write_text(before + block["text"], encoding="utf-8")
        return None


@pytest.fixture(scope="module")
def trained(repository):
    """The repository with a champion."""
    repository.run("make data && git add --all && git commit --quiet --message 'First dataset'")
    repository.run("make train")
    return repository


def bring(repository, number, *environments):
    """Release the champion with image `number` to dev and promote it."""
    release = f"make release IMAGE=sha256:{number:064x} LOAD_TEST={LOAD_TEST}"
    report = "make report-deployment COMMIT=HEAD STATE=success ENV="
    steps = [release, f"{report}dev"]
    for name in environments:
        steps += [f"make promote TO={name}", f"{report}{name}"]
    repository.run("\n".join(steps))


def release_of(repository, environment):
    path = repository.path / "gitops" / "overlays" / environment / "release.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))["data"]["release"]


def blocked(repository):
    content = (repository.path / "gitops" / "blocked.yaml").read_text(encoding="utf-8")
    return [entry["release"] for entry in yaml.safe_load(content)["blocked"]]


def test_promote(trained):
    guide = Guide(trained, "promote")
    released = guide.run("1. Release to dev")
    assert "merged: Promote v1-" in released[0]
    (status,) = guide.run("2. See it healthy")
    assert re.search(r"^dev +v1-.* healthy", status, re.MULTILINE), status
    assert "make promote TO=test" in status
    (promoted,) = guide.run("3. One step after the other")
    assert re.findall(r"merged: .* to (\w+)", promoted) == ["test", "staging"]
    opened, merged, history = guide.run("4. Production")
    assert "prod none" in opened and "open: Promote v1-" in opened
    assert "ok: " in merged and "merged: Promote v1-" in merged
    assert "argocd/prod of" in merged
    assert history.count("\n") == 1 and "to prod" in history
    environments = ("dev", "test", "staging", "prod")
    assert len({release_of(trained, name) for name in environments}) == 1
    guide.end()


def test_canary(trained):
    bring(trained, 2, "test", "staging")
    candidate = release_of(trained, "staging")
    guide = Guide(trained, "canary")
    (started,) = guide.run("Start")
    assert f"merged: Start a canary of {candidate}, 5 %" in started
    assert re.search(rf"canary 5 % +{candidate}", started), started
    stepped, advanced, last = guide.run("The next step")
    assert "merged: Canary" in stepped and "from 5 to 25 %" in stepped
    assert "open: Canary" in advanced and "from 25 to 50 %" in advanced
    assert re.findall(r"merged: .* to (\d+) %", last) == ["50", "100"]
    (finished,) = guide.run("Finish")
    assert f"merged: Finish the canary of {candidate}" in finished
    assert release_of(trained, "prod") == candidate
    bring(trained, 3, "test", "staging")
    failing = release_of(trained, "staging")
    trained.run(
        "make promote TO=prod MERGE=1\nmake report-deployment ENV=prod COMMIT=HEAD STATE=success"
    )
    (aborted,) = guide.run("When it fails")
    assert f"merged: Abort the canary of {failing}" in aborted
    assert release_of(trained, "prod") == candidate
    assert blocked(trained) == [failing]
    refused = trained.run("make promote TO=prod", expect=2)
    assert "error-ratio 0.31, at most 0.01" in refused
    guide.end()


def test_roll_back(trained):
    guide = Guide(trained, "roll-back")
    before = {name: release_of(trained, name) for name in ("staging", "prod")}
    history, rolled = guide.run("By hand")
    assert history.count("\n") == 2
    assert f"merged: Roll prod back from {before['prod']}" in rolled
    assert re.search(r"^prod +v1-.* healthy", rolled, re.MULTILINE), rolled
    (automatic,) = guide.run("Automatically")
    assert f"merged: Roll staging back from {before['staging']}" in automatic
    assert "nothing to do: staging ran" in automatic
    (listed,) = guide.run("Blocked releases")
    assert "wrong answers for one hospital" in listed
    # The canary that failed in prod is what failed in staging, too.
    assert blocked(trained) == [before["staging"], before["prod"]]
    assert before["prod"] != release_of(trained, "prod") == release_of(trained, "staging")
    guide.end()


def test_ab_test(trained):
    bring(trained, 4, "test", "staging")
    guide = Guide(trained, "ab-test")
    (started,) = guide.run("1. Fix the question")
    assert "3,841 units of default and 3,841 units of challenger" in started
    assert "merged: Start an A/B test" in started
    assert guide.run("3. Keep the log") == []
    decided, stopped = guide.run("4. Decide")
    assert "not yet: default: 0 of 3,841 units" in decided
    assert "open: " not in decided
    page = trained.path / "artifacts" / "reports" / "ab-prod.html"
    assert page.stat().st_size > 10_000
    assert "merged: Stop the A/B test" in stopped
    (shadowed,) = guide.run("Shadow: nobody sees the answers")
    assert re.findall(r"merged: (\w+) .* shadow", shadowed) == ["Start", "Stop"]
    guide.end()


def test_ab_test_ends_with_the_winner(trained):
    """The same with a test that may end at once, by a log as the server writes it."""
    challenger = release_of(trained, "staging")
    question = "--outcome follow_up --baseline 0.4 --minimum-effect 0.2 --days 0"
    trained.run(
        f'make ab-start ENV=prod MERGE=1 OPTIONS="{question}"\n'
        "make report-deployment ENV=prod COMMIT=HEAD STATE=success"
    )
    log = (trained.path / "requests.jsonl").read_text(encoding="utf-8").splitlines()
    example = json.loads(log[0]) | {"@timestamp": datetime.now(UTC).isoformat()}
    lines, outcomes = [], ["unit,outcome"]
    for number in range(400):
        variant = "challenger" if number % 2 else "default"
        unit = {"ml.variant": variant, "labels.inference_id": f"c-{number}"}
        lines.append(json.dumps(example | unit))
        outcomes.append(f"c-{number},{int(number % 10 < (9 if number % 2 else 2))}")
    (trained.path / "requests.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (trained.path / "outcomes.csv").write_text("\n".join(outcomes), encoding="utf-8")
    said = trained.run(
        "make ab-decide ENV=prod ASSIGNMENTS=requests.jsonl OUTCOMES=outcomes.csv MERGE=1\n"
        "make report-deployment ENV=prod COMMIT=HEAD STATE=success"
    )
    assert "challenger: significant" in said
    assert f"merged: Challenger {challenger} wins" in said
    assert release_of(trained, "prod") == challenger


def test_environment_settings(trained):
    bring(trained, 5)
    guide = Guide(trained, "environment-settings")
    guide.run("1. The value")
    guide.run("2. The component that puts it in its place")
    (rendered,) = guide.run("3. Render before and after")
    lines = [line for line in rendered.splitlines() if line[:2] in ("< ", "> ")]
    changed = [line.split(maxsplit=1)[1] for line in lines]
    assert changed == ["- name: SERVING_MAX_ROWS", 'value: "500"']
    (tested,) = guide.run("4. The test")
    assert " passed" in tested
    (committed,) = guide.run("5. The pull request")
    assert "not a promotion" in committed
    assert "components/request-limits: listed, here not set" in committed
    (promoted,) = guide.run("6. A promotion leaves it alone")
    assert "merged: Promote v1-" in promoted
    changed = re.findall(r"^ (\S+) +\|", promoted, re.MULTILINE)
    assert changed == ["gitops/overlays/test/release.yaml"]
    assert '-            value: "500"' in promoted
    guide.end()
