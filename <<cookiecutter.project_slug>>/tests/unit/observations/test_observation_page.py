"""The page about predictions in production."""

from test_measures import NOTHING, OBSERVATION

from <<cookiecutter.package_name>>.observations.observation_page import write_observation

FULL = {
    **OBSERVATION,
    "events": {"recent": 120, "of_version": 400, "versions": {"v6": 20, "v7": 400}},
    "prediction_drift": {"method": "psi", "score": 0.1, "threshold": 0.2},
    "performance": {**OBSERVATION["performance"], "rows": {"all": 300, "age=up to 40": 40}},
    "labels": {**OBSERVATION["labels"], "used": 300, "delay_seconds": {"0.5": 60, "0.95": 190_000}},
    "findings": ["drift: 3 of 6 features drifted <b>"],
    "notes": ["not logged, so not measured: shoe size"],
}


def page(observation, tmp_path) -> str:
    return write_observation(observation, tmp_path / "page.html").read_text("utf-8")


def test_findings_figures_and_slices_are_shown(tmp_path):
    text = page(FULL, tmp_path)

    for part in ("1 finding.", "age=up to 40", "0.8000", "75.0%", "1.0 min", "95 %: 2.2 d", "v6"):
        assert part in text
    assert "Not logged, so not measured: shoe size." in text
    assert "drifted &lt;b&gt;" in text and "badge bad" in text


def test_a_quiet_day_is_not_a_good_one(tmp_path):
    empty = {
        **NOTHING,
        "events": {**NOTHING["events"], "versions": {}},
        "performance": {**NOTHING["performance"], "rows": {}},
        "labels": {**NOTHING["labels"], "used": 0},
        "findings": [],
        "notes": ["no predictions are logged"],
    }

    text = page(empty, tmp_path)

    assert "nothing to measure" in text and "badge unsure" in text
    assert "no predictions are logged." in text and "not known" in text


def test_nothing_beyond_a_limit(tmp_path):
    assert "badge good" in page({**FULL, "findings": []}, tmp_path)
