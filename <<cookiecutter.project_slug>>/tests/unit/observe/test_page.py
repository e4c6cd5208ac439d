"""Panels drawn from a real Prometheus: values, limits, gaps, and nothing that loads or runs."""

import json
import math
import re
import time

import pytest

from <<cookiecutter.package_name>>.dashboards import panels, variables, writing
from <<cookiecutter.package_name>>.dashboards.queries import METRICS, Query, table
from <<cookiecutter.package_name>>.observe.asking import ask, count_errors, first_metric
from <<cookiecutter.package_name>>.observe.filling import local_values
from <<cookiecutter.package_name>>.observe.page import Look, alert_names, write_page

SHARE = 'ml:share{model="a"}'
LIMIT = Query("ml:threshold", "limit", limit=True)
TEXT = "Said <so> that it is escaped."


def board(*made):
    rows = [panels.Row("Some", list(made)), panels.Row("Mesh", [MESH])]
    return writing.build("Board", "board", TEXT, rows, variables.sources(), ["x"])


MESH = panels.lines("Proxies", TEXT, "reqps", [Query('rate(istio_requests_total{a="b"}[1m])', "x")])
EVERY = (
    lambda: panels.lines("Lines", TEXT, "percentunit", [Query("ml:share", "{{model}}"), LIMIT]),
    lambda: panels.lines("Areas", TEXT, "short", [Query("ml:share", "{{model}}")], stacked=True),
    lambda: panels.lines("Steps", TEXT, "s", [Query("ml:share", "{{model}}")], step=True),
    lambda: panels.number("Number", TEXT, "percentunit", Query(SHARE, "a")),
    lambda: panels.bars("Bars", TEXT, "percentunit", Query("ml:share", "{{model}}")),
    lambda: panels.grid("Grid", TEXT, table("ml:share"), {"model": "Model", "Value": "Share"}),
    lambda: panels.heat("Heat", TEXT, "short", 'label_replace(ml:share, "le", "0.5", "", "")'),
    lambda: panels.lines("Nothing", TEXT, "short", [Query("ml:nothing", "x"), LIMIT]),
    lambda: panels.log_counts("Logs", TEXT, "log.level:error", by="event.dataset"),
)


@pytest.fixture
def page(prometheus, tmp_path):
    assert METRICS.uid == "${datasource}"
    made = board(*[make() for make in EVERY])
    path = tmp_path / "board.json"
    path.write_text(writing.text(made))
    log = tmp_path / "log.ndjson"
    line = {"log.level": "error", "event.dataset": "ml.serving"}
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    log.write_text(json.dumps(line | {"@timestamp": stamp}, separators=(",", ":")) + "\n")
    end = time.time()
    look = Look("credit", end - 10, end, "Lead.", [log], alerts=[ALERT], notes=["A <note>."])
    values = local_values("credit", "v7", "accuracy")
    write_page(tmp_path / "index.html", [path], prometheus, values, look)
    return look, (tmp_path / "index.html").read_text()


ALERT = {
    "labels": {"alertname": "MLServingDown", "severity": "critical"},
    "annotations": {"summary": "credit is <down>"},
    "since": 0,
}


def test_what_was_answered_is_drawn(page):
    look, text = page
    figures = dict(re.findall(r"<figcaption[^>]*>(\w+)<.*?</figcaption>(.*?)</figure>", text))

    assert "20 %" in figures["Number"]
    assert figures["Bars"].index("30 %") < figures["Bars"].index("20 %")
    assert "<td>b</td><td>0.30</td>" in figures["Grid"]
    assert "stroke-dasharray" in figures["Lines"] and "limit <b>50 %</b>" in figures["Lines"]
    assert "polyline" in figures["Areas"] and "polygon" in figures["Areas"]
    assert "<svg" in figures["Steps"] and "rect" in figures["Heat"]
    assert "no data" in figures["Nothing"]
    assert "ml.serving" in figures["Logs"]
    assert look.empty == ["Board: Nothing"]
    assert "8 of 9 panels have data" in text


def test_alerts_of_one_name_are_told_apart():
    burn = {"alertname": "Burn", "severity": "warning", "team": "risk"}
    alerts = [
        {"labels": burn | {"window": "1d"}},
        {"labels": burn | {"window": "3d"}},
        {"labels": {"alertname": "Down", "severity": "critical", "team": "risk"}},
    ]
    assert alert_names(alerts) == [
        "Burn (warning, window 1d)",
        "Burn (warning, window 3d)",
        "Down (critical)",
    ]


def test_what_a_cluster_alone_has_is_said(page):
    _, text = page
    assert "Only in a cluster, from the mesh: “Proxies”" in text
    assert "<h3>Mesh</h3>" not in text


def test_texts_are_escaped_and_nothing_is_loaded(page):
    _, text = page
    assert "credit is &lt;down&gt;" in text and "<so>" not in text and "A &lt;note&gt;." in text
    assert "default-src 'none'" in text
    assert not re.search(r"<script|https?://|src=|@import|url\(", text)


def test_the_first_measure_is_the_first_by_name(prometheus):
    assert first_metric(prometheus) == "none"


def test_a_log_without_errors_is_a_line_at_zero(tmp_path):
    log = tmp_path / "log"
    log.write_text('{"log.level":"info"}\n')
    (line,) = count_errors([log], 0, 60).lines
    assert line.name == "errors" and {value for _, value in line.points} == {0.0}


def test_errors_after_the_time_shown_are_not_counted(tmp_path):
    log = tmp_path / "log"
    at = ("00:00:00", "00:00:59", "00:01:00", "00:01:01")
    lines = [{"log.level": "error", "@timestamp": f"1970-01-01T{time}Z"} for time in at]
    log.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))
    (line,) = count_errors([log], 0, 60).lines
    assert line.points == [(0, 1), *((2 * place, 0) for place in range(1, 29)), (58, 1)]


def test_a_line_that_is_still_being_written_is_not_read(tmp_path):
    log = tmp_path / "log"
    whole = '{"log.level":"error","@timestamp":"1970-01-01T00:00:00Z"}\n'
    log.write_text(whole + whole[:20])
    (line,) = count_errors([log], 0, 60).lines
    assert sum(value for _, value in line.points) == 1


def test_nan_is_seen(prometheus):
    made = board(panels.lines("No", TEXT, "short", [Query("ml:nan", "x")]))
    end = time.time()
    answer = ask(made["panels"][1], prometheus, local_values("a", "v1", "m"), end - 3, end)
    (line,) = answer.lines
    assert math.isnan(line.points[-1][1]) and not answer.empty
