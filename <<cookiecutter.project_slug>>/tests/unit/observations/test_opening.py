"""From settings to readers."""

from datetime import timedelta

import pytest
from event_lines import NOW, SINCE
from search_server import searching

from <<cookiecutter.package_name>>.observations.files import FileReader
from <<cookiecutter.package_name>>.observations.logged_settings import LoggedSettings
from <<cookiecutter.package_name>>.observations.opening import open_reader, read_labels
from <<cookiecutter.package_name>>.observations.records import ObservationError
from <<cookiecutter.package_name>>.settings import Observability

FILES = {"kind": "files", "path": "events/*"}
ENGINE = {"kind": "elasticsearch", "index": "logs-ml.prediction-{environment}"}


def settings(**places) -> LoggedSettings:
    return LoggedSettings.model_validate({"predictions": FILES, **places})


def test_the_kind_decides_about_the_reader(tmp_path):
    access = Observability("model", environment="prod", elasticsearch="http://engine:9200/")

    assert isinstance(open_reader(settings().predictions, tmp_path, access), FileReader)
    found = open_reader(settings(predictions=ENGINE).predictions, tmp_path, access)
    assert found.place == "http://engine:9200/logs-ml.prediction-prod"
    other = settings(predictions={**ENGINE, "url": "http://other:9200"}).predictions
    assert open_reader(other, tmp_path, access).place.startswith("http://other:9200/")


def test_an_engine_without_address_is_refused(tmp_path):
    with pytest.raises(ObservationError, match="ELASTICSEARCH_URL"):
        open_reader(settings(predictions=ENGINE).predictions, tmp_path, Observability("model"))


def test_an_engine_is_asked_for_the_window_in_pages_of_the_setting(tumours, tmp_path):
    found = [
        {
            "@timestamp": (NOW + timedelta(hours=at)).isoformat(timespec="milliseconds"),
            "event": {"id": f"a-{number}", "dataset": "ml.label"},
            "ml": {"label": "benign"},
        }
        for number, at in enumerate((-3, -2, -1, 1))
    ]
    with searching(found) as engine:
        place = {**ENGINE, "url": engine.url, "page": 2}
        access = Observability("model")
        labels = read_labels(settings(labels=place), tumours.schema, tmp_path, access, SINCE, NOW)

    assert labels.ids.tolist() == ["a-0", "a-1", "a-2"]
    assert {body["size"] for _, _, body in engine.requests} == {2}


def test_labels_of_before_the_window_are_left_out(tumours, tmp_path):
    rows = [
        f"a-{n},benign,{(SINCE + timedelta(days=day)).isoformat()}" for n, day in enumerate((-1, 1))
    ]
    (tmp_path / "a.csv").write_text("\n".join(["event_id,label,labelled_at", *rows]))
    access = Observability("model")

    def count(**places) -> int:
        found = settings(**places)
        return len(read_labels(found, tumours.schema, tmp_path, access, SINCE, NOW))

    assert count(labels={"kind": "files", "path": "*.csv"}) == 1
    (tmp_path / "a.csv").write_text("\n".join(["event_id,label,labelled_at", rows[1]]))
    assert count(labels={"kind": "files", "path": "*.csv"}) == 1
    assert count() == 0
