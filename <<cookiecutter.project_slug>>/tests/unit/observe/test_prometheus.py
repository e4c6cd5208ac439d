"""Questions over the HTTP API of a real server."""

import time

import pytest

from <<cookiecutter.package_name>>.observe.prometheus import Prometheus, PrometheusError


def test_now_and_over_time(prometheus):
    found = {series.labels["model"]: series.last for series in prometheus.now("ml:share")}
    assert found == {"a": 0.2, "b": 0.3}
    (scalar,) = prometheus.now("scalar(ml:threshold)")
    assert (scalar.labels, scalar.last) == ({}, 0.5)
    end = time.time()
    (series,) = prometheus.over('ml:share{model="a"}', end - 2, end, 1)
    assert {value for _, value in series.points} == {0.2}


def test_the_last_point_is_at_the_end_whatever_the_step(prometheus):
    end = time.time()
    for seconds, step in ((10, 1), (10.4, 1.1171), (7.77, 0.9), (0.5, 1)):
        (series,) = prometheus.over("scalar(ml:threshold)", end - seconds, end, step)
        times = [at for at, _ in series.points]
        assert times[-1] == pytest.approx(end, abs=0.001)
        assert times[0] >= end - seconds - 0.001
        assert len(times) == int(seconds / step) + 1


def test_series_and_rules(prometheus):
    end = time.time()
    assert len(prometheus.series("ml:share", end - 60, end)) == 2
    assert prometheus.series("ml:nothing", end - 60, end) == []
    assert {rule["name"] for rule in prometheus.rules()} >= {"ml:share", "ml:nan"}


def test_refusals_hold_the_query(prometheus):
    with pytest.raises(PrometheusError, match=r"rate\(a\)"):
        prometheus.now("rate(a)")
    with pytest.raises(PrometheusError, match="does not answer"):
        Prometheus("http://127.0.0.1:9").now("a")
