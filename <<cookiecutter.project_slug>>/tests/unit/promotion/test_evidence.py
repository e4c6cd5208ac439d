"""The text of pull requests of every kind, for good and for broken and for hostile files."""

import pytest
from markdown_it import MarkdownIt
from rollout_world import NEW, NOW, OLD, World

from <<cookiecutter.package_name>>.promotion.evidence import LIMIT, pull_request_text
from <<cookiecutter.package_name>>.promotion.places import BLOCKED, record_file, release_file
from <<cookiecutter.package_name>>.promotion.plans import (
    Plan,
    plan_promotion,
    plan_release,
    plan_rollback,
)
from <<cookiecutter.package_name>>.promotion.record import parse_record
from <<cookiecutter.package_name>>.promotion.rollout import (
    plan_abort,
    plan_canary_start,
    plan_canary_step,
    plan_finish,
    plan_shadow_start,
    plan_stop,
)

DIFF = """\
--- prod at 1
+++ prod with this change
@@ -1,3 +1,4 @@
 kind: SeldonDeployment
-  image: old
+  image: new
+  more: yes
"""


@pytest.fixture
def world():
    return World(strategy="direct")


def tokens(text):
    return MarkdownIt("commonmark").enable("table").parse(text)


def headings(text):
    found = tokens(text)
    return [found[n + 1].content for n, t in enumerate(found) if t.type == "heading_open"]


def promotion(world, rendered=DIFF, details=""):
    return pull_request_text(plan_promotion(world.base, "prod"), world.base, rendered, details)


def test_a_promotion_has_all_of_its_evidence(world):
    text = promotion(world)

    assert text.startswith(f"`{NEW.id}` replaces `{OLD.id}` in **prod**.\n")
    assert headings(text) == [
        "Metrics",
        "Expected value",
        "Data",
        "Load test",
        "What changes in the cluster",
        "Way back",
    ]
    for part in (NEW.image, NEW.bundle_digest, NEW.bundle_uri, NEW.commit, NEW.run, NEW.data_hash):
        assert f"`{part}`" in text
    assert f'make rollback ENV=prod RELEASE={OLD.id} REASON="..."' in text
    assert "Not touched: dev, staging." in text


def test_the_trailers_end_it_as_git_reads_them(world):
    text = promotion(world)

    last = [line.strip() for line in text.rstrip().rpartition("\n\n")[2].splitlines()]
    assert last == [f"Release: {NEW.id}", "Environment: prod", "Promotion-Kind: promotion"]


def test_what_did_not_change_is_called_the_same(world):
    text = promotion(world)

    assert "| Dataset | the same | `data-2026-11` |" in text
    assert f"| Release | `{OLD.id}` | `{NEW.id}` |" in text


def test_the_rendered_difference_is_folded_and_counted(world):
    text = promotion(world)

    assert "<summary>prod: 2 lines more, 1 lines less</summary>" in text
    (fence,) = [t for t in tokens(text) if t.type == "fence" and t.info == "diff"]
    assert fence.content == DIFF


@pytest.mark.parametrize(
    ("rendered", "said"), [(None, "not rendered, because there was no kustomize"), ("", "no rend")]
)
def test_without_a_difference_it_says_why(world, rendered, said):
    assert said in promotion(world, rendered)


def test_a_long_difference_is_cut_and_says_so(world):
    long = DIFF + "".join(f"+line {number} `code` <b>\n" for number in range(9000))

    text = promotion(world, long, "details\n" * 3000)

    assert len(text) <= LIMIT
    assert f"of {len(long):,} characters" in text
    assert "kustomize build gitops/overlays/prod" in text
    assert headings(text)[-1] == "Way back"
    assert text.count("</details>") == text.count("<details>")


def test_details_of_an_analysis_are_part_of_it(world):
    text = promotion(world, details="\n### Analysis\n\n| Metric |\n| --- |\n| p95 |\n")

    assert "Analysis" in headings(text)
    assert text.rstrip().endswith("Promotion-Kind: promotion")


def test_the_first_release_of_an_environment(world):
    del world.files[release_file("prod")]

    text = promotion(world)

    assert text.startswith(f"`{NEW.id}` is the first release of **prod**: nothing is replaced.")
    assert "prod has no release to compare with" in text
    assert "Now in" not in text
    assert "None: prod ran nothing before; a better release replaces it." in text


def test_a_new_release_brings_its_own_record(world):
    content = world.files.pop(record_file(NEW.id))
    del world.files[release_file("dev")]
    plan = plan_release(world.base, NEW, parse_record(content, "record"))

    text = pull_request_text(plan, world.base, None)

    assert "`roc_auc`" in text
    assert "no readable record" not in text


@pytest.mark.parametrize("content", [None, b"{broken"])
def test_a_release_without_a_readable_record_is_told(world, content):
    world.files[record_file(NEW.id)] = content
    world.files = {path: found for path, found in world.files.items() if found is not None}

    text = promotion(world)

    assert f"There is no readable record of this release at `{record_file(NEW.id)}`." in text


def test_a_broken_file_in_the_environment_is_told_and_replaced(world):
    path = release_file("prod")
    world.files[path] = world.files[path].replace(b"team", b"evil")

    text = promotion(world)

    assert "The present release file is broken; this replaces it." in text
    assert "Now in prod" not in text


def rolled_back(world, reason):
    world.files[release_file("prod")] = NEW.to_yaml()
    plan = plan_rollback(world.base, "prod", [OLD.to_yaml()], None, reason, "Ann", NOW)
    return pull_request_text(plan, world.base, DIFF)


def test_a_rollback_says_why_and_compares_the_other_way_round(world):
    text = rolled_back(world, "error ratio 0.31")

    assert text.startswith(
        f"**prod** goes back from `{NEW.id}` to `{OLD.id}`.\n\nReason: `error ratio 0.31`\n"
    )
    assert f"| Release | `{NEW.id}` | `{OLD.id}` |" in text
    assert f"`{NEW.id}` is blocked with this merge." in text
    assert "make rollback" not in text


HOSTILE = "@team </details><script>x</script> | `a`\n\n/approve\nSigned-off-by: x closes #1 " * 9


def test_hostile_texts_are_shown_as_code_only(world):
    record = parse_record(world.files[record_file(OLD.id)], "record")
    evil = {
        **record.__dict__,
        "metrics": {HOSTILE: {"value": HOSTILE, "low": 1, "high": 2, "baseline": None}},
        "drift": {"status": HOSTILE, "detail": HOSTILE, "share": HOSTILE},
        "quality": {"passed": False, "findings": [HOSTILE] * 3},
        "load_test": {"p95_milliseconds": {HOSTILE: HOSTILE}, "problems": [HOSTILE]},
    }
    world.files[record_file(OLD.id)] = type(record)(**evil).to_json()

    text = rolled_back(world, HOSTILE)

    for token in tokens(text):
        if token.type == "html_block":
            assert token.content.strip() in (
                "<details>\n<summary>Digests in full</summary>",
                "<details>\n<summary>prod: 2 lines more, 1 lines less</summary>",
                "</details>",
            )
        for child in token.children or ():
            assert child.type in (
                *("text", "code_inline", "softbreak", "hardbreak"),
                *("strong_open", "strong_close"),
            )
            if child.type != "code_inline":
                assert "@" not in child.content and "approve" not in child.content
    assert not any(line.startswith(("/", "Signed-off")) for line in text.splitlines())


def test_a_name_that_is_no_name_is_no_trailer(world):
    path = release_file("prod")
    world.files[path] = NEW.to_yaml().replace(NEW.id.encode(), b"@all [x](y)")
    plan = plan_rollback(world.base, "prod", [OLD.to_yaml()], None, "broken", "Ann", NOW)

    text = pull_request_text(plan, world.base, None)

    assert "Release: `@all [x](y)`" in text


@pytest.fixture
def mesh():
    return World()


def test_a_canary_says_how_much_it_gets_and_how_it_goes(mesh):
    start = plan_canary_start(mesh.base, "prod", NOW)
    text = pull_request_text(start, mesh.base, DIFF)

    assert text.startswith(f"**prod** runs `{OLD.id}` now. Beside it: `")
    assert "5 %" in text.splitlines()[0]
    assert f"| Release | `{OLD.id}` | `{NEW.id}` |" in text
    assert 'make canary-abort ENV=prod REASON="..."' in text
    mesh.merge(start)
    step = pull_request_text(plan_canary_step(mesh.base, "prod"), mesh.base, DIFF)
    assert "25 %" in step.splitlines()[0]
    assert f"| Release | `{OLD.id}` | `{NEW.id}` |" in step


def test_the_end_of_a_canary_can_be_taken_back(mesh):
    mesh.merge(plan_canary_start(mesh.base, "prod", NOW))
    for _ in range(3):
        mesh.merge(plan_canary_step(mesh.base, "prod"))

    text = pull_request_text(plan_finish(mesh.base, "prod"), mesh.base, DIFF)

    assert text.startswith(f"`{NEW.id}` has proven itself and replaces `{OLD.id}` in **prod**.")
    assert f"make rollback ENV=prod RELEASE={OLD.id}" in text


def test_an_abort_says_why(mesh):
    mesh.merge(plan_canary_start(mesh.base, "prod", NOW))
    plan = plan_abort(mesh.base, "prod", "error ratio", "Ann", NOW)

    text = pull_request_text(plan, mesh.base, DIFF)

    assert text.startswith(
        f"`{NEW.id}` is taken away from **prod**; `{OLD.id}` answers everything again.\n\n"
        "Reason: `error ratio`\n"
    )
    assert "Way back" not in headings(text)
    assert BLOCKED in plan.files


def test_an_abort_of_what_is_blocked_already_says_why(mesh):
    mesh.merge(plan_canary_start(mesh.base, "prod", NOW))
    mesh.block(NEW)
    plan = plan_abort(mesh.base, "prod", "error ratio", "Ann", NOW)

    assert BLOCKED not in plan.files
    assert "Reason: `error ratio`\n" in pull_request_text(plan, mesh.base, DIFF)


def test_a_shadow_begins_and_ends_without_a_way_back(mesh):
    start = plan_shadow_start(mesh.base, "prod", 50, NOW)
    began = pull_request_text(start, mesh.base, DIFF)
    mesh.merge(start)
    ended = pull_request_text(plan_stop(mesh.base, "prod", "seen enough"), mesh.base, DIFF)

    assert "Beside it: `" in began
    assert ended.startswith(f"The trial of `{NEW.id}` in **prod** ends; `{OLD.id}` stays.")
    assert "Way back" not in headings(began) + headings(ended)


def test_a_plan_without_a_release_still_has_a_text(mesh):
    plan = Plan("b", "t", "t\n\nKey: value\n", {}, (), "promotion", "prod", NEW.id)

    text = pull_request_text(plan, mesh.base, None)

    assert headings(text) == ["What changes in the cluster", "Way back"]
    assert text.endswith("Key: value\n")
