"""What two environments have set differently, and what is no difference."""

import pytest

from <<cookiecutter.package_name>>.promotion.overlay_settings import Difference, differences

SCALING = """\
# Of one environment.
apiVersion: v1
kind: ConfigMap
metadata: {{name: scaling}}
data:
  replicas: "{replicas}"
  zone: Etc/UTC
"""


def compare(staging: dict[str, str], prod: dict[str, str]) -> list[Difference]:
    there, here = ({k: v.encode() for k, v in files.items()} for files in (staging, prod))
    return differences("staging", there, "prod", here)


def test_a_value_is_told_by_file_and_key():
    found = compare(
        {"settings/scaling.yaml": SCALING.format(replicas=2)},
        {"settings/scaling.yaml": SCALING.format(replicas=4)},
    )

    assert found == [Difference("settings/scaling.yaml", "replicas", "2", "4")]


def test_comments_order_and_the_own_name_are_no_difference():
    staging = (
        "# a\nnamespace: risk-staging\nlabels: {env: staging, team: risk}\nurl: https://staging.x"
    )
    prod = "labels: {team: risk, env: prod}\n# b\nurl: https://prod.x\nnamespace: risk-prod\n"

    assert compare({"kustomization.yaml": staging}, {"kustomization.yaml": prod}) == []


def test_a_name_inside_a_word_is_not_the_environment():
    (found,) = compare({"a.yaml": "unit: products"}, {"a.yaml": "unit: stagings"})

    assert (found.source, found.here) == ("products", "stagings")


def test_what_only_one_of_them_has_is_told():
    found = compare({"a.yaml": "x: 1\ny: 2\n", "b.yaml": "z: 3"}, {"a.yaml": "x: 1\nw: null"})

    assert found == [
        Difference("a.yaml", "y", "2", None),
        Difference("a.yaml", "w", None, "null"),
        Difference("b.yaml", "z", "3", None),
    ]


def test_one_more_entry_of_a_list_changes_only_itself():
    staging = "components: [settings, rollout]\ncontainers: [{name: model, cpu: 1}]"
    prod = "components: [settings, scaling, rollout]\ncontainers: [{name: model, cpu: 2}, [a]]"

    found = compare({"k.yaml": staging}, {"k.yaml": prod})

    assert [(item.key, item.source, item.here) for item in found] == [
        ("containers.model.cpu", "1", "2"),
        ("components scaling", None, "listed"),
        ("containers.1 a", None, "listed"),
    ]


def test_a_limit_of_alerts_is_told_by_its_name():
    limit = "rules:\n  - {record: 'ml:threshold', labels: {name: drift_share}, expr: vector(%s)}\n"

    (found,) = compare({"thresholds.yaml": limit % 0.4}, {"thresholds.yaml": limit % 0.3})

    assert found.key == "rules.drift_share.expr"
    assert (found.source, found.here) == ("vector(0.4)", "vector(0.3)")


def test_patches_without_a_name_are_counted():
    patch = "- {op: replace, path: /spec/replicas, value: %s}"

    (found,) = compare({"patch.yaml": patch % 1}, {"patch.yaml": patch % 3})

    assert (found.key, found.source, found.here) == ("0.value", "1", "3")


def test_several_documents_in_a_file_are_told_apart():
    (found,) = compare({"a.yaml": "x: 1\n---\nx: 2"}, {"a.yaml": "x: 1\n---\nx: 3"})

    assert (found.key, found.source, found.here) == ("1.x", "2", "3")


@pytest.mark.parametrize("broken", ["a: [", "\x00"])
def test_a_broken_file_is_different_if_its_text_is(broken):
    (found,) = compare({"a.yaml": broken}, {"a.yaml": broken + "b"})

    assert found.key == ""
    assert compare({"a.yaml": broken}, {"a.yaml": broken}) == []
